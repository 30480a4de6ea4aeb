/** Nights of three generations of the app, and stage segments (spec section 4.3). */
import { expect, test } from "vitest";
import { daily, hourly, metric, openDesk } from "./quirk.js";

const sleep = (...items: unknown[]) => metric("sleep_analysis", "hr", ...items);

/** A night as answered; what is not said is null. */
const night = (answer: Record<string, unknown>) => ({
  ...{ id: expect.any(String), in_bed_start: null, in_bed_end: null, core_min: null, deep_min: null, rem_min: null },
  ...{ asleep_min: null, awake_min: null, in_bed_min: null, source: "Watch", ...answer },
});

test("the current summary is one night of the day of waking", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("sleep-current", daily)).toBe("processed: 1 received, 1 inserted");
  expect(await desk.ask("sleep")).toEqual([
    night({
      ...{ date: "2026-03-02", start: "2026-03-01T22:04:30.000Z", end: "2026-03-02T05:41:00.000Z" },
      ...{ in_bed_start: "2026-03-01T22:04:30.000Z", in_bed_end: "2026-03-02T05:41:00.000Z", total_min: 426 },
      ...{ core_min: 264, deep_min: 60, rem_min: 102, asleep_min: 0, awake_min: 30.48, in_bed_min: 0 },
      source: "Pat\u2019s Apple\u00a0Watch",
    }),
  ]);
  expect(await desk.days()).toEqual({ "2026-03-02": { sleep_analysis: { total: 426, unit: "min", series: "day" } } });
});

test("the summary of 2023 has no total, no time in bed and a date inside the night", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("sleep-2023", daily)).toBe("processed: 1 received, 1 inserted");
  expect(await desk.ask("sleep")).toEqual([
    night({
      ...{ date: "2026-03-02", start: "2026-03-01T22:30:00.000Z", end: "2026-03-02T05:41:00.000Z", total_min: 396 },
      ...{ core_min: 252, deep_min: 54, rem_min: 90, asleep_min: 0, awake_min: 15, in_bed_min: 0 },
      source: "Watch|iPhone",
    }),
  ]);
});

test("the oldest summary means all of sleep by asleep, and names two sources", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("sleep-2022", daily)).toBe("processed: 1 received, 1 inserted");
  expect(await desk.ask("sleep")).toEqual([
    night({
      ...{ date: "2022-05-04", start: "2022-05-03T21:20:00.000Z", end: "2022-05-04T04:30:00.000Z", total_min: 414 },
      ...{ in_bed_start: "2022-05-03T21:00:00.000Z", in_bed_end: "2022-05-04T04:35:00.000Z" },
      ...{ asleep_min: 414, in_bed_min: 450 },
    }),
  ]);
});

test("a band without stages has neither total nor stages", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("sleep-without-stages", daily)).toBe("processed: 1 received, 1 inserted");
  expect(await desk.ask("sleep")).toEqual([
    night({
      ...{ date: "2026-03-02", start: "2026-03-02T00:00:00.000Z", end: "2026-03-02T04:42:00.000Z", total_min: 282 },
      ...{ core_min: 0, deep_min: 0, rem_min: 0, asleep_min: 282, awake_min: 0, in_bed_min: 0, source: "Band" },
    }),
  ]);
});

test("segments make a night, under either name of their ends and whatever their date is", async () => {
  const desk = await openDesk();
  const stage = (start: string, end: string, name: string) => ({
    ...{ id: expect.any(String), start: `2026-03-0${start}:00.000Z`, end: `2026-03-0${end}:00.000Z` },
    ...{ stage: name, source: "Watch" },
  });

  expect(await desk.sendFixture("sleep-segments")).toBe("processed: 5 received, 5 inserted");
  expect(await desk.ask("sleepStages")).toEqual([
    stage("1T22:00", "1T22:30", "core"),
    stage("1T22:30", "1T23:10", "deep"),
    stage("1T23:10", "1T23:20", "awake"),
    stage("1T23:20", "2T00:05", "rem"),
    stage("2T00:05", "2T05:05", "core"),
  ]);
  expect(await desk.ask("sleep")).toEqual([
    night({
      ...{ date: "2026-03-02", start: "2026-03-01T22:00:00.000Z", end: "2026-03-02T05:05:00.000Z" },
      ...{ total_min: 415, core_min: 330, deep_min: 40, rem_min: 45, awake_min: 10 },
    }),
  ]);
  expect(await desk.days()).toEqual({ "2026-03-02": { sleep_analysis: { total: 415, unit: "min", series: "raw" } } });
});

test("time in bed, sleep of unknown stage and stages of one night are not added up", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("sleep-beds-and-stages")).toBe("processed: 5 received, 5 inserted");
  expect(await desk.ask("sleep")).toEqual([
    night({
      ...{ date: "2026-03-02", start: "2026-03-01T22:00:00.000Z", end: "2026-03-02T05:00:00.000Z" },
      ...{ total_min: 420, core_min: 240, deep_min: 90, rem_min: 90 },
    }),
  ]);
});

test("of two apps that watched one night the one with stages counts, and a nap adds up", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("sleep-two-apps", daily)).toBe("processed: 3 received, 3 inserted");
  expect(
    (await desk.ask("sleep")).map(({ start, total_min, source }: Record<string, unknown>) => [
      start,
      total_min,
      source,
    ]),
  ).toEqual([
    ["2026-03-01T22:05:00.000Z", 420, "Watch"],
    ["2026-03-02T12:00:00.000Z", 30, "Watch"],
  ]);
  expect(await desk.days()).toEqual({ "2026-03-02": { sleep_analysis: { total: 450, unit: "min", series: "day" } } });
});

test.each([
  ["Core", "core"],
  ["Deep", "deep"],
  ["REM", "rem"],
  ["Awake", "awake"],
  ["Asleep", "asleep"],
  ["Unspecified", "asleep"],
  ["In Bed", "in_bed"],
  ["InBed", "in_bed"],
  ["AsleepCore", "core"],
  ["AsleepDeep", "deep"],
  ["AsleepREM", "rem"],
  ["AsleepUnspecified", "asleep"],
  ["HKCategoryValueSleepAnalysisAsleepDeep", "deep"],
  ["HKCategoryValueSleepAnalysisInBed", "in_bed"],
  ["Tiefschlaf", "deep"],
  ["Despierto", "awake"],
  ["快速动眼", "rem"],
  ["Dozing", "unknown"],
])("the stage %s is %s", async (value, stage) => {
  const desk = await openDesk();
  const segment = { start: "2026-03-02 01:00:00 +0100", end: "2026-03-02 02:00:00 +0100", value, source: "Watch" };

  expect(await desk.send(sleep(segment))).toBe("processed: 1 received, 1 inserted");
  expect(await desk.ask("sleepStages")).toMatchObject([{ stage }]);
});

const summary = (start: string, end: string, totalSleep: number, rest: object = {}) => ({
  ...{
    date: "2026-03-02 00:00:00 +0100",
    sleepStart: `2026-03-${start}:00 +0100`,
    sleepEnd: `2026-03-${end}:00 +0100`,
  },
  ...{ totalSleep, core: totalSleep, deep: 0, rem: 0, asleep: 0, awake: 0, inBed: 0, source: "Watch", ...rest },
});

test("a night that is sent again with a larger total grows, and a smaller one later does not win", async () => {
  const desk = await openDesk();

  expect(await desk.send(sleep(summary("02 01:00", "02 06:41", 5)))).toBe("processed: 1 received, 1 inserted");
  expect(await desk.send(sleep(summary("01 23:04", "02 06:41", 7)))).toBe("processed: 1 received, 1 updated");
  expect(await desk.send(sleep(summary("02 01:00", "02 06:41", 5.5)))).toBe("processed: 1 received, 1 unchanged");
  expect(await desk.ask("sleep")).toMatchObject([{ start: "2026-03-01T22:04:00.000Z", total_min: 420 }]);
});

test("the source of a night grows when another device syncs, and it is still one night", async () => {
  const desk = await openDesk();
  await desk.send(sleep(summary("01 23:00", "02 06:30", 7)), daily);
  await desk.send(sleep(summary("01 23:00", "02 06:30", 7, { source: "Watch|iPhone" })), daily);

  expect(await desk.ask("sleep")).toMatchObject([{ total_min: 420, source: "Watch|iPhone" }]);
  expect(await desk.days()).toEqual({ "2026-03-02": { sleep_analysis: { total: 420, unit: "min", series: "day" } } });
});

test("a night inside a longer one of the same source is a part of it", async () => {
  const desk = await openDesk();
  await desk.send(sleep(summary("02 02:00", "02 05:00", 3)), hourly);
  await desk.send(
    sleep(summary("01 23:00", "02 06:30", 7), summary("01 23:00", "02 00:00", 1), summary("02 00:00", "02 01:00", 1)),
    hourly,
  );

  expect(await desk.ask("sleep")).toMatchObject([{ start: "2026-03-01T22:00:00.000Z", total_min: 420 }]);
  expect(await desk.days()).toMatchObject({ "2026-03-02": { sleep_analysis: { total: 420 } } });
});

test("a night that came as a summary and as segments is one night", async () => {
  const desk = await openDesk();
  await desk.sendFixture("sleep-segments");
  await desk.sendFixture("sleep-current");

  expect(await desk.ask("sleep")).toMatchObject([{ start: "2026-03-01T22:04:30.000Z", total_min: 426 }]);
});

test("the end of the last segment grows while the person sleeps", async () => {
  const desk = await openDesk();
  const core = (end: string) => ({ start: "2026-03-02 05:00:00 +0100", end, value: "Core", source: "Watch" });
  await desk.send(sleep(core("2026-03-02 05:30:00 +0100")));

  expect(await desk.send(sleep(core("2026-03-02 06:05:00 +0100")))).toBe("processed: 1 received, 1 updated");
  expect(await desk.ask("sleepStages")).toMatchObject([{ end: "2026-03-02T05:05:00.000Z" }]);
  expect(await desk.ask("sleep")).toMatchObject([{ total_min: 65 }]);
});

test.each([
  ["the total where there is one", { totalSleep: 7, core: 4, deep: 1, rem: 1, asleep: 0 }, 420],
  ["the stages where the total is 0", { totalSleep: 0, core: 4, deep: 1, rem: 1.5, asleep: 0 }, 390],
  ["stages and sleep of unknown stage together", { totalSleep: undefined, core: 4, deep: 1, rem: 1, asleep: 0.5 }, 390],
  ["never time awake or in bed", { totalSleep: undefined, core: 0, deep: 0, rem: 0, awake: 1, inBed: 8 }, 0],
])("a night comes to %s", async (_, parts, totalMin) => {
  const desk = await openDesk();

  expect(await desk.send(sleep(summary("01 23:00", "02 06:30", 0, parts)))).toBe("processed: 1 received, 1 inserted");
  expect(await desk.ask("sleep")).toMatchObject([{ total_min: totalMin }]);
});

test("the night belongs to the day of its end, whatever its date says", async () => {
  const desk = await openDesk();
  for (const date of ["2026-03-02", "2026-03-03 00:00:00 +0100", "1999-01-01 12:00:00 +0100", null, undefined]) {
    await desk.send(sleep(summary("01 23:00", "02 06:30", 7, { date })), daily);
  }

  expect(await desk.ask("sleep")).toMatchObject([{ date: "2026-03-02", total_min: 420 }]);
});

test("a missing or unreadable begin of the time in bed, or an absurd length of it, costs nothing else", async () => {
  const desk = await openDesk();
  const inBedEnd = "2026-03-02 06:45:00 +0100";

  expect(await desk.send(sleep(summary("01 23:00", "02 06:30", 7, { inBedEnd })))).toBe(
    "processed: 1 received, 1 inserted",
  );
  expect(await desk.send(sleep(summary("02 23:00", "03 06:30", 7, { inBedStart: "--", inBed: 808.5 })))).toBe(
    "processed: 1 received, 1 inserted; warning suspicious_value; warning suspicious_value",
  );
  expect(await desk.ask("sleep")).toMatchObject([
    { date: "2026-03-02", in_bed_start: null, in_bed_end: "2026-03-02T05:45:00.000Z", total_min: 420 },
    { date: "2026-03-03", in_bed_start: null, in_bed_end: null, total_min: 420, in_bed_min: 48_510 },
  ]);
});

test("minutes are minutes where the metric says so", async () => {
  const desk = await openDesk();
  await desk.send(metric("sleep_analysis", "min", summary("01 23:00", "02 06:30", 420)));

  expect(await desk.ask("sleep")).toMatchObject([{ total_min: 420, core_min: 420 }]);
});

test("what is neither a night nor a stage is refused by position", async () => {
  const desk = await openDesk();
  const items = [
    { date: "2026-03-02 00:00:00 +0100", source: "Watch" },
    { start: "2026-03-02 01:00:00 +0100", value: "Core" },
    { start: "2026-03-02 02:00:00 +0100", end: "2026-03-02 01:00:00 +0100", value: "Core" },
    summary("01 23:00", "02 06:30", -1),
    null,
  ];

  expect(await desk.send(sleep(...items))).toBe(
    [
      "rejected: 5 received, 5 rejected",
      ...["sleep_analysis[0] unsupported_shape", "sleep_analysis[1] missing_field end"],
      ...["sleep_analysis[2] invalid_date end", "sleep_analysis[3] out_of_range totalSleep"],
      "sleep_analysis[4] unsupported_shape",
    ].join("; "),
  );
});
