/** Deliveries processed again from the archive. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dumpDerived } from "../support/dump.js";
import { openPlace, type Place, steps } from "./support.js";

const nothing = { processed: 0, partial: 0, rejected: 0, failed: 0, waiting: 0 };

/** Three deliveries: whole, partly rejected, unreadable, of March and April. */
async function fill(place: Place) {
  await place.json("users", "add", "anna", "--time-zone", "Europe/Berlin");
  const partial = steps("2026-03-02", 5, 6);
  partial.data.metrics[0]!.data.push({ date: "never", qty: 1, source: "Watch" });
  const ids: Record<string, string> = {};
  for (const [name, body, time] of [
    ["whole", steps("2026-03-02", 7), "2026-03-03T10:00:00Z"],
    ["partial", partial, "2026-03-04T10:00:00Z"],
    ["broken", "{", "2026-04-05T10:00:00Z"],
  ] as const) {
    const { stdout } = await place.run("ingest", "--json", "--as-of", time, place.write(`${name}.json`, body));
    ids[name] = JSON.parse(stdout).files[0].receipt.ingestion_id;
  }
  return ids;
}

const file = (place: Place) => join(place.dataDir, "selfsensored.db");

test("by default what is pending, failed or partial is processed again", async () => {
  const place = openPlace();
  await fill(place);
  const { code, stdout } = await place.run("backfill", "--json");
  expect([code, JSON.parse(stdout)]).toEqual([
    0,
    { rebuild: false, missing_months: [], selected: 1, ...nothing, partial: 1 },
  ]);
  expect((await place.run("backfill", "--status", "failed")).stdout).toBe("There is nothing to process.\n");
});

test("deliveries are chosen by status, receive time, user and id", async () => {
  const place = openPlace();
  const ids = await fill(place);
  const selected = async (...flags: string[]) =>
    JSON.parse((await place.run("backfill", "--dry-run", "--json", ...flags)).stdout).selected;
  expect(await selected("--status", "processed,partial,rejected")).toBe(3);
  expect(await selected("--status", "processed,partial,rejected", "--from", "2026-03-04")).toBe(2);
  expect(await selected("--status", "processed,partial,rejected", "--to", "2026-03-03")).toBe(1);
  expect(await selected("--status", "processed,partial", "--to", "2026-03-04T10:00:00Z")).toBe(1);
  expect(await selected("--ingestion", ids["whole"]!)).toBe(1);
  expect(await selected("--user", "anna")).toBe(1);
  expect((await place.run("backfill", "--user", "ben")).code).toBe(1);
  expect((await place.run("backfill", "--ingestion", "019a0c3e-5d7b-7c1e-9b0a-3f1c2d4e5f60")).code).toBe(1);
  expect((await place.run("backfill", "--status", "lost")).code).toBe(2);
  expect((await place.run("backfill", "--from", "2026-03-04", "--to", "2026-03-01")).code).toBe(2);
});

test("a dry run changes nothing", async () => {
  const place = openPlace();
  await fill(place);
  const before = dumpDerived(file(place), { withDeliveries: true });
  expect(await place.json("backfill", "--rebuild", "--dry-run")).toEqual({
    ...{ dry_run: true, rebuild: true, missing_months: [], selected: 3, bytes: expect.any(Number) },
    by_status: { processed: 1, partial: 1, rejected: 1 },
  });
  expect(dumpDerived(file(place), { withDeliveries: true })).toEqual(before);
  expect((await place.json("status")).backlog.depth).toBe(0);
});

test("a rebuild ends in the same rows, and exits 3 because one delivery is rejected again", async () => {
  const place = openPlace();
  await fill(place);
  const before = dumpDerived(file(place), { withDeliveries: true });
  expect(Object.values(before).flat().length).toBeGreaterThan(0);
  // What is not from the archive must go.
  await place.look(async (store) => {
    await store.writePoints(
      { userId: 1, arrival: 1 },
      {
        metric: { name: "odd_metric", definition: null },
        grouping: "hour",
        rows: Float64Array.from([0, 0, 0, 0, 1, Number.NaN, Number.NaN, 0, 0, 0, 0, 0]),
        rowCount: 1,
        variants: [""],
        sources: [""],
      },
    );
  });
  const { code, stdout } = await place.run("backfill", "--rebuild", "--json");
  expect([code, JSON.parse(stdout)]).toEqual([
    3,
    { rebuild: true, missing_months: [], selected: 3, ...nothing, processed: 1, partial: 1, rejected: 1 },
  ]);
  expect(dumpDerived(file(place), { withDeliveries: true })).toEqual(before);
});

test("--rebuild goes with no choice of deliveries", async () => {
  const place = openPlace();
  await fill(place);
  for (const flags of [
    ["--from", "2026-03-01"],
    ["--status", "failed"],
    ["--user", "anna"],
  ]) {
    expect((await place.run("backfill", "--rebuild", ...flags)).code).toBe(2);
  }
});

test("where a raw month is gone nothing is emptied, and deliveries of then stay as they are", async () => {
  const place = openPlace();
  await fill(place);
  const before = dumpDerived(file(place), { withDeliveries: true });
  const raw = join(place.dataDir, "raw");
  for (const name of readdirSync(raw)) if (name.startsWith("2026-03")) rmSync(join(raw, name));

  const { code, stdout, stderr } = await place.run("backfill", "--rebuild");
  expect([code, stdout]).toEqual([3, "1 delivery: 1 rejected\n"]);
  expect(stderr).toBe("The raw month 2026-03 is gone: deliveries of then stay as they are, and nothing is emptied.\n");
  expect(dumpDerived(file(place), { withDeliveries: true })).toEqual(before);
  expect((await place.json("status")).ingestions).toMatchObject({ processed: 1, partial: 1, rejected: 1, pending: 0 });
});

test("what another process takes of the work counts as well", async () => {
  const place = openPlace();
  const ids = await fill(place);
  const held = await place.look(async (store) => {
    const row = (await store.ingestions({ id: ids["whole"]! }, { limit: 1 })).rows[0]!;
    await store.requeue({ id: row.id });
    await store.claim("somebody else", 60_000, { arrival: row.arrival });
    return row;
  });
  const running = place.run("backfill", "--json", "--ingestion", held.id);
  await new Promise((resolve) => setTimeout(resolve, 150));
  await place.look((store) => store.finish(held.arrival, "somebody else", held.outcome!, 7));
  const { code, stdout } = await running;
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { selected: 1, processed: 1, waiting: 0 }]);
});

test("after a Ctrl-C the rest waits in the queue, and the next backfill takes it", async () => {
  const place = openPlace();
  const ids = await fill(place);
  await place.look(async (store) => {
    const { rows } = await store.ingestions({ id: ids["whole"]! }, { limit: 1 });
    await store.requeue({ id: ids["whole"]! });
    await store.claim("somebody else", 60_000, { arrival: rows[0]!.arrival });
  });
  const stopped = place.run("backfill", "--json", "--ingestion", ids["whole"]!);
  await new Promise((resolve) => setTimeout(resolve, 150));
  process.emit("SIGINT", "SIGINT");
  const { code, stdout, stderr } = await stopped;
  expect([code, JSON.parse(stdout)]).toMatchObject([1, { selected: 1, processed: 0, waiting: 1 }]);
  expect(JSON.parse(stderr)).toMatchObject({ code: "interrupted" });
  await place.look((store) => store.releaseAll("somebody else", { countsAsAttempt: false }));
  expect(await place.json("backfill")).toMatchObject({ selected: 2, processed: 1, partial: 1 });
});
