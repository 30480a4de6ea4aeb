/** Minutes, hours, days, weeks and months: one series each, cut by the local clock. */
import { expect, test } from "vitest";
import { inProcessQueries } from "../../src/query/client.js";
import type { Day } from "../../src/query/daily.js";
import type { Point, PointsAnswer } from "../../src/query/points.js";
import { type Bench, openBench, type TestPoint } from "./build.js";

async function read(bench: Bench, name: string, params: Record<string, string>): Promise<PointsAnswer> {
  const { body } = await inProcessQueries(bench.store).run("metric", { user: bench.user, params: { name, ...params } });
  return JSON.parse(body as string) as PointsAnswer;
}

async function readDaily(bench: Bench, params: Record<string, string> = {}) {
  const { body } = await inProcessQueries(bench.store).run("daily", { user: bench.user, params });
  return (JSON.parse(body as string) as { data: Day[] }).data;
}

const dateAndValue = ({ date, value }: Point) => [date, value];
const timeAndValue = ({ time, value }: Point) => [time, value];

/** An hour bucket for each UTC hour of a UTC day, `each` in all of them. */
function hoursOf(date: string, each: number): TestPoint[] {
  return Array.from({ length: 24 }, (_, hour) => ({
    at: `${date}T${String(hour).padStart(2, "0")}:00:00Z`,
    ...{ value: each, offsetMin: 0 },
  }));
}

test("a day counts one series however often it came, and says which", async () => {
  const bench = await openBench("UTC");
  await bench.points("step_count", "hour", hoursOf("2026-03-02", 100));
  await bench.points("step_count", "minute", [{ at: "2026-03-02T09:00:00Z", value: 9999, offsetMin: 0 }]);
  await bench.points("step_count", "day", [{ at: "2026-03-02", value: 2400, offsetMin: 0, source: "Watch|Phone" }]);

  const { data } = await read(bench, "step_count", { bucket: "day" });

  expect(data).toEqual([
    {
      ...{ time: "2026-03-02T00:00:00.000Z", end: "2026-03-03T00:00:00.000Z", date: "2026-03-02", value: 2400 },
      ...{ unit: "count", source: "Phone|Watch", series: "day" },
    },
  ]);
  expect(await readDaily(bench)).toEqual([
    { date: "2026-03-02", metrics: { step_count: { total: 2400, unit: "count", series: "day" } } },
  ]);
});

test("hours are cut out of hours or of samples, never out of a day; a sample is spread over the hours it lasts", async () => {
  const bench = await openBench("UTC");
  await bench.points("step_count", "day", [{ at: "2026-03-02", value: 5000, offsetMin: 0 }]);
  await bench.points("step_count", "raw", [
    { at: "2026-03-02T08:50:00Z", end: "2026-03-02T09:10:00Z", value: 300, source: "Phone", offsetMin: 0 },
    { at: "2026-03-02T09:30:00Z", end: "2026-03-02T09:40:00Z", value: 70, source: "Watch", offsetMin: 0 },
    { at: "2026-03-02T09:30:00Z", end: "2026-03-02T09:40:00Z", value: 90, source: "Phone", offsetMin: 0 },
  ]);

  const hours = await read(bench, "step_count", { bucket: "hour" });
  const minutes = await read(bench, "step_count", { bucket: "minute", from: "2026-03-02T09:09:00Z", limit: "2" });

  expect(hours.data.map(timeAndValue)).toEqual([
    ["2026-03-02T08:00:00.000Z", 150],
    ["2026-03-02T09:00:00.000Z", 220],
  ]);
  expect(hours.data.map(({ series }) => series)).toEqual(["raw", "raw"]);
  expect(minutes.data.map(timeAndValue)).toEqual([
    ["2026-03-02T09:09:00.000Z", 15],
    ["2026-03-02T09:30:00.000Z", 7],
  ]);
});

test("tz cuts days and hours; a day bucket keeps its date", async () => {
  const bench = await openBench("UTC");
  await bench.points("dietary_water", "raw", [
    { at: "2026-03-02T20:45:00Z", value: 250, offsetMin: 0 },
    { at: "2026-03-02T21:15:00Z", value: 500, offsetMin: 0 },
  ]);
  await bench.points("protein", "day", [{ at: "2026-03-02", value: 60, offsetMin: 0 }]);

  const days = await read(bench, "dietary_water", { bucket: "day", tz: "Europe/Istanbul" });
  const hours = await read(bench, "dietary_water", { bucket: "hour", tz: "Asia/Kolkata" });
  const kept = await read(bench, "protein", { bucket: "day", tz: "Asia/Tokyo", from: "2026-03-02", to: "2026-03-02" });

  expect(days.data.map(dateAndValue)).toEqual([
    ["2026-03-02", 250],
    ["2026-03-03", 500],
  ]);
  expect(hours.data.map(timeAndValue)).toEqual([["2026-03-02T20:30:00.000Z", 750]]);
  expect(kept.data.map(({ date, time, value }) => [date, time, value])).toEqual([
    ["2026-03-02", "2026-03-01T15:00:00.000Z", 60],
  ]);
});

test("the hour that comes twice in autumn is two buckets, and the day has twenty-five", async () => {
  const bench = await openBench("Europe/Berlin");
  const hours = Array.from({ length: 25 }, (_, hour) => ({
    at: new Date(Date.parse("2026-10-24T22:00:00Z") + hour * 3_600_000).toISOString(),
    ...{ value: 10, offsetMin: hour < 3 ? 120 : 60 },
  }));
  await bench.points("step_count", "hour", hours);

  expect((await read(bench, "step_count", { bucket: "hour" })).data).toHaveLength(25);
  expect((await read(bench, "step_count", { bucket: "day" })).data.map(dateAndValue)).toEqual([["2026-10-25", 250]]);
});

test("weeks begin on Monday and months on the first; a range cuts them at its days", async () => {
  const bench = await openBench("UTC");
  const dates = ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02", "2026-03-08", "2026-03-09"];
  await bench.points(
    "step_count",
    "day",
    dates.map((at, i) => ({ at, value: 10 ** i, offsetMin: 0 })),
  );

  const weeks = await read(bench, "step_count", { bucket: "week" });
  const months = await read(bench, "step_count", { bucket: "month" });
  const cut = await read(bench, "step_count", { bucket: "month", from: "2026-02-28", to: "2026-03-02" });

  expect(weeks.data.map(({ date, value, end }) => [date, value, end])).toEqual([
    ["2026-02-23", 111, "2026-03-02T00:00:00.000Z"],
    ["2026-03-02", 11_000, "2026-03-09T00:00:00.000Z"],
    ["2026-03-09", 100_000, "2026-03-16T00:00:00.000Z"],
  ]);
  expect(months.data.map(dateAndValue)).toEqual([
    ["2026-02-01", 11],
    ["2026-03-01", 111_100],
  ]);
  expect(cut.data.map(dateAndValue)).toEqual([
    ["2026-02-01", 10],
    ["2026-03-01", 1100],
  ]);
});

test("each agg of a cumulative metric: points within a day, day totals within a month", async () => {
  const bench = await openBench("UTC");
  const point = (at: string, value: number) => ({ at, value, offsetMin: 0 });
  await bench.points("protein", "raw", [
    point("2026-03-02T08:00:00Z", 20),
    point("2026-03-02T12:00:00Z", 40),
    point("2026-03-03T08:00:00Z", 30),
  ]);
  const all = async (bucket: string) => {
    const values: Record<string, (number | undefined)[]> = {};
    for (const agg of ["sum", "avg", "min", "max", "count", "last"]) {
      values[agg] = (await read(bench, "protein", { bucket, agg })).data.map((found) => found.value);
    }
    return values;
  };

  expect(await all("day")).toEqual({
    ...{ sum: [60, 30], avg: [30, 30], min: [20, 30], max: [40, 30], count: [2, 1], last: [40, 30] },
  });
  expect(await all("month")).toEqual({ sum: [90], avg: [45], min: [30], max: [60], count: [3], last: [30] });
});

test("what is measured shows its mean, or its latest where that is what counts", async () => {
  const bench = await openBench("UTC");
  const point = (at: string, value: number, more = {}) => ({ at, value, offsetMin: 0, ...more });
  await bench.points("heart_rate_variability", "raw", [
    point("2026-03-02T08:00:00Z", 40),
    point("2026-03-02T09:00:00Z", 50),
    point("2026-03-04T09:00:00Z", 75),
  ]);
  await bench.points("weight_body_mass", "raw", [point("2026-03-02T08:00:00Z", 70), point("2026-03-04T08:00:00Z", 71)]);
  await bench.points("heart_rate", "hour", [
    point("2026-03-02T08:00:00Z", 60, { value2: 50, value3: 90 }),
    point("2026-03-02T09:00:00Z", 80, { value2: 55, value3: 130 }),
  ]);
  await bench.points("blood_pressure", "raw", [
    point("2026-03-02T08:00:00Z", 120, { value2: 80 }),
    point("2026-03-02T20:00:00Z", 130, { value2: 84 }),
  ]);
  const week = async (name: string, agg?: string) => {
    const params = { bucket: "week", ...(agg === undefined ? {} : { agg }) };
    const { time: _, end: __, date: ___, source: ____, ...rest } = (await read(bench, name, params)).data[0]!;
    return rest;
  };

  expect(await week("heart_rate_variability")).toEqual({ value: 55, unit: "ms", series: "raw" });
  expect(await week("weight_body_mass")).toEqual({ value: 71, unit: "kg", series: "raw" });
  expect(await week("heart_rate")).toEqual({ min: 50, avg: 70, max: 130, unit: "count/min", series: "hour" });
  expect(await week("heart_rate", "max")).toEqual({ value: 130, unit: "count/min", series: "hour" });
  expect(await week("heart_rate", "count")).toEqual({ value: 2, unit: "count", series: "hour" });
  expect(await week("blood_pressure")).toEqual({ systolic: 125, diastolic: 82, unit: "mmHg", series: "raw" });
  expect(await week("blood_pressure", "last")).toEqual({ systolic: 130, diastolic: 84, unit: "mmHg", series: "raw" });
});

test("days that came in different series weigh alike in a week", async () => {
  const bench = await openBench("UTC");
  await bench.points("respiratory_rate", "hour", hoursOf("2026-03-02", 12));
  await bench.points("respiratory_rate", "day", [{ at: "2026-03-03", value: 18, offsetMin: 0 }]);

  const { data } = await read(bench, "respiratory_rate", { bucket: "week" });

  expect(data.map(({ value, series }) => [value, series])).toEqual([[15, "mixed"]]);
});

test("values in units that nobody can convert are counted apart, also across pages", async () => {
  const bench = await openBench("UTC");
  const point = (at: string, value: number, variant: string) => ({ at, value, variant, offsetMin: 0 });
  await bench.points("blink_rate", "raw", [
    point("2026-03-02T08:00:00Z", 10, "a"),
    point("2026-03-02T09:00:00Z", 14, "a"),
    point("2026-03-02T08:00:00Z", 500, "b"),
    point("2026-03-03T08:00:00Z", 16, "a"),
  ]);

  const first = await read(bench, "blink_rate", { bucket: "day", limit: "1" });
  const second = await read(bench, "blink_rate", { bucket: "day", limit: "1", cursor: first.next_cursor! });
  const third = await read(bench, "blink_rate", { bucket: "day", limit: "1", cursor: second.next_cursor! });

  expect(
    [first, second, third].flatMap(({ data }) => data.map(({ date, value, unit }) => [date, value, unit])),
  ).toEqual([
    ["2026-03-02", 12, "a"],
    ["2026-03-02", 500, "b"],
    ["2026-03-03", 16, "a"],
  ]);
  expect(third.next_cursor).toBeNull();
});

test("pages of buckets join without a seam, hours in the middle of a day included", async () => {
  const bench = await openBench("UTC");
  await bench.points("step_count", "hour", [...hoursOf("2026-03-02", 7), ...hoursOf("2026-03-03", 9)]);
  for (const bucket of ["hour", "day", "week"]) {
    const whole = (await read(bench, "step_count", { bucket })).data;
    const paged: Point[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const params: Record<string, string> = { bucket, limit: bucket === "hour" ? "7" : "1", tz: "UTC" };
      const page: PointsAnswer = await read(bench, "step_count", cursor === "" ? params : { ...params, cursor });
      paged.push(...page.data);
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(whole);
  }
});

test("buckets are whole where the range begins or ends inside them", async () => {
  const bench = await openBench("UTC");
  await bench.points("step_count", "hour", hoursOf("2026-03-02", 10));
  const range = { from: "2026-03-02T08:30:00Z", to: "2026-03-02T10:00:00Z" };

  expect((await read(bench, "step_count", { bucket: "hour", ...range })).data.map(timeAndValue)).toEqual([
    ["2026-03-02T08:00:00.000Z", 10],
    ["2026-03-02T09:00:00.000Z", 10],
  ]);
  expect((await read(bench, "step_count", { bucket: "day", ...range })).data.map(dateAndValue)).toEqual([
    ["2026-03-02", 240],
  ]);
});

test("daily has a row per local day of the records, with what each metric came to", async () => {
  const bench = await openBench("Europe/Berlin");
  await bench.points("step_count", "hour", [
    { at: "2026-03-01T23:00:00Z", value: 5 },
    { at: "2026-03-02T22:00:00Z", value: 7 },
    { at: "2026-03-02T23:00:00Z", value: 11, offsetMin: -300 },
  ]);
  await bench.points("heart_rate", "hour", [{ at: "2026-03-02T08:00:00Z", value: 60, value2: 50, value3: 90 }]);
  await bench.points("blood_pressure", "raw", [{ at: "2026-03-03T08:00:00Z", value: 120, value2: 80 }]);
  await bench.nights([{}]);

  const days = await readDaily(bench);

  const one = (value: number) => ({ avg: value, min: value, max: value, last: value });
  expect(days).toEqual([
    {
      date: "2026-03-02",
      metrics: {
        heart_rate: { avg: 60, min: 50, max: 90, last: 60, unit: "count/min", series: "hour" },
        sleep_analysis: { total: 400, unit: "min", series: "day" },
        step_count: { total: 23, unit: "count", series: "hour" },
      },
    },
    {
      date: "2026-03-03",
      metrics: { blood_pressure: { ...one(120), diastolic: one(80), unit: "mmHg", series: "raw" } },
    },
  ]);
  expect(await readDaily(bench, { from: "2026-03-02", to: "2026-03-02", metrics: "sleep,steps" })).toEqual([
    {
      date: "2026-03-02",
      metrics: { sleep_analysis: days[0]!.metrics["sleep_analysis"], step_count: days[0]!.metrics["step_count"] },
    },
  ]);
});

test("daily pages by date, over gaps of years, with and without a range", async () => {
  const bench = await openBench("UTC");
  const dates = ["2016-01-01", "2016-01-02", "2026-03-02"];
  await bench.points(
    "step_count",
    "day",
    dates.map((at) => ({ at, value: 1, offsetMin: 0 })),
  );
  const found: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const params: Record<string, string> = { limit: "1", ...(cursor === "" ? {} : { cursor }) };
    const { body } = await inProcessQueries(bench.store).run("daily", { user: bench.user, params });
    const page = JSON.parse(body as string) as { data: Day[]; next_cursor: string | null };
    found.push(...page.data.map(({ date }) => date));
    cursor = page.next_cursor;
  }

  expect(found).toEqual(dates);
  expect((await readDaily(bench, { from: "2016-01-02" })).map(({ date }) => date)).toEqual(dates.slice(1));
  expect(await readDaily(await openBench())).toEqual([]);
});
