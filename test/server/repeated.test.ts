/** The same bytes more than once, at the same time or later: told truly, and counted once. */
import { expect, test } from "vitest";
import { startDaemon } from "../support/daemon.js";

const points = Array.from({ length: 60 }, (_, i) => ({
  date: `2026-07-01 08:${String(i).padStart(2, "0")}:00 +0200`,
  qty: 1,
}));
const body = JSON.stringify({ data: { metrics: [{ name: "step_count", units: "count", data: points }] } });

test("each answer carries the id of its own request, and points are counted once however often they are sent", async () => {
  const daemon = await startDaemon();
  const send = async (id: string) => {
    const { status, headers, json } = await daemon.post(body, { "x-request-id": id });
    return [status, headers.get("x-request-id"), json?.["request_id"]];
  };
  const ids = Array.from({ length: 8 }, (_, i) => `send-${i}`);
  expect(await Promise.all(ids.map(send))).toEqual(ids.map((id) => [200, id, id]));
  expect(await send("later")).toEqual([200, "later", "later"]);

  const { data } = (await daemon.get("/ingestions")).json as { data: { request_id: string }[] };
  expect(ids).toContain(data[0]!.request_id);
  const { bytes } = await daemon.request("/metrics");
  expect(bytes.toString().match(/^selfsensored_points_total.*$/gm)).toEqual([
    'selfsensored_points_total{kind="step_count",result="inserted"} 60',
  ]);
});
