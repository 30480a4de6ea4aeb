/** Answers as text: what the schemas promise, CSV and ndjson. */
import { expect, test } from "vitest";
import { z } from "zod";
import { inProcessQueries } from "../../src/query/client.js";
import { type QueryName, querySchemas } from "../../src/query/schemas.js";
import { type Bench, openBench, routeOf, seriesOf } from "./build.js";

async function run(bench: Bench, name: string, params: Record<string, string> = {}) {
  return inProcessQueries(bench.store).run(name, { user: bench.user, params });
}

/** One of every kind of record there is. */
async function openFullBench(): Promise<Bench & { ids: Record<string, string> }> {
  const bench = await openBench();
  const at = "2026-03-02T08:00:00Z";
  await bench.points("step_count", "day", [{ at, value: 9000, source: "Watch|Phone" }]);
  await bench.points("handwashing", "raw", [{ at, end: "2026-03-02T08:00:30Z", value: 0.5, variant: "Complete" }]);
  await bench.points("heart_rate", "minute", [{ at, value: 71, value2: 60, value3: 88 }]);
  await bench.points("blood_pressure", "raw", [{ at, value: 120, value2: 80 }]);
  await bench.points("blink_rate", "raw", [{ at, value: 12, variant: "blinks/min" }]);
  await bench.nights([{}]);
  await bench.segments([
    { startMs: Date.parse("2026-03-02T13:00:00Z"), endMs: Date.parse("2026-03-02T13:20:00Z"), stage: "asleep" },
  ]);
  await bench.event({ detail: { name: "Headache" } });
  await bench.ecg({});
  await bench.workout({
    series: [seriesOf("heart_rate", "count/min", [["2026-03-02T16:01:00Z", 120, 110, 125]])],
    route: routeOf([
      ["2026-03-02T16:01:00Z", 52.5, 13.4, 34],
      ["2026-03-02T16:02:00Z", 52.6, 13.5],
    ]),
  });
  const problem = { code: "invalid_json", detail: "The body is not valid JSON." };
  const none = { received: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 };
  const lists = { errors: [], errors_total: 0, warnings: [], warnings_total: 0 };
  const outcome = { status: "rejected" as const, processed: {}, counts: none, by_type: {}, ...lists, problem };
  const ingestion = await bench.delivery({ at, outcome });
  const [ecg] = (await bench.store.ecgs(bench.user.userId, { fromMs: 0, toMs: 4e12 }, { limit: 1 })).rows;
  const [workout] = (await bench.store.workouts(bench.user.userId, { fromMs: 0, toMs: 4e12 }, { limit: 1 })).rows;
  return { ...bench, ids: { ingestion, ecg: ecg!.id, workout: workout!.id } };
}

test("every answer is what its schema says", async () => {
  const bench = await openFullBench();
  const workout = { id: bench.ids["workout"]! };
  const asked: Record<QueryName, Record<string, string>[]> = {
    ingestions: [{}],
    ingestion: [{ id: bench.ids["ingestion"]! }],
    metrics: [{}],
    metric: [
      ...["step_count", "handwashing", "blink_rate", "sleep_analysis", "blood_pressure"].map((name) => ({ name })),
      ...["hour", "day", "month"].map((bucket) => ({ name: "handwashing", bucket })),
      { name: "blink_rate", bucket: "day" },
    ],
    daily: [{}],
    heartRate: [{}, { bucket: "hour" }, { bucket: "day", agg: "count" }],
    bloodPressure: [{}, { bucket: "day" }],
    sleep: [{}],
    sleepStages: [{}],
    events: [{}],
    ecgs: [{}],
    ecg: [{ id: bench.ids["ecg"]! }],
    workouts: [{}],
    workout: [workout],
    workoutRoute: [workout],
    workoutSamples: [workout],
  };

  for (const [name, requests] of Object.entries(asked)) {
    for (const params of requests) {
      const { body, contentType } = await run(bench, name, params);
      const answers: Readonly<Record<string, z.ZodType | null>> = querySchemas[name as QueryName].answers;
      const answer: unknown = JSON.parse(body as string);
      expect({ name, params, answer: answers[contentType.split(";")[0]!]!.parse(answer) }).toEqual({
        name,
        params,
        answer,
      });
      const data = (answer as { data?: unknown[] }).data;
      if (data !== undefined) expect({ name, params, rows: data.length }).not.toEqual({ name, params, rows: 0 });
    }
  }
});

test("parameters and answers can be shown as JSON Schema", () => {
  for (const { params, answers } of Object.values(querySchemas)) {
    expect(z.toJSONSchema(params, { io: "input" })).toMatchObject({ type: "object", additionalProperties: false });
    for (const answer of Object.values(answers)) {
      if (answer !== null) expect(JSON.stringify(z.toJSONSchema(answer))).toContain('"type":"object"');
    }
  }
  expect(z.toJSONSchema(querySchemas.daily.params, { io: "input" }).properties?.["limit"]).toEqual({
    ...{ type: "integer", minimum: 1, maximum: 10_000, description: "1000 when absent." },
  });
});

test("CSV has a header row, quotes what needs quoting, and tells the next cursor apart", async () => {
  const bench = await openBench();
  await bench.points("body_temperature", "raw", [
    { at: "2026-03-02T08:00:00Z", value: 36.6, source: 'Pat’s "Kinsa", new' },
    { at: "2026-03-02T09:00:00Z", value: 36.7 },
  ]);

  const answer = await run(bench, "metric", { name: "body_temperature", format: "csv", limit: "1" });

  expect(answer).toEqual({
    contentType: "text/csv; charset=utf-8",
    body:
      "time,end,date,value,min,avg,max,systolic,diastolic,unit,source,grouping,variant\r\n" +
      '2026-03-02T08:00:00.000Z,,,36.6,,,,,,degC,"Pat’s ""Kinsa"", new",raw,\r\n',
    nextCursor: expect.any(String),
  });
  const days = await run(bench, "metric", { name: "body_temperature", format: "csv", bucket: "day" });
  expect((days.body as string).split("\r\n")).toEqual([
    "time,end,date,value,min,avg,max,systolic,diastolic,unit,source,series",
    '2026-03-01T23:00:00.000Z,2026-03-02T23:00:00.000Z,2026-03-02,36.7,,,,,,degC,"Pat’s ""Kinsa"", new",raw',
    "",
  ]);
});

test("ndjson is a point a line", async () => {
  const bench = await openBench();
  await bench.points("heart_rate", "minute", [{ at: "2026-03-02T08:00:00Z", value: 71, value2: 60, value3: 88 }]);

  expect(await run(bench, "heartRate", { format: "ndjson" })).toEqual({
    contentType: "application/x-ndjson; charset=utf-8",
    body:
      '{"time":"2026-03-02T08:00:00.000Z","end":null,"min":60,"avg":71,"max":88,"unit":"count/min","source":null,' +
      '"grouping":"minute"}\n',
    nextCursor: null,
  });
});

test("a query nobody knows is not found, not even one that every object has", async () => {
  const bench = await openBench();

  for (const name of ["secrets", "constructor", "__proto__"]) {
    await expect(run(bench, name)).rejects.toMatchObject({ code: "not_found" });
  }
});
