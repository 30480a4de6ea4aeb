/** Local time and calendar dates, across clock changes. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import {
  addMonths,
  daysFromMs,
  formatDate,
  hostTimeZone,
  instantOfLocal,
  isTimeZone,
  localDayStart,
  monthStart,
  offsetAt,
  parseDate,
  weekStart,
} from "../../src/health/zone.js";

const utc = Date.UTC;
const hourMs = 3_600_000;
const days = (date: string) => parseDate(date)!;

test("names of zones are told from other text", () => {
  expect(["Europe/Berlin", "UTC", "Asia/Kolkata", "America/Argentina/Ushuaia"].map(isTimeZone)).toEqual(
    Array(4).fill(true),
  );
  expect(["", "Mars/Olympus", "+01:00", "-0500", "Europe/Berlin ", "../etc"].map(isTimeZone)).toEqual(
    Array(6).fill(false),
  );
  expect(isTimeZone(hostTimeZone())).toBe(true);
});

test("a name that is no zone throws rather than meaning UTC", () => {
  expect(() => offsetAt("Mars/Olympus", 0)).toThrow(RangeError);
});

test("offsets follow the clocks to the minute of the change", () => {
  expect(offsetAt("Europe/Berlin", utc(2026, 2, 29, 0, 59, 59))).toBe(60);
  expect(offsetAt("Europe/Berlin", utc(2026, 2, 29, 1))).toBe(120);
  expect(offsetAt("America/New_York", utc(2026, 10, 1, 5, 59))).toBe(-240);
  expect(offsetAt("America/New_York", utc(2026, 10, 1, 6))).toBe(-300);
  expect(offsetAt("Australia/Lord_Howe", utc(2026, 3, 4, 14, 59))).toBe(660);
  expect(offsetAt("Australia/Lord_Howe", utc(2026, 3, 4, 15))).toBe(630);
  // At one minute past midnight, so no whole hour parts the two.
  expect(offsetAt("America/St_Johns", utc(2010, 2, 14, 3, 30, 59))).toBe(-210);
  expect(offsetAt("America/St_Johns", utc(2010, 2, 14, 3, 31))).toBe(-150);
});

test("odd and historic offsets are whole minutes", () => {
  expect(offsetAt("Asia/Kathmandu", utc(2026, 0, 1))).toBe(345);
  expect(offsetAt("Pacific/Chatham", utc(2026, 0, 1))).toBe(825);
  expect(offsetAt("UTC", -1)).toBe(0);
  // 25:21 behind and 1:34:52 ahead.
  expect(offsetAt("Europe/Dublin", utc(1910, 0, 1))).toBe(-25);
  expect(offsetAt("Europe/Athens", utc(1910, 0, 1))).toBe(95);
});

test("Intl is asked for a day as a whole, and some ten times more when clocks change", () => {
  const zone = "America/Argentina/San_Luis";
  const asked = vi.spyOn(Intl.DateTimeFormat.prototype as { readonly format: unknown }, "format", "get");
  try {
    for (let minute = 0; minute < 1440; minute++) offsetAt(zone, utc(2026, 5, 1) + minute * 60_000);
    expect(asked).toHaveBeenCalledTimes(2);
    for (let minute = 0; minute < 1440; minute++) offsetAt(zone, utc(2008, 0, 21) + minute * 60_000);
    expect(asked).toHaveBeenCalledTimes(2 + 2 + 11);
  } finally {
    asked.mockRestore();
  }
});

test("of a repeated hour the earlier one is meant", () => {
  expect(instantOfLocal("Europe/Berlin", utc(2026, 9, 25, 2, 30))).toEqual({
    epochMs: utc(2026, 9, 25, 0, 30),
    offsetMin: 120,
  });
  expect(instantOfLocal("Europe/Berlin", utc(2026, 9, 25, 3))).toEqual({
    epochMs: utc(2026, 9, 25, 2),
    offsetMin: 60,
  });
});

test("a skipped time moves forward by the gap", () => {
  expect(instantOfLocal("Europe/Berlin", utc(2026, 2, 29, 2, 30))).toEqual({
    epochMs: utc(2026, 2, 29, 1, 30),
    offsetMin: 120,
  });
  expect(instantOfLocal("Australia/Lord_Howe", utc(2026, 9, 4, 2, 10))).toEqual({
    epochMs: utc(2026, 9, 3, 15, 40),
    offsetMin: 660,
  });
  // Samoa left out a whole day when it crossed the date line.
  expect(instantOfLocal("Pacific/Apia", utc(2011, 11, 30, 12))).toEqual({
    epochMs: utc(2011, 11, 30, 22),
    offsetMin: 840,
  });
});

test("a day begins at its local midnight, or where clocks skip it", () => {
  expect(localDayStart("Europe/Berlin", days("2026-03-29"))).toBe(utc(2026, 2, 28, 23));
  expect(localDayStart("Europe/Berlin", days("2026-03-30"))).toBe(utc(2026, 2, 29, 22));
  // Brazil went from midnight to 01:00.
  expect(localDayStart("America/Sao_Paulo", days("2018-11-04"))).toBe(utc(2018, 10, 4, 3));
  // Cuba repeats the hour that begins the day.
  expect(localDayStart("America/Havana", days("2026-11-01"))).toBe(utc(2026, 10, 1, 4));
});

test("days of clock changes have 23, 23.5, 24.5 and 25 hours", () => {
  const hours = (zone: string, date: string) =>
    (localDayStart(zone, days(date) + 1) - localDayStart(zone, days(date))) / hourMs;

  expect([hours("Europe/Berlin", "2026-03-29"), hours("Europe/Berlin", "2026-10-25")]).toEqual([23, 25]);
  expect([hours("Australia/Lord_Howe", "2026-10-04"), hours("Australia/Lord_Howe", "2026-04-05")]).toEqual([
    23.5, 24.5,
  ]);
});

test("an instant's wall clock leads back to it, or to the earlier of two", () => {
  const changes: [string, number][] = [
    ["Europe/Berlin", utc(2026, 9, 25, 1)],
    ["America/St_Johns", utc(2010, 10, 7, 2, 31)],
    ["America/Havana", utc(2026, 10, 1, 5)],
    ["Australia/Lord_Howe", utc(2026, 3, 4, 15)],
    ["Pacific/Apia", utc(2011, 11, 30, 10)],
    ["Africa/Casablanca", utc(2026, 1, 15, 2)],
  ];
  const nearChange = fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -30 * 60, max: 30 * 60 }))
    .map(([[name, changeMs], minutes]): [string, number] => [name, changeMs + minutes * 60_000]);
  const anywhere = fc.tuple(
    fc.constantFrom("Asia/Kolkata", "America/New_York", "America/Sao_Paulo", "UTC"),
    fc.integer({ min: utc(1950, 0, 1), max: utc(2100, 0, 1) }),
  );
  fc.assert(
    fc.property(fc.oneof(nearChange, anywhere), ([name, epochMs]) => {
      const localMs = epochMs + offsetAt(name, epochMs) * 60_000;
      const found = instantOfLocal(name, localMs);
      expect(found).toEqual({ epochMs: localMs - found.offsetMin * 60_000, offsetMin: offsetAt(name, found.epochMs) });
      expect(found.epochMs).toBeLessThanOrEqual(epochMs);
    }),
    { numRuns: 500 },
  );
});

test("dates are days since 1970, before it too", () => {
  expect([parseDate("1970-01-01"), parseDate("1969-12-31"), parseDate("2026-03-02")]).toEqual([0, -1, 20_514]);
  expect([daysFromMs(-1), daysFromMs(0), daysFromMs(86_399_999)]).toEqual([-1, 0, 0]);
  expect([formatDate(-1), formatDate(20_514)]).toEqual(["1969-12-31", "2026-03-02"]);
  expect(["2026-02-30", "2026-2-3", "2026-03-02 ", "1404-01-01", ""].map(parseDate)).toEqual(Array(5).fill(undefined));
});

test("weeks begin on Monday, months on the first", () => {
  expect(
    ["2026-03-01", "2026-03-02", "2026-03-08", "1969-12-31"].map((date) => formatDate(weekStart(days(date)))),
  ).toEqual(["2026-02-23", "2026-03-02", "2026-03-02", "1969-12-29"]);
  expect(["2026-03-01", "2026-03-31", "1969-12-31"].map((date) => formatDate(monthStart(days(date))))).toEqual([
    "2026-03-01",
    "2026-03-01",
    "1969-12-01",
  ]);
});

test("months are added by the calendar, and end at its shorter months", () => {
  const add = (date: string, count: number) => formatDate(addMonths(days(date), count));

  expect([add("2026-01-31", 1), add("2024-01-31", 1), add("2026-03-15", -3), add("2026-11-01", 2)]).toEqual([
    "2026-02-28",
    "2024-02-29",
    "2025-12-15",
    "2027-01-01",
  ]);
});

test("every date survives being written", () => {
  fc.assert(
    fc.property(fc.integer({ min: days("1900-01-01"), max: days("2199-12-31") }), (day) => {
      expect(parseDate(formatDate(day))).toBe(day);
      expect(new Date(weekStart(day) * 86_400_000).getUTCDay()).toBe(1);
      expect(day - weekStart(day)).toBeLessThan(7);
    }),
  );
});
