/** Bodies and what is around the data in them (spec sections 1, 2, 5.4). */
import { readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { hourly, metric, openDesk, point, readFixture } from "./quirk.js";

const folder = new URL(".", import.meta.url);
const nine = point("2026-03-02T08:00:00.000Z", 512, "count", { source: "Watch", grouping: "hour" });
const ten = point("2026-03-02T09:00:00.000Z", 88, "count", { grouping: "hour" });
const stepsSent = metric("step_count", "count", { date: "2026-03-02 09:00:00 +0100", qty: 512, source: "Watch" });

test.each([
  ["without the data wrapper", "envelope-without-data", "processed: 1 received, 1 inserted", [nine]],
  ["with a stray sibling of data", "envelope-stray-sibling", "processed: 1 received, 1 inserted", [nine]],
  ["with null for arrays", "envelope-null-arrays", "processed: 1 received, 1 inserted", [nine]],
  ["as an array of envelopes", "envelope-of-envelopes", "processed: 2 received, 2 inserted", [nine, ten]],
  [
    "with keys that nobody knows",
    "envelope-unknown-keys",
    "processed: 1 received, 1 inserted; warning unknown_key; warning unknown_key",
    [nine],
  ],
])("an envelope %s is read", async (_, name, told, stored) => {
  const desk = await openDesk();

  expect(await desk.sendFixture(name, hourly)).toBe(told);
  expect(await desk.points("step_count")).toEqual(stored);
});

test.each([
  "{}",
  "[]",
  '{"data":{}}',
  '{"data":null}',
  '{"data":{"metrics":[]}}',
  '{"data":{"metrics":[],"workouts":[]}}',
  '{"data":{"metrics":null}}',
  '{"data":{"metrics":[{"name":"step_count","units":"","data":[]}]}}',
  '{"data":{"metrics":[{"name":"step_count","data":null}]}}',
  '[{"data":{}},{}]',
])("%s holds nothing and is no error", async (body) => {
  const desk = await openDesk();
  const { httpStatus, receipt } = await desk.lab.send(body);

  expect([httpStatus, receipt]).toEqual([
    200,
    {
      ...{
        success: true,
        ingestion_id: expect.any(String),
        status: "processed",
        processed: { metrics: 0, workouts: 0 },
      },
      counts: { received: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 },
      by_type: body.includes("step_count") ? expect.anything() : {},
      ...{ errors: [], errors_total: 0, warnings: [], warnings_total: 0 },
      ...{ processing_time_ms: expect.any(Number), request_id: "test", received_at: expect.any(String) },
    },
  ]);
});

test("all eight data types with empty arrays are no error", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("envelope-empty-arrays")).toBe("processed: 0 received");
});

test("all eight data types of one body are counted under their own names", async () => {
  const desk = await openDesk();
  const { receipt } = await desk.lab.send(await readFixture("all-eight-types"), { headers: hourly });
  const one = { received: 1, inserted: 1, updated: 0, unchanged: 0, rejected: 0 };

  expect([receipt.status, receipt.processed, receipt.counts, receipt.by_type]).toEqual([
    "processed",
    {
      ...{ metrics: 1, workouts: 1, state_of_mind: 1, medications: 1, symptoms: 1, cycle_tracking: 1, ecg: 1 },
      heart_rate_notifications: 1,
    },
    { received: 8, inserted: 8, updated: 0, unchanged: 0, rejected: 0 },
    {
      ...{ cycle_tracking: one, ecg: one, heart_rate_notifications: one, medications: one, state_of_mind: one },
      ...{ step_count: one, symptoms: one, workouts: one },
    },
  ]);
  expect(
    (await desk.ask("events")).map(({ type, name, value }: Record<string, string>) => [type, name, value]),
  ).toEqual([
    ["cycle_tracking", "menstrual_flow", "light"],
    ["heart_rate_notifications", "high_heart_rate_notification", null],
    ["medications", "Example 10 mg", "taken"],
    ["symptoms", "headache", "mild"],
    ["state_of_mind", "daily_mood", "neutral"],
  ]);
  expect(await desk.sendFixture("all-eight-types", hourly)).toBe("duplicate: 8 received, 8 unchanged");
});

test("data may come before name and units, and the same body written otherwise is the same data", async () => {
  const desk = await openDesk();
  await desk.send(
    '{"data":{"metrics":[{"data":[{"qty":512,"date":"2026-03-02 09:00:00 +0100","source":"Watch"}],"units":"count","name":"step_count"}]}}',
    hourly,
  );

  expect(await desk.send(stepsSent, hourly)).toBe("processed: 1 received, 1 unchanged");
  expect(await desk.points("step_count")).toEqual([nine]);
});

test.each([
  ['{"data":{"metrics":{"name":"step_count"}}}', "rejected: 1 received, 1 rejected; unnamed[0] unsupported_shape"],
  ['{"data":{"metrics":[7]}}', "rejected: 1 received, 1 rejected; unnamed[0] unsupported_shape"],
  [
    '{"data":{"metrics":[{"name":"step_count","data":{}}]}}',
    "rejected: 1 received, 1 rejected; step_count[0] unsupported_shape",
  ],
  ['{"data":{"workouts":[null]}}', "rejected: 1 received, 1 rejected; workout[0] unsupported_shape"],
  ['{"data":{"symptoms":"none"}}', "rejected: 1 received, 1 rejected; symptom[0] unsupported_shape"],
])("%s is refused item by item", async (body, told) => {
  const desk = await openDesk();

  expect((await desk.send(body)).replace("metric[", "unnamed[")).toBe(told);
});

test.each([
  ["", "invalid_json"],
  ['{"data":{"metrics":[', "invalid_json"],
  ['{"data":{"metrics":[]}} x', "invalid_json"],
  ['{"data":{"metrics":[{"name":"step_count","data":[{"qty":NaN}]}]}}', "invalid_json"],
  ["[1,2]", "invalid_envelope"],
  ["3", "invalid_envelope"],
  ['{"people":[]}', "invalid_envelope"],
  ['{"data":[1]}', "invalid_envelope"],
])("%j is %s as a whole, and leaves nothing behind", async (body, code) => {
  const desk = await openDesk();

  await expect(desk.lab.send(body)).rejects.toMatchObject({ code });
  expect(await desk.ask("metrics")).toEqual([]);
});

test.each(["application/json", "Application/JSON; charset=utf-8", "text/json", undefined])(
  "the content type %s is JSON",
  async (contentType) => {
    const desk = await openDesk();
    const options = contentType === undefined ? {} : { contentType };

    expect(await desk.send(stepsSent, hourly, options)).toBe("processed: 1 received, 1 inserted");
  },
);

test("a byte-order mark, which the app never sends, is no part of the body's meaning", async () => {
  const desk = await openDesk();

  expect(await desk.send(`\ufeff${JSON.stringify(stepsSent)}`, hourly)).toBe("processed: 1 received, 1 inserted");
});

test("a metric without a name is refused, and says that the name is missing", async () => {
  const desk = await openDesk();
  const data = [{ date: "2026-03-02 09:00:00 +0100", qty: 1 }];

  expect(
    await desk.send(
      {
        data: {
          metrics: [
            { units: "count", data },
            { name: " ", data },
          ],
        },
      },
      hourly,
    ),
  ).toBe("rejected: 2 received, 2 rejected; metric[0] missing_field name; metric[0] missing_field name");
});

test("a proxy may have compressed the body: it is the same body", async () => {
  const desk = await openDesk();
  const text = JSON.stringify(stepsSent);
  await desk.send(text, hourly);

  expect(await desk.send(gzipSync(text), hourly, { contentEncoding: "gzip" })).toBe(
    "duplicate: 1 received, 1 unchanged",
  );
});

test("the app's headers are kept with the delivery, whatever people named their automation", async () => {
  const desk = await openDesk();
  const headers = {
    ...hourly,
    "automation-name": "Täglich ☀ / heim",
    "automation-id": "metrics/daily",
    "session-id": "6F0E2C1A-0B54-4B1C-9D1D-3C5D0E7A1B22",
  };
  const { receipt } = await desk.lab.send(stepsSent, { headers });

  const { rows } = await desk.lab.store.ingestions({ id: receipt.ingestion_id }, { limit: 1 });
  expect(rows[0]?.headers).toEqual(headers);
});

test("every fixture is sent by some test", async () => {
  const names = (await readdir(new URL("fixtures", folder))).map((file) => file.replace(".json", ""));
  const files = (await readdir(folder)).filter((file) => file.endsWith(".test.ts"));
  const tests = (await Promise.all(files.map((file) => readFile(new URL(file, folder), "utf8")))).join();

  expect(names.filter((name) => !tests.includes(`"${name}"`))).toEqual([]);
});
