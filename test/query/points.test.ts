/** Stored points, as they come back raw. */
import { expect, test } from "vitest";
import { inProcessQueries } from "../../src/query/client.js";
import type { Point, PointsAnswer } from "../../src/query/points.js";
import { type Bench, openBench, type TestPoint } from "./build.js";

async function read(bench: Bench, name: string, params: Record<string, string> = {}): Promise<PointsAnswer> {
  const { body } = await inProcessQueries(bench.store).run("metric", { user: bench.user, params: { name, ...params } });
  return JSON.parse(body as string) as PointsAnswer;
}

async function readAllPages(bench: Bench, name: string, params: Record<string, string>, between = async () => {}) {
  const points: Point[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: PointsAnswer = await read(bench, name, cursor === "" ? params : { ...params, cursor });
    points.push(...page.data);
    cursor = page.next_cursor;
    await between();
  }
  return points;
}

test("raw points come in the order of time, whatever their grouping, in the unit of the metric", async () => {
  const bench = await openBench();
  await bench.points("step_count", "hour", [{ at: "2026-03-02T08:00:00Z", value: 812, source: "Watch|Phone" }]);
  await bench.points("step_count", "day", [{ at: "2026-03-02", value: 9000.5 }]);
  await bench.points("step_count", "raw", [
    { at: "2026-03-02T08:10:00Z", end: "2026-03-02T08:12:30Z", value: 211, source: "Watch" },
    { at: "2026-03-02T08:10:00Z", value: 5, source: "Phone" },
  ]);

  expect(await read(bench, "StepCount")).toEqual({
    metric: "step_count",
    unit: "count",
    data: [
      {
        ...{ time: "2026-03-01T23:00:00.000Z", end: null, date: "2026-03-02", value: 9000.5, unit: "count" },
        ...{ source: null, grouping: "day" },
      },
      {
        ...{ time: "2026-03-02T08:00:00.000Z", end: null, value: 812, unit: "count" },
        ...{ source: "Watch|Phone", grouping: "hour" },
      },
      {
        ...{ time: "2026-03-02T08:10:00.000Z", end: null, value: 5, unit: "count" },
        ...{ source: "Phone", grouping: "raw" },
      },
      {
        ...{ time: "2026-03-02T08:10:00.000Z", end: "2026-03-02T08:12:30.000Z", value: 211, unit: "count" },
        ...{ source: "Watch", grouping: "raw" },
      },
    ],
    next_cursor: null,
  });
});

test("heart rate has min, avg and max; pressure systolic and diastolic; insulin its reason", async () => {
  const bench = await openBench();
  const at = "2026-03-02T08:00:00Z";
  await bench.points("heart_rate", "minute", [{ at, value: 71.5, value2: 60, value3: 88 }]);
  await bench.points("blood_pressure", "raw", [{ at, value: 120, value2: 80 }]);
  await bench.points("insulin_delivery", "raw", [{ at, value: 4, variant: "Bolus" }]);
  const only = async (name: string) => {
    const { unit: _, source: __, time: ___, end: ____, ...rest } = (await read(bench, name)).data[0]!;
    return rest;
  };

  expect(await only("heart_rate")).toEqual({ min: 60, avg: 71.5, max: 88, grouping: "minute" });
  expect(await only("blood_pressure")).toEqual({ systolic: 120, diastolic: 80, grouping: "raw" });
  expect(await only("insulin_delivery")).toEqual({ value: 4, variant: "Bolus", grouping: "raw" });
});

test("a metric that only the phone knows has the units that were sent; a name nobody knows is not found", async () => {
  const bench = await openBench();
  await bench.points("blink_rate", "raw", [{ at: "2026-03-02T08:00:00Z", value: 12, variant: "blinks/min" }]);

  expect(await read(bench, "blink_rate")).toMatchObject({ unit: null, data: [{ value: 12, unit: "blinks/min" }] });
  expect((await read(bench, "blink_rate")).data[0]).not.toHaveProperty("variant");
  expect(await read(bench, "vo2max")).toEqual({ metric: "vo2_max", unit: "ml/(kg·min)", data: [], next_cursor: null });
  await expect(read(bench, "nothing_of_the_kind")).rejects.toMatchObject({ code: "not_found" });
});

test("from is included, to is not, a source is found in every spelling", async () => {
  const bench = await openBench();
  const at = (minute: number) => `2026-03-02T08:0${minute}:00Z`;
  const sources = ["Pat’s\u00a0Watch", "Phone", "Pat’s\u00a0Watch"];
  await bench.points(
    "body_temperature",
    "raw",
    sources.map((source, i) => ({ at: at(i), value: 36 + i, source })),
  );
  const values = async (params: Record<string, string>) =>
    (await read(bench, "body_temperature", params)).data.map((point) => point.value);

  expect(await values({ from: at(0), to: at(2) })).toEqual([36, 37]);
  expect(await values({ from: at(1), to: "2026-03-02" })).toEqual([37, 38]);
  expect(await values({ source: "Pat's Watch" })).toEqual([36, 38]);
});

test("a day bucket is found by its date, wherever the phone was", async () => {
  const bench = await openBench("Europe/Berlin");
  await bench.points("step_count", "day", [
    { at: "2026-03-01", value: 1000 },
    { at: "2026-03-02", value: 2000, offsetMin: 540 },
    { at: "2026-03-03", value: 3000, offsetMin: -480 },
  ]);
  const dates = async (params: Record<string, string>) =>
    (await read(bench, "step_count", params)).data.map((point) => point.date);

  expect(await dates({ from: "2026-03-02", to: "2026-03-02" })).toEqual(["2026-03-02"]);
  expect(await dates({ from: "2026-03-03" })).toEqual(["2026-03-03"]);
  expect(await dates({ to: "2026-03-02" })).toEqual(["2026-03-01", "2026-03-02"]);
});

test("pages neither skip nor repeat while deliveries arrive", async () => {
  const bench = await openBench();
  const at = (minute: number) => new Date(Date.parse("2026-03-02T08:00:00Z") + minute * 60_000).toISOString();
  const minutes: TestPoint[] = [0, 1, 2, 3, 4, 5, 6].map((minute) => ({ at: at(minute), value: minute }));
  await bench.points("body_mass_index", "minute", minutes);
  await bench.points("body_mass_index", "raw", minutes);
  await bench.points("body_mass_index", "day", [
    { at: "2026-03-02", value: 20 },
    { at: "2026-03-03", value: 21 },
  ]);
  const before = await readAllPages(bench, "body_mass_index", {});
  let late = 0;

  const paged = await readAllPages(bench, "body_mass_index", { limit: "3" }, async () => {
    late -= 60;
    await bench.points("body_mass_index", "raw", [{ at: at(late), value: 1 }]);
    await bench.points("body_mass_index", "minute", minutes);
  });

  expect(before).toHaveLength(16);
  expect(paged).toEqual(before);
});

test("a cursor of another metric, bucket or user is refused", async () => {
  const bench = await openBench();
  const points = [0, 1, 2].map((hour) => ({ at: `2026-03-02T0${hour}:00:00Z`, value: 60, value2: 50, value3: 70 }));
  await bench.points("heart_rate", "hour", points);
  const { next_cursor: cursor } = await read(bench, "heart_rate", { limit: "2" });
  const refused = { code: "invalid_parameter", extra: { parameter: "cursor" } };

  expect((await read(bench, "heart_rate", { cursor: cursor! })).data).toHaveLength(1);
  await expect(read(bench, "step_count", { cursor: cursor! })).rejects.toMatchObject(refused);
  await expect(read(bench, "heart_rate", { cursor: cursor!, bucket: "hour" })).rejects.toMatchObject(refused);
  const other = { ...bench, user: { ...bench.user, id: "another" } };
  await expect(read(other, "heart_rate", { cursor: cursor! })).rejects.toMatchObject(refused);
});

test("nights can be read as a metric: minutes asleep, of the date of waking", async () => {
  const bench = await openBench();
  const at = Date.parse;
  await bench.nights([
    { totalMin: 400 },
    { sleepStartMs: at("2026-03-02T13:00:00Z"), sleepEndMs: at("2026-03-02T13:30:00Z"), totalMin: 30 },
    { sleepStartMs: at("2026-03-02T22:30:00Z"), sleepEndMs: at("2026-03-03T05:00:00Z"), totalMin: 380 },
  ]);

  const raw = await readAllPages(bench, "sleep_analysis", { limit: "2" });
  const days = await read(bench, "sleep_analysis", { bucket: "day" });

  expect(raw.map(({ time, end, date, value }) => [time, end, date, value])).toEqual([
    ["2026-03-01T22:00:00.000Z", "2026-03-02T05:00:00.000Z", "2026-03-02", 400],
    ["2026-03-02T13:00:00.000Z", "2026-03-02T13:30:00.000Z", "2026-03-02", 30],
    ["2026-03-02T22:30:00.000Z", "2026-03-03T05:00:00.000Z", "2026-03-03", 380],
  ]);
  expect(days.data.map(({ date, value, unit }) => [date, value, unit])).toEqual([
    ["2026-03-02", 430, "min"],
    ["2026-03-03", 380, "min"],
  ]);
});
