/** Everything a user has, as rows. */
import { PassThrough, Writable } from "node:stream";
import { expect, test } from "vitest";
import { type ExportRow, type ExportSelection, exportRows, writeExport } from "../../src/query/export.js";
import { type Bench, openBench, type TestPoint } from "./build.js";

async function collect(bench: Bench, selection: ExportSelection = {}): Promise<ExportRow[]> {
  const rows: ExportRow[] = [];
  for await (const row of exportRows(bench.store, bench.user, selection)) rows.push(row);
  return rows;
}

async function textOf(format: "ndjson" | "csv", bench: Bench, selection: ExportSelection = {}) {
  const stream = new PassThrough();
  const pieces: Buffer[] = [];
  stream.on("data", (piece: Buffer) => pieces.push(piece));
  const count = await writeExport(format, exportRows(bench.store, bench.user, selection), stream);
  expect(stream.writableEnded).toBe(false);
  return { count, text: Buffer.concat(pieces).toString() };
}

test("every kind of record is exported, each row with its metric and time", async () => {
  const bench = await openBench();
  const at = "2026-03-02T08:00:00Z";
  await bench.points("step_count", "hour", [{ at, value: 812, source: "Phone" }]);
  await bench.points("heart_rate", "minute", [{ at, value: 71, value2: 60, value3: 88 }]);
  await bench.nights([{ coreMin: 300 }]);
  await bench.segments([
    { startMs: Date.parse("2026-03-01T22:00:00Z"), endMs: Date.parse("2026-03-01T22:20:00Z"), stage: "core" },
  ]);
  await bench.event({ value: "mild", detail: { name: "Headache" } });
  await bench.ecg({});
  await bench.workout({});

  const rows = await collect(bench);
  const { count, text } = await textOf("ndjson", bench);

  const id = expect.any(String);
  expect(rows).toEqual([
    {
      ...{ metric: "ecg", time: "2026-03-02T07:15:00.000Z", end: "2026-03-02T07:15:30.000Z", id, source: "ECG" },
      ...{ classification: "sinus_rhythm", classification_text: "Sinus Rhythm", severity: null },
      ...{ average_heart_rate: 66, sampling_frequency_hz: 512, voltage_count: 3, voltages_uv: [-12.7, 3.1, 0] },
    },
    {
      ...{ metric: "heart_rate", time: "2026-03-02T08:00:00.000Z", end: null, min: 60, avg: 71, max: 88 },
      ...{ unit: "count/min", source: null, grouping: "minute" },
    },
    {
      ...{ metric: "sleep_analysis", time: "2026-03-01T22:00:00.000Z", end: "2026-03-02T05:00:00.000Z", id },
      ...{ date: "2026-03-02", value: 400, unit: "min", source: "Watch", in_bed_start: null, in_bed_end: null },
      ...{ core_min: 300, deep_min: null, rem_min: null, asleep_min: null, awake_min: null, in_bed_min: null },
    },
    {
      ...{ metric: "sleep_stages", time: "2026-03-01T22:00:00.000Z", end: "2026-03-01T22:20:00.000Z", id },
      ...{ stage: "core", source: "Watch" },
    },
    {
      ...{ metric: "step_count", time: "2026-03-02T08:00:00.000Z", end: null, value: 812, unit: "count" },
      ...{ source: "Phone", grouping: "hour" },
    },
    {
      ...{ metric: "symptoms", time: "2026-03-02T09:00:00.000Z", end: null, id, name: "headache", value: "mild" },
      ...{ quantity: null, source: null, detail: { name: "Headache" } },
    },
    {
      ...{ metric: "workouts", time: "2026-03-02T16:00:00.000Z", end: "2026-03-02T16:30:00.000Z", id },
      ...{ name: "Outdoor Run", type: "running", duration_s: 1790.5, distance: 5.31, energy: 313 },
      ...{ has_route: false, series: [] },
    },
  ]);
  expect(count).toBe(7);
  expect(text).toBe(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
});

test("a selection has only what was asked for, in every spelling; a name that means nothing is refused", async () => {
  const bench = await openBench();
  const at = (day: number) => `2026-03-0${day}T08:00:00Z`;
  await bench.points(
    "step_count",
    "raw",
    [1, 2, 3].map((day) => ({ at: at(day), value: day })),
  );
  await bench.points("protein", "raw", [{ at: at(2), value: 20 }]);
  await bench.event({});
  const metricsAndValues = async (selection: ExportSelection) =>
    (await collect(bench, selection)).map(({ metric, value }) => [metric, value]);

  expect(await metricsAndValues({ from: "2026-03-02", to: "2026-03-02", metrics: ["stepCount", "symptoms"] })).toEqual([
    ["step_count", 2],
    ["symptoms", null],
  ]);
  expect(await metricsAndValues({ metrics: ["vo2_max"] })).toEqual([]);
  await expect(metricsAndValues({ metrics: ["steps", "stepz"] })).rejects.toThrow(
    "Nothing is known by name 2 of the parameter metrics.",
  );
});

test("CSV has one header, and what has no column is JSON in the last", async () => {
  const bench = await openBench();
  await bench.points("step_count", "raw", [{ at: "2026-03-02T08:00:00Z", value: 7, source: "Watch" }]);
  await bench.event({ detail: { name: "Headache" } });
  await bench.ecg({});

  const { text } = await textOf("csv", bench);

  const lines = text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID").split("\r\n");
  expect(lines).toEqual([
    "metric,time,end,date,name,value,min,avg,max,systolic,diastolic,unit,source,grouping,variant,id,detail",
    "ecg,2026-03-02T07:15:00.000Z,2026-03-02T07:15:30.000Z,,,,,,,,,,ECG,,,ID," +
      '"{""classification"":""sinus_rhythm"",""classification_text"":""Sinus Rhythm"",""severity"":null,' +
      '""average_heart_rate"":66,""sampling_frequency_hz"":512,""voltage_count"":3}"',
    "step_count,2026-03-02T08:00:00.000Z,,,,7,,,,,,count,Watch,raw,,,",
    'symptoms,2026-03-02T09:00:00.000Z,,,headache,,,,,,,,,,,ID,"{""quantity"":null,""sent"":{""name"":""Headache""}}"',
    "",
  ]);
});

test("two stores with the same records export alike, whatever came first", async () => {
  const points: TestPoint[] = ["Watch", "Phone", "Ring"].flatMap((source) =>
    ["Basal", "Bolus"].map((variant) => ({ at: "2026-03-02T08:00:00Z", value: 2, source, variant })),
  );
  const forwards = await openBench();
  for (const point of points) await forwards.points("insulin_delivery", "raw", [point]);
  const backwards = await openBench();
  for (const point of points.toReversed()) await backwards.points("insulin_delivery", "raw", [point]);

  const rows = await collect(forwards);

  expect(rows).toHaveLength(6);
  expect(await collect(backwards)).toEqual(rows);
});

test("writing waits for a slow reader instead of piling up, and stops when the reader is gone", async () => {
  let made = 0;
  async function* endless(): AsyncGenerator<ExportRow> {
    for (;;) yield { metric: "m", time: "t", end: null, number: made++, filler: "x".repeat(1000) };
  }
  let taken = 0;
  const slow = new Writable({
    highWaterMark: 1,
    write(_piece, _encoding, done) {
      taken += 1;
      if (taken === 3) done(new Error("gone"));
      else setTimeout(done, 5);
    },
  });

  await expect(writeExport("ndjson", endless(), slow)).rejects.toThrow("gone");
  expect(made).toBeLessThan(3000);
});
