/** Every text form of a time stamp that a phone or another sender has been seen to send, and some that it may. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { nearestEpochBase, parseEpoch, parseStamp } from "../../src/health/time.js";

const utc = Date.UTC;
/** The instant and the local clock that a text stands for. */
const reads = (text: string, epochMs: number, offsetMin: number | null) =>
  expect([text, parseStamp(text)]).toEqual([
    text,
    { epochMs, offsetMin, localMs: epochMs + (offsetMin ?? 0) * 60_000, isDateOnly: false },
  ]);
const refuses = (...texts: string[]) =>
  expect(texts.map((text) => [text, parseStamp(text)])).toEqual(texts.map((text) => [text, undefined]));

const nineInBerlin = utc(2026, 2, 2, 8);

test("the default form keeps instant, offset and local clock", () => {
  expect(parseStamp("2026-03-02 09:00:00 +0100")).toEqual({
    epochMs: utc(2026, 2, 2, 8),
    offsetMin: 60,
    localMs: utc(2026, 2, 2, 9),
    isDateOnly: false,
  });
  reads("2026-03-02 00:30:00 -0930", utc(2026, 2, 2, 10), -570);
  reads("2026-03-02 00:00:00 +0545", utc(2026, 2, 1, 18, 15), 345);
  reads("1999-12-31 23:59:59 -0000", utc(1999, 11, 31, 23, 59, 59), 0);
});

test("the same day asked again, and another one, are both right", () => {
  reads("2026-03-02 09:00:00 +0100", nineInBerlin, 60);
  reads("2026-03-02 09:00:01 +0100", nineInBerlin + 1000, 60);
  refuses("2026-02-30 09:00:00 +0100");
  reads("2026-03-03 09:00:00 +0100", nineInBerlin + 86_400_000, 60);
  reads("2026-03-02 09:00:00 +0100", nineInBerlin, 60);
});

test("a 12-hour clock is read with any space and any spelling of the half", () => {
  const sevenInSydney = utc(2024, 8, 20, 21, 57);
  for (const space of [" ", "\u202f", "\u00a0", "\u2009", ""]) {
    for (const half of ["am", "AM", "a.m.", "a. m.", "a.\u00a0m."]) {
      reads(`2024-09-21 7:57:00${space}${half} +1000`, sevenInSydney, 600);
    }
  }
  reads("2024-09-21 07:57:00 PM +1000", sevenInSydney + 43_200_000, 600);
  reads("2024-09-21 11:59:59 pm +1000", utc(2024, 8, 21, 13, 59, 59), 600);
});

test("12 am is midnight, 12 pm is noon", () => {
  reads("2024-09-21 12:00:00 am +0000", utc(2024, 8, 21), 0);
  reads("2024-09-21 12:30:00 pm +0000", utc(2024, 8, 21, 12, 30), 0);
  reads("2024-09-21 0:30:00 午後 +0000", utc(2024, 8, 21, 12, 30), 0);
});

test("localised words for the halves of the day are known, before or after the time", () => {
  const morning = utc(2026, 2, 2, 8);
  const evening = utc(2026, 2, 2, 20);
  for (const half of ["上午", "午前", "오전", "ص", "ق.ظ.", "π.μ.", "ÖÖ", "fm", "ap.", "de.", "dop.", "ก่อนเที่ยง"]) {
    reads(`2026-03-02 9:00:00 ${half} +0100`, morning, 60);
  }
  for (const half of ["下午", "午後", "오후", "م", "ب.ظ.", "μ.μ.", "ÖS", "em", "ip.", "du.", "odp.", "หลังเที่ยง"]) {
    reads(`2026-03-02 9:00:00 ${half} +0100`, evening, 60);
  }
  reads("2026-03-02 下午9:00:00 +0100", evening, 60);
  reads("2026-03-02 오전 9:00:00 +0100", morning, 60);
  refuses("2026-03-02 9:00:00 xm +0100", "2026-03-02 13:00:00 pm +0100", "2026-03-02 am 9:00:00 pm +0100");
});

test("a date alone is its local midnight without an offset", () => {
  expect(parseStamp("2026-03-02")).toEqual({
    epochMs: utc(2026, 2, 2),
    offsetMin: null,
    localMs: utc(2026, 2, 2),
    isDateOnly: true,
  });
});

test("seconds and offset may be missing, fractions are cut to milliseconds", () => {
  reads("2026-03-02 09:00 +0100", nineInBerlin, 60);
  reads("2026-04-06 16:32", utc(2026, 3, 6, 16, 32), null);
  reads("2026-03-02 09:00:00", utc(2026, 2, 2, 9), null);
  reads("2026-03-02 9:05:00 PM", utc(2026, 2, 2, 21, 5), null);
  reads("2026-03-02 09:00:00.123 +0100", nineInBerlin + 123, 60);
  reads("2026-03-02 09:00:00.5 +0100", nineInBerlin + 500, 60);
  reads("2026-03-02 09:00:59,999999 +0100", nineInBerlin + 59_999, 60);
});

test("ISO 8601 and its relatives are read", () => {
  reads("2026-03-02T08:00:00Z", nineInBerlin, 0);
  reads("2026-03-02t08:00:00.250z", nineInBerlin + 250, 0);
  reads("2026-03-02T09:00:00+01:00", nineInBerlin, 60);
  reads("2026-03-02T09:00:00+0100", nineInBerlin, 60);
  reads("2026-03-02T09:00+01", nineInBerlin, 60);
  reads("2026-03-02 09:00:00 GMT+01:00", nineInBerlin, 60);
  reads("2026-03-02 08:00:00 UTC", nineInBerlin, 0);
  reads("2026-03-02 02:30:00 \u22120530", nineInBerlin, -330);
  reads("20260302090000+0100", nineInBerlin, 60);
});

test("digits of other scripts and marks of direction do not matter", () => {
  reads("٢٠٢٦-٠٣-٠٢ ٠٩:٠٠:٠٠ +٠١٠٠", nineInBerlin, 60);
  reads("۲۰۲۶-۰۳-۰۲ ۰۹:۰۰:۰۰ +۰۱۰۰", nineInBerlin, 60);
  reads("२०२६-०३-०२ ०९:००:०० +०१००", nineInBerlin, 60);
  reads("２０２６-０３-０２ ０９:００:００ +０１００", nineInBerlin, 60);
  reads("\u200f2026-03-02 09:00:00 \u200e+0100 ", nineInBerlin, 60);
});

test("dates and times that do not exist are refused in every form", () => {
  for (const tail of ["", " +0100", ".000 +0100"]) {
    refuses(`2026-02-29 09:00:00${tail}`, `2026-02-30 09:00:00${tail}`, `2026-13-01 09:00:00${tail}`);
    refuses(`2026-00-10 09:00:00${tail}`, `2026-04-31 09:00:00${tail}`, `2026-03-00 09:00:00${tail}`);
    refuses(`2026-03-02 24:00:00${tail}`, `2026-03-02 23:60:00${tail}`, `2026-03-02 23:59:60${tail}`);
    refuses(`1900-02-29 09:00:00${tail}`);
  }
  reads("2000-02-29 09:00:00 +0000", utc(2000, 1, 29, 9), 0);
  refuses("2026-03-02 09:00:00 +0160", "2026-03-02 09:00:00 +9900", "2026-02-29");
});

test("years outside 1900 to 2199 and other calendars are refused", () => {
  refuses("2569-03-02 09:00:00 +0700", "1404-12-11 09:00:00 +0330", "0008-03-02 09:00:00 +0900", "8-03-02 09:00:00");
  refuses("0001-01-01 00:00:00 +0000", "9999-12-31 23:59:59 +0000", "1899-12-31 23:59:59 +0000", "2200-01-01");
  reads("1900-01-01 00:00:00 +0000", utc(1900, 0, 1), 0);
  reads("2199-12-31 23:59:59 +0000", utc(2199, 11, 31, 23, 59, 59), 0);
});

test("what is no stamp is refused", () => {
  refuses("", " ", "today", "null", "2026", "2026-03", "2026-3-2 09:00:00 +0100", "02.03.2026 09:00", "1772435700");
  refuses("2026-03-02 09:00:00 +01000", "2026-03-02 09:00:00 +0100 x", "x2026-03-02 09:00:00 +0100");
  refuses(
    "2026-03-02 0a:00:00 +0100",
    "2026-03-02 09:00:00 *0100",
    "2026-03-02 09",
    `2026-03-02 ${" ".repeat(90)}09:00`,
  );
});

test("every instant and offset round-trips in every form", () => {
  const two = (value: number) => String(value).padStart(2, "0");
  fc.assert(
    fc.property(
      fc.integer({ min: utc(1900, 0, 2) / 1000, max: utc(2199, 11, 30) / 1000 }),
      fc.integer({ min: -12 * 60, max: 14 * 60 }),
      (seconds, offsetMin) => {
        const epochMs = seconds * 1000;
        const local = new Date(epochMs + offsetMin * 60_000);
        const iso = local.toISOString();
        const date = iso.slice(0, 10);
        const time = iso.slice(11, 19);
        const size = Math.abs(offsetMin);
        const sign = offsetMin < 0 ? "-" : "+";
        const offset = `${sign}${two(Math.floor(size / 60))}${two(size % 60)}`;
        const hour = local.getUTCHours();
        const clock12 = `${hour % 12 || 12}${time.slice(2)}\u202f${hour < 12 ? "am" : "pm"}`;

        reads(`${date} ${time} ${offset}`, epochMs, offsetMin);
        reads(`${date} ${time}.000 ${offset}`, epochMs, offsetMin);
        reads(`${date} ${clock12} ${offset}`, epochMs, offsetMin);
        reads(`${date}T${time}${offset.slice(0, 3)}:${offset.slice(3)}`, epochMs, offsetMin);
        reads(`${date} ${time}`, local.getTime(), null);
        reads(new Date(epochMs).toISOString(), epochMs, 0);
      },
    ),
  );
});

test("no text makes it throw", () => {
  const piece = fc.constantFrom("2026-03-02", " ", "09:00:00", "+0100", "am", "T", "Z", "٢", "\u202f", "-", "99", ".5");
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
      const stamp = parseStamp(pieces.join(""));
      if (stamp) expect(stamp.epochMs).toBe(stamp.localMs - (stamp.offsetMin ?? 0) * 60_000);
    }),
  );
});

test("a bare number is seconds where that gives a plausible year, else milliseconds", () => {
  const numbers = [1_772_435_700, 1_188_745_353.99, 1_772_435_700_123, 0, -1, 1e18, -1e18, Number.NaN, Infinity];

  expect(numbers.map(parseEpoch)).toEqual([
    1_772_435_700_000,
    1_188_745_353_990,
    1_772_435_700_123,
    0,
    -1000,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("an inner date takes the base that brings it near its record", () => {
  const near = utc(2026, 2, 2, 2, 10);

  expect(nearestEpochBase(near / 1000 + 30.5, near)).toBe(near + 30_500);
  expect(nearestEpochBase(794_110_200.5, near)).toBe(utc(2026, 2, 2, 2, 10, 0, 500));
});
