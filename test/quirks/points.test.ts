/** The shapes that points come in (spec sections 4.1, 4.2, 5.4). */
import { expect, test } from "vitest";
import { daily, hourly, metric, minutely, openDesk, point, readFixture, ungrouped } from "./quirk.js";

const nine = "2026-03-02T08:00:00.000Z";
const ten = "2026-03-02T09:00:00.000Z";
const eleven = "2026-03-02T10:00:00.000Z";
const midnight = "2026-03-01T23:00:00.000Z";

test("a quantity has its source as it was sent, and may have none", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("quantity-generic", hourly)).toBe("processed: 2 received, 2 inserted");
  expect(await desk.points("walking_running_distance")).toEqual([
    point(nine, 0.8412, "km", { source: "Pat\u2019s Apple\u00a0Watch|Pat\u2019s iPhone", grouping: "hour" }),
    point(ten, 0.12, "km", { grouping: "hour" }),
  ]);
});

test("keys in another order are the same points", async () => {
  const desk = await openDesk();
  await desk.sendFixture("quantity-generic", hourly);
  const sent = JSON.parse((await readFixture("quantity-generic")).toString());
  const reversed = (object: object) => Object.fromEntries(Object.entries(object).reverse());
  const [entry] = sent.data.metrics;

  const told = await desk.send({ data: { metrics: [reversed({ ...entry, data: entry.data.map(reversed) })] } }, hourly);

  expect(told).toBe("processed: 2 received, 2 unchanged");
});

test("heart rate comes as Min, Avg and Max, in lower case, or as one number", async () => {
  const desk = await openDesk();
  const stored = { end: null, unit: "count/min", grouping: "hour" };

  expect(await desk.sendFixture("heart-rate-forms", hourly)).toBe("processed: 3 received, 3 inserted");
  expect(await desk.ask("heartRate")).toEqual([
    { time: nine, min: 58, avg: 71.4375, max: 96, source: "Watch", ...stored },
    { time: ten, min: 60, avg: 70.5, max: 88, source: "Watch", ...stored },
    { time: eleven, min: 64, avg: 64, max: 64, source: null, ...stored },
  ]);
  expect(await desk.days()).toEqual({
    "2026-03-02": {
      heart_rate: { avg: 68.6458333333, min: 58, max: 96, last: 64, unit: "count/min", series: "hour" },
    },
  });
});

test("discrete metrics grouped by day have no source at all", async () => {
  const desk = await openDesk();
  const day = (value: number, unit: string) => ({
    avg: value,
    min: value,
    max: value,
    last: value,
    unit,
    series: "day",
  });

  expect(await desk.sendFixture("discrete-by-day-without-source", daily)).toBe("processed: 5 received, 5 inserted");
  expect(await desk.days()).toEqual({
    "2026-03-02": {
      blood_oxygen_saturation: day(96.5, "%"),
      heart_rate_variability: day(48.5, "ms"),
      resting_heart_rate: day(57, "count/min"),
      vo2_max: day(41.2, "ml/(kg·min)"),
      weight_body_mass: day(70.4, "kg"),
    },
  });
  expect(await desk.points("weight_body_mass")).toEqual([
    point(midnight, 70.4, "kg", { date: "2026-03-02", grouping: "day" }),
  ]);
});

test("notifications of old builds are metrics in the form of heart rate", async () => {
  const desk = await openDesk();
  const total = (count: number) => ({ total: count, unit: "count", series: "day" });

  expect(await desk.sendFixture("notifications-as-metrics", daily)).toBe("processed: 3 received, 3 inserted");
  expect(await desk.days()).toEqual({
    "2026-03-02": {
      high_heart_rate_notifications: total(2),
      irregular_heart_rate_notifications: total(1),
      low_heart_rate_notifications: total(1),
    },
  });
});

test("blood pressure has two numbers and no qty", async () => {
  const desk = await openDesk();
  const stored = { end: null, unit: "mmHg", source: "Cuff" };

  expect(await desk.sendFixture("blood-pressure", ungrouped)).toBe("processed: 2 received, 2 inserted");
  expect(await desk.ask("bloodPressure")).toEqual([
    { time: "2026-03-02T06:12:00.000Z", systolic: 121, diastolic: 79, ...stored, grouping: "minute" },
    { time: "2026-03-02T18:12:00.000Z", systolic: 129, diastolic: 81, ...stored, grouping: "minute" },
  ]);
  expect(await desk.days()).toEqual({
    "2026-03-02": {
      blood_pressure: {
        ...{ avg: 125, min: 121, max: 129, last: 129, diastolic: { avg: 80, min: 79, max: 81, last: 81 } },
        ...{ unit: "mmHg", series: "minute" },
      },
    },
  });
});

test("glucose of one minute before and after a meal is two readings", async () => {
  const desk = await openDesk();
  const stored = (variant: string) => ({ source: "Meter", grouping: "minute", variant });

  expect(await desk.sendFixture("blood-glucose-meal-times", minutely)).toBe("processed: 3 received, 3 inserted");
  expect(await desk.points("blood_glucose")).toEqual([
    point("2026-03-02T06:05:00.000Z", 5.2, "mmol/L", stored("Before Meal")),
    point("2026-03-02T06:05:00.000Z", 7.9, "mmol/L", stored("After Meal")),
    point("2026-03-02T11:00:00.000Z", 6, "mmol/L", stored("Unspecified")),
  ]);
});

test("bolus and basal insulin of one hour are two buckets and one total", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("insulin-reasons", hourly)).toBe("processed: 3 received, 3 inserted");
  expect(await desk.points("insulin_delivery")).toEqual([
    point("2026-03-02T11:00:00.000Z", 4, "IU", { grouping: "hour", variant: "Bolus" }),
    point("2026-03-02T11:00:00.000Z", 10.5, "IU", { grouping: "hour", variant: "Basal" }),
    point("2026-03-02T12:00:00.000Z", 2, "IU", { grouping: "hour", variant: "Bolus" }),
  ]);
  expect(await desk.days()).toEqual({
    "2026-03-02": { insulin_delivery: { total: 16.5, unit: "IU", series: "hour" } },
  });
});

test("sexual activity is one item with a count per kind, in keys that hold spaces", async () => {
  const desk = await openDesk();
  const stored = (variant: string) => ({ date: "2026-03-02", grouping: "day", variant });

  expect(await desk.sendFixture("sexual-activity", daily)).toBe("processed: 1 received, 1 inserted");
  expect(await desk.points("sexual_activity")).toEqual([
    point(midnight, 1, "count", stored("Unspecified")),
    point(midnight, 0, "count", stored("Protection Used")),
    point(midnight, 2, "count", stored("Protection Not Used")),
  ]);
  expect(await desk.days()).toEqual({ "2026-03-02": { sexual_activity: { total: 3, unit: "count", series: "day" } } });
});

test("brushing and washing last seconds on the wire, minutes here, and say whether they were complete", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("washing-and-brushing", ungrouped)).toBe("processed: 3 received, 3 inserted");
  expect(await desk.points("toothbrushing")).toEqual([
    point("2026-03-02T06:40:10.000Z", 2, "min", { source: "Brush", grouping: "raw", variant: "Complete" }),
    point("2026-03-02T20:15:00.000Z", 0.55, "min", { source: "Brush", grouping: "raw", variant: "Incomplete" }),
  ]);
  expect(await desk.points("handwashing")).toEqual([
    point("2026-03-02T06:45:02.000Z", 0.35, "min", { source: "Watch", grouping: "raw", variant: "Complete" }),
  ]);
});

test("wrist temperature of a night keeps its end and belongs to the morning", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("wrist-temperature-with-end", ungrouped)).toBe("processed: 1 received, 1 inserted");
  expect(await desk.points("apple_sleeping_wrist_temperature")).toEqual([
    point("2026-03-01T22:10:00.000Z", 35.71, "degC", {
      ...{ end: "2026-03-02T05:45:00.000Z", source: "Watch", grouping: "raw" },
    }),
  ]);
  expect(Object.keys(await desk.days())).toEqual(["2026-03-02"]);
});

test("samples carry start and end under any of their names", async () => {
  const desk = await openDesk();
  const stored = (end: string) => ({ end: `2026-03-02T${end}.000Z`, source: "Watch", grouping: "raw" });

  expect(await desk.sendFixture("samples-with-ends", ungrouped)).toBe("processed: 3 received, 3 inserted");
  expect(await desk.points("step_count")).toEqual([
    point("2026-03-02T08:00:12.000Z", 400, "count", stored("08:05:12")),
    point("2026-03-02T09:00:12.000Z", 150, "count", stored("09:02:12")),
    point("2026-03-02T10:00:12.000Z", 50, "count", stored("10:01:12")),
  ]);
  expect(await desk.days()).toEqual({ "2026-03-02": { step_count: { total: 600, unit: "count", series: "raw" } } });
});

test("steps by the minute keep their fractions", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("fractional-steps", minutely)).toBe("processed: 2 received, 2 inserted");
  expect(await desk.points("step_count")).toEqual([
    point(nine, 131.7, "count", { source: "Watch", grouping: "minute" }),
    point("2026-03-02T08:01:00.000Z", 0.4, "count", { source: "Watch", grouping: "minute" }),
  ]);
  expect(await desk.days()).toEqual({
    "2026-03-02": { step_count: { total: 132.1, unit: "count", series: "minute" } },
  });
});

test.each([
  ["an empty array", []],
  ["null", null],
  ["nothing", undefined],
])("a metric whose data is %s is no error", async (_, data) => {
  const desk = await openDesk();

  expect(await desk.send({ data: { metrics: [{ name: "step_count", units: "count", data }] } }, hourly)).toBe(
    "processed: 0 received",
  );
});

test("fields that are null are fields that were not sent", async () => {
  const desk = await openDesk();
  const sent = { date: "2026-03-02 09:00:00 +0100", end: null, qty: 5, source: null, units: null, metadata: null };

  expect(await desk.send(metric("step_count", "count", sent), hourly)).toBe("processed: 1 received, 1 inserted");
  expect(await desk.points("step_count")).toEqual([point(nine, 5, "count", { grouping: "hour" })]);
});
