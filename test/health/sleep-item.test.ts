/** How one element of sleep_analysis becomes a night or a stage (spec section 4.3). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Result } from "../../src/health/item.js";
import { normaliseSleepItem, type SleepItem } from "../../src/health/sleep-item.js";

const context = { zone: "Europe/Berlin" };
const at = (text: string) => Date.parse(text);

const current = {
  date: "2026-03-02 00:00:00 +0100",
  sleepStart: "2026-03-01 23:04:30 +0100",
  sleepEnd: "2026-03-02 06:41:00 +0100",
  inBedStart: "2026-03-01 23:04:30 +0100",
  inBedEnd: "2026-03-02 06:41:00 +0100",
  totalSleep: 7.1,
  asleep: 0,
  core: 4.4,
  deep: 1.0,
  rem: 1.7,
  awake: 0.5,
  inBed: 0,
  source: "Watch",
};
const currentNight = {
  sleepStartMs: at("2026-03-01T22:04:30Z"),
  sleepEndMs: at("2026-03-02T05:41:00Z"),
  inBedStartMs: at("2026-03-01T22:04:30Z"),
  inBedEndMs: at("2026-03-02T05:41:00Z"),
  offsetMin: 60,
  totalMin: 426,
  coreMin: 264,
  deepMin: 60,
  remMin: 102,
  asleepMin: 0,
  awakeMin: 30,
  inBedMin: 0,
  sourceKey: "Watch",
  source: "Watch",
};

function nightOf(result: Result<SleepItem>) {
  if (!result.ok || result.value.kind !== "summary") throw new Error("no night");
  return result.value.night;
}

describe("nights", () => {
  test("the current generation gives its parts in minutes", () => {
    expect(normaliseSleepItem(current, context)).toEqual({
      ok: true,
      value: { kind: "summary", night: currentNight },
      warnings: [],
    });
  });

  test("a date without a time and numbers as texts change nothing", () => {
    const raw = { ...current, date: "2026-03-02", totalSleep: "7.1", core: "4,4" };
    expect(nightOf(normaliseSleepItem(raw, context))).toEqual(currentNight);
  });

  test("the middle generation has no total: its stages add up", () => {
    const { totalSleep: _, inBedStart: __, inBedEnd: ___, ...middle } = current;
    const raw = { ...middle, date: "2026-03-02 06:32:00 +0100", asleep: 0.5 };
    expect(nightOf(normaliseSleepItem(raw, context))).toEqual({
      ...currentNight,
      inBedStartMs: null,
      inBedEndMs: null,
      totalMin: 456,
      asleepMin: 30,
    });
  });

  test("the old generation counts all sleep as asleep and names its sources apart", () => {
    const raw = {
      date: "2022-05-04 06:30:00 +0200",
      asleep: 6.9,
      sleepStart: "2022-05-03 23:20:00 +0200",
      sleepEnd: "2022-05-04 06:30:00 +0200",
      sleepSource: "Watch",
      inBed: 7.5,
      inBedStart: "2022-05-03 23:00:00 +0200",
      inBedEnd: "2022-05-04 06:35:00 +0200",
      inBedSource: "iPhone",
    };
    expect(nightOf(normaliseSleepItem(raw, context))).toEqual({
      sleepStartMs: at("2022-05-03T21:20:00Z"),
      sleepEndMs: at("2022-05-04T04:30:00Z"),
      inBedStartMs: at("2022-05-03T21:00:00Z"),
      inBedEndMs: at("2022-05-04T04:35:00Z"),
      offsetMin: 120,
      totalMin: 414,
      coreMin: null,
      deepMin: null,
      remMin: null,
      asleepMin: 414,
      awakeMin: null,
      inBedMin: 450,
      sourceKey: "Watch",
      source: "Watch",
    });
  });

  test("a night without its own ends lasts as long as the time in bed", () => {
    const { sleepStart: _, sleepEnd: __, ...raw } = current;
    expect(nightOf(normaliseSleepItem(raw, context))).toEqual(currentNight);
  });

  test("a night with a date alone ends then, if the date has a time", () => {
    const raw = { date: "2022-05-04 06:30:00 +0200", asleep: 6.5 };
    expect(nightOf(normaliseSleepItem(raw, context))).toMatchObject({
      sleepStartMs: at("2022-05-03T22:00:00Z"),
      sleepEndMs: at("2022-05-04T04:30:00Z"),
      offsetMin: 120,
    });
  });

  test.each(["2026-03-02", "2026-03-02 00:00:00 +0100", null])("the date %s alone is no end", (date) => {
    expect(normaliseSleepItem({ date, asleep: 6.5 }, context)).toMatchObject({
      ok: false,
      error: { error: "missing_field", field: "sleepEnd" },
    });
  });

  test("a night in which nobody slept is kept with a total of 0", () => {
    const raw = { ...current, totalSleep: null, core: 0, deep: 0, rem: 0, inBed: 7.5 };
    expect(nightOf(normaliseSleepItem(raw, context))).toMatchObject({ totalMin: 0, inBedMin: 450 });
  });

  test.each([
    ["hr", 426],
    ["min", 7.1],
    ["s", 7.1 / 60],
    [undefined, 426],
  ])("a total of 7.1 in %s is %s minutes", (units, totalMin) => {
    expect(nightOf(normaliseSleepItem(current, context, units)).totalMin).toBeCloseTo(totalMin, 6);
  });

  test("in a night of the clock change the offset is that of waking", () => {
    const raw = { sleepStart: "2026-03-28 23:00:00 +0100", sleepEnd: "2026-03-29 07:00:00 +0200", asleep: 7 };
    expect(nightOf(normaliseSleepItem(raw, context)).offsetMin).toBe(120);
  });

  test("an unreadable or reversed time in bed costs only itself", () => {
    const warnings = [
      {
        warning: "suspicious_value",
        message: "The fields inBedStart and inBedEnd are no span of time and were left out.",
      },
    ];
    const unreadable = normaliseSleepItem({ ...current, inBedStart: "early" }, context);
    expect(unreadable).toEqual({
      ok: true,
      value: { kind: "summary", night: { ...currentNight, inBedStartMs: null } },
      warnings,
    });
    const reversed = normaliseSleepItem({ ...current, inBedEnd: "2026-03-01 20:00:00 +0100" }, context);
    expect(reversed).toEqual({
      ok: true,
      value: { kind: "summary", night: { ...currentNight, inBedStartMs: null, inBedEndMs: null } },
      warnings,
    });
  });

  test("the implausible is kept with a warning", () => {
    expect(normaliseSleepItem({ ...current, inBed: 24.5, totalSleep: 21 }, context)).toMatchObject({
      ok: true,
      warnings: [
        { warning: "suspicious_value", message: "The field inBed is longer than a day.", value: 1470 },
        { warning: "suspicious_value", message: "The night holds more than 20 hours of sleep.", value: 1260 },
      ],
    });
  });

  test.each([
    [{ ...current, deep: -0.1 }, undefined, "out_of_range", "deep"],
    [{ ...current, deep: "much" }, undefined, "invalid_value", "deep"],
    [{ ...current, sleepStart: "late" }, undefined, "invalid_date", "sleepStart"],
    [{ ...current, sleepEnd: "2026-02-30 06:41:00 +0100" }, undefined, "invalid_date", "sleepEnd"],
    [{ ...current, sleepEnd: "2026-03-01 23:04:29 +0100" }, undefined, "invalid_date", "sleepEnd"],
    [{ sleepEnd: current.sleepEnd, inBed: 8 }, undefined, "missing_field", "sleepStart"],
    [current, "kg", "unknown_unit", "units"],
  ])("an unusable night is refused by field (%#)", (raw, units, error, field) => {
    expect(normaliseSleepItem(raw, context, units)).toMatchObject({ ok: false, error: { error, field } });
  });
});

describe("segments", () => {
  const segment = { qty: 0.4417, value: "Core", source: "Watch" };
  const span = { start: "2026-03-01 23:04:30 +0100", end: "2026-03-01 23:31:00 +0100" };
  const expected = {
    ok: true,
    value: {
      kind: "segment",
      segment: {
        startMs: at("2026-03-01T22:04:30Z"),
        endMs: at("2026-03-01T22:31:00Z"),
        offsetMin: 60,
        stage: "core",
        sourceKey: "Watch",
        source: "Watch",
      },
    },
    warnings: [],
  };

  test.each([
    { ...segment, startDate: span.start, endDate: span.end },
    { ...segment, ...span },
    { ...segment, ...span, date: null },
    { ...segment, ...span, date: span.start },
    { ...segment, ...span, totalSleep: 0 },
  ])("a stage with a start and an end is a segment, whatever its date (%#)", (raw) => {
    expect(normaliseSleepItem(raw, context)).toEqual(expected);
  });

  test("over the clock change the offset is that of the end", () => {
    const raw = { ...segment, start: "2026-03-29 01:30:00 +0100", end: "2026-03-29 03:30:00 +0200" };
    expect(normaliseSleepItem(raw, context)).toMatchObject({ value: { segment: { offsetMin: 120 } } });
  });

  test("a stage that lasts longer than a day is kept with a warning", () => {
    const result = normaliseSleepItem({ ...segment, ...span, end: "2026-03-03 23:04:30 +0100" }, context);
    expect(result).toMatchObject({ ok: true, warnings: [{ warning: "suspicious_value", value: 2880 }] });
  });

  test.each([
    [{ ...segment, end: span.end }, "missing_field", "start"],
    [{ ...segment, start: span.start }, "missing_field", "end"],
    [{ ...segment, start: span.end, end: span.start }, "invalid_date", "end"],
    [{ ...segment, ...span, start: "?" }, "invalid_date", "start"],
  ])("an unusable segment is refused by field (%#)", (raw, error, field) => {
    expect(normaliseSleepItem(raw, context)).toMatchObject({ ok: false, error: { error, field } });
  });

  test.each([{}, [], null, { date: current.date, qty: 7 }])("%j is neither night nor stage", (raw) => {
    expect(normaliseSleepItem(raw, context)).toMatchObject({ ok: false, error: { error: "unsupported_shape" } });
  });
});

test("any JSON is accepted or refused, never thrown at", () => {
  const anything = fc.jsonValue();
  const fields = [...Object.keys(current), "value", "start", "end"];
  const item = fc.dictionary(fc.constantFrom(...fields), fc.oneof(fc.constant(current.sleepEnd), anything));
  fc.assert(
    fc.property(fc.oneof(anything, item), anything, (raw, units) => {
      const result = normaliseSleepItem(raw, context, units);
      if (result.ok && result.value.kind === "summary") {
        expect(result.value.night.sleepEndMs).toBeGreaterThanOrEqual(result.value.night.sleepStartMs);
      }
    }),
  );
});
