/** Numbers as they come: noise, texts, the impossible and the implausible; and equal ones (spec sections 1.1, 5.2). */
import { expect, test } from "vitest";
import { hourly, metric, openDesk, point, ungrouped } from "./quirk.js";

const nine = "2026-03-02T08:00:00.000Z";

test("float noise, whole numbers and exponents are numbers", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("float-noise", hourly)).toBe("processed: 6 received, 6 inserted");
  expect((await desk.lab.points("active_energy")).map(({ value }) => value)).toEqual([
    ...[77.000000000000014, 46.00000000000001, 12, 12, 12, 0],
  ]);
  expect((await desk.days())["2026-03-02"]).toEqual({ active_energy: { total: 159, unit: "kcal", series: "hour" } });
});

test("float noise does not make two samples of one", async () => {
  const desk = await openDesk();
  const sample = (qty: number) =>
    metric("dietary_energy", "kcal", { date: "2026-03-02 09:00:12 +0100", qty, source: "Food" });
  await desk.send(sample(77.000000000000014), ungrouped);

  expect(await desk.send(sample(77), ungrouped)).toBe("processed: 1 received, 1 unchanged");
  expect(await desk.points("dietary_energy")).toEqual([
    point("2026-03-02T08:00:12.000Z", 77, "kcal", { source: "Food", grouping: "raw" }),
  ]);
});

test("two equal foods of one minute stay two, also when they are sent again", async () => {
  const desk = await openDesk();
  const bite = { date: "2026-03-02 09:00:00 +0100", qty: 50, source: "Food" };
  await desk.send(metric("carbohydrates", "g", bite, bite), ungrouped);

  const told = await desk.send(metric("carbohydrates", "g", bite, { ...bite, metadata: {} }), ungrouped);

  expect(told).toBe("processed: 2 received, 2 unchanged");
  expect((await desk.days())["2026-03-02"]).toEqual({ carbohydrates: { total: 100, unit: "g", series: "raw" } });
});

test.each([
  ["under the app's default header", { "automation-aggregation": "Default" }, "09:01", "; warning mixed_grouping"],
  ["under the header for hours", { "automation-aggregation": "Hours" }, "09:00", "; warning mixed_grouping"],
  ["without a header, even on the hour", {}, "09:00", ""],
  ["without a header, even at midnight", {}, "00:00", ""],
])("two foods of one minute stay two %s", async (_, headers, clock, warning) => {
  const desk = await openDesk();
  const bite = (qty: number) => ({ date: `2026-03-02 ${clock}:00 +0100`, qty, source: "Food" });

  expect(await desk.send(metric("carbohydrates", "g", bite(50), bite(20)), headers)).toBe(
    `processed: 2 received, 2 inserted${warning}`,
  );
  expect((await desk.days())["2026-03-02"]).toEqual({ carbohydrates: { total: 70, unit: "g", series: "raw" } });
});

test("numbers are read out of texts, with either separator and with a unit behind them", async () => {
  const desk = await openDesk();
  const texts = ["52,4", "52.4", "48.5 ms", "0.05 s", " 7 ", "٥٢٫٤", "1e1"];
  const points = texts.map((qty, hour) => ({ date: `2026-03-02 0${hour}:00:00 +0100`, qty }));

  expect(await desk.send(metric("heart_rate_variability", "ms", ...points), hourly)).toBe(
    "processed: 7 received, 7 inserted",
  );
  expect((await desk.points("heart_rate_variability")).map(({ value }) => value)).toEqual([
    ...[52.4, 52.4, 48.5, 50, 7, 52.4, 10],
  ]);
});

test("what is no number, no date or impossible is refused by position and costs nothing else", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("bad-neighbours", hourly)).toBe(
    [
      "partial: 10 received, 2 inserted, 8 rejected",
      "step_count[1] invalid_date date",
      "step_count[2] invalid_value qty",
      "step_count[3] missing_field qty",
      "step_count[4] missing_field date",
      "step_count[5] out_of_range qty",
      "step_count[6] unsupported_shape",
      "step_count[7] invalid_value qty",
      "active_energy[0] unknown_unit units",
    ].join("; "),
  );
  expect((await desk.points("step_count")).map(({ time, value }) => [time, value])).toEqual([
    [nine, 10],
    ["2026-03-02T13:00:00.000Z", 20],
  ]);
});

test.each(["NaN", "Infinity", "808.742.334", "0x10", "", "1,2,3", [], {}, false])("%j is no quantity", async (qty) => {
  const desk = await openDesk();
  const told = await desk.send(metric("step_count", "count", { date: "2026-03-02 09:00:00 +0100", qty }), hourly);

  expect(told).toBe("rejected: 1 received, 1 rejected; step_count[0] invalid_value qty");
});

test("only temperatures are below zero", async () => {
  const desk = await openDesk();
  const below = { date: "2026-03-02 09:00:00 +0100", qty: -1.5 };

  expect(await desk.send(metric("underwater_temperature", "degC", below), hourly)).toBe(
    "processed: 1 received, 1 inserted",
  );
  expect(await desk.send(metric("weight_body_mass", "kg", below), hourly)).toBe(
    "rejected: 1 received, 1 rejected; weight_body_mass[0] out_of_range qty",
  );
});

test("the implausible is stored, with a warning", async () => {
  const desk = await openDesk();
  const racing = { date: "2026-03-02 09:00:00 +0100", Min: 240, Avg: 350, Max: 355 };

  expect(await desk.send(metric("heart_rate", "bpm", racing), hourly)).toBe(
    "processed: 1 received, 1 inserted; warning suspicious_value",
  );
  expect(await desk.ask("heartRate")).toEqual([
    { time: nine, end: null, min: 240, avg: 350, max: 355, unit: "count/min", source: null, grouping: "hour" },
  ]);
});
