/** Nights, stages, events, electrocardiograms, workouts and receipts, as they come back. */
import { expect, test } from "vitest";
import { inProcessQueries } from "../../src/query/client.js";
import { querySchemas } from "../../src/query/schemas.js";
import type { Outcome } from "../../src/store/store.js";
import { type Bench, openBench, routeOf, seriesOf } from "./build.js";

// biome-ignore lint/suspicious/noExplicitAny: answers are compared whole
type Answer = any;

async function read(bench: Bench, name: string, params: Record<string, string> = {}): Promise<Answer> {
  return JSON.parse(await readText(bench, name, params)) as Answer;
}

async function readText(bench: Bench, name: string, params: Record<string, string>): Promise<string> {
  const { body } = await inProcessQueries(bench.store).run(name, { user: bench.user, params });
  let text = "";
  for await (const piece of typeof body === "string" ? [body] : (body as AsyncIterable<string>)) text += piece;
  return text;
}

async function readPages(bench: Bench, name: string, params: Record<string, string>): Promise<Answer[]> {
  const rows: Answer[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: Answer = await read(bench, name, cursor === "" ? params : { ...params, cursor });
    expect(page.data.length).toBeLessThanOrEqual(Number(params["limit"]));
    rows.push(...page.data);
    cursor = page.next_cursor;
  }
  return rows;
}

const at = Date.parse;

test("a night has its date of waking and minutes by stage", async () => {
  const bench = await openBench();
  await bench.nights([
    {
      totalMin: 401.5,
      coreMin: 240,
      deepMin: 61.5,
      remMin: 100,
      awakeMin: 12,
      inBedMin: 425,
      inBedStartMs: at("2026-03-01T21:55:00Z"),
    },
  ]);

  expect((await read(bench, "sleep")).data).toEqual([
    {
      ...{ id: expect.any(String), date: "2026-03-02", source: "Watch" },
      ...{ start: "2026-03-01T22:00:00.000Z", end: "2026-03-02T05:00:00.000Z" },
      ...{ in_bed_start: "2026-03-01T21:55:00.000Z", in_bed_end: null },
      ...{ total_min: 401.5, core_min: 240, deep_min: 61.5, rem_min: 100, asleep_min: null, awake_min: 12 },
      in_bed_min: 425,
    },
  ]);
});

test("bare dates select nights by the date of waking, also when it was spent in another zone", async () => {
  const bench = await openBench("Europe/Berlin");
  const night = (wakes: string, offsetMin: number) => ({
    ...{ sleepStartMs: at(wakes) - 6 * 3_600_000, sleepEndMs: at(wakes), offsetMin },
  });
  // The second ends on 3 March in Auckland, when it is still 2 March in Berlin.
  await bench.nights([night("2026-03-02T05:00:00Z", 60), night("2026-03-02T18:00:00Z", 780)]);
  const dates = async (date: string) =>
    (await readPages(bench, "sleep", { from: date, to: date, limit: "1" })).map((found) => found.date);

  expect(await dates("2026-03-02")).toEqual(["2026-03-02"]);
  expect(await dates("2026-03-03")).toEqual(["2026-03-03"]);
});

test("stages come in the order of time", async () => {
  const bench = await openBench();
  await bench.segments([
    { startMs: at("2026-03-01T22:00:00Z"), endMs: at("2026-03-01T23:00:00Z"), stage: "core" },
    { startMs: at("2026-03-01T23:00:00Z"), endMs: at("2026-03-01T23:30:00Z"), stage: "deep" },
  ]);

  expect(await readPages(bench, "sleepStages", { limit: "1" })).toEqual([
    {
      ...{ id: expect.any(String), start: "2026-03-01T22:00:00.000Z", end: "2026-03-01T23:00:00.000Z" },
      ...{ stage: "core", source: "Watch" },
    },
    {
      ...{ id: expect.any(String), start: "2026-03-01T23:00:00.000Z", end: "2026-03-01T23:30:00.000Z" },
      ...{ stage: "deep", source: "Watch" },
    },
  ]);
});

test("events can be asked for by type", async () => {
  const bench = await openBench();
  await bench.event({ value: "mild", source: "Health", detail: { name: "Kopfschmerzen", userEntered: true } });
  await bench.event({ type: "medications", key: "pill", name: "Example 10 mg", value: "taken", quantity: 1 });

  expect((await read(bench, "events")).data).toHaveLength(2);
  expect((await read(bench, "events", { type: "symptoms" })).data).toEqual([
    {
      ...{ id: expect.any(String), type: "symptoms", name: "headache", start: "2026-03-02T09:00:00.000Z", end: null },
      ...{ value: "mild", quantity: null, source: "Health", detail: { name: "Kopfschmerzen", userEntered: true } },
    },
  ]);
  await expect(read(bench, "events", { type: "moods" })).rejects.toMatchObject({ code: "invalid_parameter" });
});

test("the list of electrocardiograms has no waveforms, one has its voltages as they were measured, null where one was unreadable", async () => {
  const bench = await openBench();
  await bench.ecg({ voltagesUv: Float32Array.of(-12.7, 3.1, 0, Number.NaN) });
  const listed = (await read(bench, "ecgs")).data;

  expect(listed).toEqual([
    {
      ...{ id: expect.any(String), start: "2026-03-02T07:15:00.000Z", end: "2026-03-02T07:15:30.000Z" },
      ...{
        classification: "sinus_rhythm",
        classification_text: "Sinus Rhythm",
        severity: null,
        average_heart_rate: 66,
      },
      ...{ sampling_frequency_hz: 512, voltage_count: 4, source: "ECG" },
    },
  ]);
  expect(await read(bench, "ecg", { id: listed[0].id })).toEqual({ ...listed[0], voltages_uv: [-12.7, 3.1, 0, null] });
  expect(
    querySchemas.ecg.answers["application/json"].safeParse(await read(bench, "ecg", { id: listed[0].id })).success,
  ).toBe(true);
  await expect(read(bench, "ecg", { id: "nothing" })).rejects.toMatchObject({ code: "not_found" });
});

test("a workout has its scalars, and of another user it is not found", async () => {
  const bench = await openBench();
  await bench.workout({ series: [seriesOf("heart_rate", "count/min", [["2026-03-02T16:01:00Z", 120]])] });
  await bench.workout({
    ...{ haeId: "B", startMs: at("2026-03-03T16:00:00Z"), endMs: at("2026-03-03T16:30:00Z") },
    scalars: { name: "Yoga", type: "yoga" },
  });
  const [run, yoga] = await readPages(bench, "workouts", { limit: "1" });

  expect(run).toMatchObject({
    ...{ name: "Outdoor Run", type: "running", start: "2026-03-02T16:00:00.000Z", end: "2026-03-02T16:30:00.000Z" },
    ...{ duration_s: 1790.5, distance: 5.31, energy: 313, has_route: false, series: ["heart_rate"] },
  });
  expect(yoga).toMatchObject({ name: "Yoga", duration_s: 1800, distance: null, energy: null, series: [] });
  expect(await read(bench, "workout", { id: run.id })).toEqual(run);
  expect((await read(bench, "workouts", { type: "yoga" })).data).toEqual([yoga]);
  const other = await bench.store.addUser({ name: "sam", email: null, timeZone: "UTC" });
  await expect(read({ ...bench, user: other }, "workout", { id: run.id })).rejects.toMatchObject({ code: "not_found" });
});

test("samples of a workout come by series and time, in pages", async () => {
  const bench = await openBench();
  await bench.workout({
    series: [
      seriesOf("step_count", "count", [["2026-03-02T16:01:00Z", 131.7]]),
      seriesOf("heart_rate", "count/min", [
        ["2026-03-02T16:02:00Z", 130],
        ["2026-03-02T16:01:00Z", 120, 110, 125],
        ["2026-03-02T16:02:00Z", 131],
      ]),
    ],
  });
  const { id } = (await read(bench, "workouts")).data[0];
  const all = [
    { series: "heart_rate", time: "2026-03-02T16:01:00.000Z", value: 120, min: 110, max: 125, unit: "count/min" },
    { series: "heart_rate", time: "2026-03-02T16:02:00.000Z", value: 130, unit: "count/min" },
    { series: "heart_rate", time: "2026-03-02T16:02:00.000Z", value: 131, unit: "count/min" },
    { series: "step_count", time: "2026-03-02T16:01:00.000Z", value: 131.7, unit: "count" },
  ];

  expect((await read(bench, "workoutSamples", { id })).data).toEqual(all);
  expect(await readPages(bench, "workoutSamples", { id, limit: "1" })).toEqual(all);
  expect((await read(bench, "workoutSamples", { id, series: "step_count" })).data).toEqual([all[3]]);
});

test("a route is GeoJSON or GPX, and says only what the phone knew", async () => {
  const bench = await openBench();
  await bench.workout({
    scalars: { name: 'Run <"&\u0001', type: "running" },
    route: routeOf([
      ["2026-03-02T16:01:00Z", 52.5, 13.4, 34.5],
      ["2026-03-02T16:01:01.5Z", 52.501, 13.401],
    ]),
  });
  await bench.workout({ haeId: "B", startMs: at("2026-03-03T16:00:00Z"), endMs: at("2026-03-03T16:30:00Z") });
  const [run, indoors] = (await read(bench, "workouts")).data;

  expect(await read(bench, "workoutRoute", { id: run.id })).toEqual({
    type: "Feature",
    geometry: {
      type: "LineString",
      coordinates: [
        [13.4, 52.5, 34.5],
        [13.401, 52.501],
      ],
    },
    properties: {
      ...{ workout_id: run.id, name: run.name, type: "running", start: run.start, end: run.end },
      times: [1772467260, 1772467261.5],
    },
  });
  expect(await readText(bench, "workoutRoute", { id: run.id, format: "gpx" })).toBe(
    [
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<gpx version="1.1" creator="selfsensored" xmlns="http://www.topografix.com/GPX/1/1">',
      "  <trk>",
      "    <name>Run &lt;&quot;&amp;</name>",
      "    <type>running</type>",
      "    <trkseg>",
      '      <trkpt lat="52.5" lon="13.4"><ele>34.5</ele><time>2026-03-02T16:01:00.000Z</time></trkpt>',
      '      <trkpt lat="52.501" lon="13.401"><time>2026-03-02T16:01:01.500Z</time></trkpt>',
      "    </trkseg>",
      "  </trk>",
      "</gpx>",
      "",
    ].join("\n"),
  );
  await expect(read(bench, "workoutRoute", { id: indoors.id })).rejects.toMatchObject({
    ...{ code: "not_found", detail: "This workout has no route." },
  });
});

test("near and bbox find the workouts whose line is there, page by page", async () => {
  const bench = await openBench();
  const add = async (haeId: string, day: number, corners: [number, number][]) => {
    const start = `2026-03-0${day}T16:00:00Z`;
    const route = routeOf(corners.map(([latitude, longitude]) => [start, latitude, longitude]));
    await bench.workout({
      haeId,
      startMs: at(start),
      endMs: at(start) + 600_000,
      scalars: { name: haeId, type: "running" },
      route,
    });
  };
  await add("across", 2, [
    [52, 13],
    [53, 14],
  ]);
  await add("beside", 3, [
    [52, 13],
    [52, 14],
    [53, 14],
  ]);
  await add("again", 4, [
    [53, 14],
    [52, 13],
  ]);
  await add("once more", 5, [
    [52.49, 13.49],
    [52.51, 13.51],
  ]);
  await add("far", 6, [[-33, 151]]);
  const names = async (params: Record<string, string>) => {
    const found = async (limit: string) =>
      (await readPages(bench, "workouts", { ...params, limit })).map(({ name }) => name);
    const byOne = await found("1");
    expect(await found("2")).toEqual(byOne);
    return byOne;
  };

  expect(await names({ bbox: "13.4,52.4,13.6,52.6" })).toEqual(["across", "again", "once more"]);
  expect(await names({ near: "52.5,13.5,2000" })).toEqual(["across", "again", "once more"]);
  expect(await names({ near: "-33.001,151,112" })).toEqual(["far"]);
  expect(await names({ near: "-33.001,151,110" })).toEqual([]);
});

const outcome: Outcome = {
  status: "partial",
  processed: { metrics: 2 },
  counts: { received: 3, inserted: 2, updated: 0, unchanged: 0, rejected: 1 },
  by_type: { step_count: { received: 3, inserted: 2, updated: 0, unchanged: 0, rejected: 1 } },
  errors: [{ item_type: "metric", metric: "step_count", item_index: 2, error: "invalid_date", message: "No date." }],
  errors_total: 1,
  warnings: [],
  warnings_total: 0,
};

test("receipts come newest first, each as far as it is", async () => {
  const bench = await openBench();
  const done = await bench.delivery({ at: "2026-03-02T08:00:00Z", outcome });
  const waiting = await bench.delivery({ at: "2026-03-02T09:00:00Z" });
  const receipts = await readPages(bench, "ingestions", { limit: "1" });

  const shared = { request_id: "request-1", via: "http", file_name: null, body_bytes: 20 };
  const zeros = { received: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 };
  expect(receipts).toEqual([
    {
      ...{ success: true, ingestion_id: waiting, status: "accepted", counts: zeros, by_type: {} },
      ...{ errors: [], errors_total: 0, warnings: [], warnings_total: 0, processing_time_ms: 0 },
      processed: { metrics: 0, workouts: 0 },
      ...{ received_at: "2026-03-02T09:00:00.000Z", processed_at: null, ...shared },
    },
    {
      ...{ success: true, ingestion_id: done, ...outcome, processing_time_ms: 12 },
      ...{ received_at: "2026-03-02T08:00:00.000Z", processed_at: expect.any(String), ...shared },
    },
  ]);
  expect(await read(bench, "ingestion", { id: done })).toEqual(receipts[1]);
  await expect(read(bench, "ingestion", { id: "nothing" })).rejects.toMatchObject({ code: "not_found" });
});

test("all errors of a receipt are given when they are asked for, and what was sent is not among them", async () => {
  const bench = await openBench();
  const id = await bench.delivery({ at: "2026-03-02T08:00:00Z", outcome: { ...outcome, errors_total: 2500 } });
  const { arrival } = (await bench.store.ingestions({ id }, { limit: 1 })).rows[0]!;
  const errors = Array.from({ length: 2500 }, (_, index) => ({ ...outcome.errors[0]!, item_index: index }));
  await bench.store.writeRejected(
    arrival,
    errors.map((error, position) => ({ ...error, position, item: '{"qty":1}' })),
    { reset: true },
  );

  const receipt = await read(bench, "ingestion", { id, errors: "all" });

  expect(receipt).toEqual({ ...(await read(bench, "ingestion", { id })), errors });
});

test("the catalogue names every metric with its unit, count, first and last, nights included", async () => {
  const bench = await openBench();
  await bench.points("step_count", "raw", [
    { at: "2026-03-02T08:00:00Z", value: 1 },
    { at: "2026-03-04T08:00:00Z", value: 1 },
  ]);
  await bench.nights([{}]);

  expect(await readPages(bench, "metrics", { limit: "1" })).toEqual([
    {
      ...{ name: "sleep_analysis", display_name: "Sleep Analysis", category: "sleep", kind: "event" },
      ...{ aggregation: "object", unit: "min", known: true, count: 1 },
      ...{ first: "2026-03-01T22:00:00.000Z", last: "2026-03-01T22:00:00.000Z" },
    },
    {
      ...{ name: "step_count", display_name: "Step Count", category: "activity", kind: "cumulative" },
      ...{ aggregation: "sum", unit: "count", known: true, count: 2 },
      ...{ first: "2026-03-02T08:00:00.000Z", last: "2026-03-04T08:00:00.000Z" },
    },
  ]);
});
