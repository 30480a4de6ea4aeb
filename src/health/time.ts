/**
 * Reads the time stamps that phones send (spec section 5.1), whatever the region and clock of the phone.
 *
 * Callers may rely on two things: a stamp that does not exist (30 February, 24:00:00, second 60) or lies outside the
 * years 1900 to 2199 is refused, never bent; a year of another calendar (2569, 1404, 8) is thereby refused too. What a
 * stamp without offset means is left to the caller, who knows the user's zone (`instantOfLocal` in `zone.ts`).
 */
import { foldDigits } from "./text.js";

export const msPerDay = 86_400_000;
const msPerMinute = 60_000;
const minYear = 1900;
const maxYear = 2199;
/** No zone has ever been further from UTC than 15:14; more is a broken sender. */
const maxOffsetHours = 15;
/** Seconds from 1970 to 2001, where Apple's own reference date lies. */
const appleEpochSeconds = 978_307_200;

export interface Stamp {
  /** The instant; equal to `localMs` while `offsetMin` is null. */
  epochMs: number;
  /** Minutes east of UTC; null when the text names no offset, and the caller applies a zone. */
  offsetMin: number | null;
  /** The wall clock, read as if it were UTC: its date is the payload's own local date. */
  localMs: number;
  isDateOnly: boolean;
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days since 1970-01-01 of a calendar date; undefined for a date that does not exist or is not plausible. */
export function daysOfDate(year: number, month: number, day: number): number | undefined {
  if (year < minYear || year > maxYear || month < 1 || month > 12 || day < 1) return undefined;
  const isLeapDay = month === 2 && day === 29 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > monthLengths[month - 1]! && !isLeapDay) return undefined;
  return Date.UTC(year, month - 1, day) / msPerDay;
}

/** Date of the last stamp as yyyymmdd, and its days: neighbouring points share a day (measured: saves a third). */
let cachedDate = 0;
let cachedDays = 0;

/** Stamp of one text in any form of spec section 5.1; undefined when it cannot be one. */
export function parseStamp(text: string): Stamp | undefined {
  return readDefaultForm(text) ?? readAnyForm(text);
}

/** Two ASCII digits at a position as a number; -1 when they are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/**
 * `2026-03-02 09:00:00 +0100`: nearly all stamps of a phone, so it is read on character codes alone. All of it stays in
 * small integers until the end, which is what makes it fast.
 */
function readDefaultForm(text: string): Stamp | undefined {
  if (
    text.length !== 25 ||
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    text.charCodeAt(10) !== 32 ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58 ||
    text.charCodeAt(19) !== 32
  ) {
    return undefined;
  }
  const sign = text.charCodeAt(20);
  if (sign !== 43 && sign !== 45) return undefined;
  const century = twoDigits(text, 0);
  const year = twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const offsetHour = twoDigits(text, 21);
  const offsetMinute = twoDigits(text, 23);
  // Negative if any one of them is.
  if ((century | year | month | day | hour | minute | second | offsetHour | offsetMinute) < 0) return undefined;
  const date = century * 1_000_000 + year * 10_000 + month * 100 + day;
  if (date !== cachedDate) {
    const days = daysOfDate(century * 100 + year, month, day);
    if (days === undefined) return undefined;
    cachedDate = date;
    cachedDays = days;
  }
  if (!isClock(hour, minute, second, offsetHour, offsetMinute)) return undefined;
  const offsetMin = offsetHour * 60 + offsetMinute;
  return makeStamp(cachedDays, hour * 60 + minute, second * 1000, sign === 45 ? 0 - offsetMin : offsetMin);
}

function makeStamp(days: number, minuteOfDay: number, ms: number, offsetMin: number | null): Stamp {
  const localMs = days * msPerDay + minuteOfDay * msPerMinute + ms;
  return { epochMs: localMs - (offsetMin ?? 0) * msPerMinute, offsetMin, localMs, isDateOnly: false };
}

/** Does a clock show this, and does a zone have this offset? */
function isClock(hour: number, minute: number, second: number, offsetHour: number, offsetMinute: number): boolean {
  return hour <= 23 && minute <= 59 && second <= 59 && offsetHour <= maxOffsetHours && offsetMinute <= 59;
}

/** Words for the halves of the day, without spaces and dots, as iOS writes them in common languages. */
const forenoonWords = "am 上午 午前 오전 ص قظ πμ öö fm ap de dop sa vorm पूर्वाह्न ก่อนเที่ยง לפנהצ";
const afternoonWords = "pm 下午 午後 오후 م بظ μμ ös em ip du odp ch nachm अपराह्न หลังเที่ยง אחהצ";
const isAfternoon = new Map<string, boolean>([
  ...forenoonWords.split(" ").map((word) => [foldWord(word), false] as const),
  ...afternoonWords.split(" ").map((word) => [foldWord(word), true] as const),
]);

function foldWord(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s.'"\u05f3\u05f4]/g, "");
}

/** Date, then optionally: word, hour:minute, second and fraction, and a tail of word and offset. */
const generalForm =
  /^(\d{4})-(\d\d)-(\d\d)(?:(?:t|\s+|(?=\D))([^\d:+-]*)(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?([^\d:+-]*)([+-]\d\d(?::?\d\d)?)?)?$/;
/** `20150616071820-0700`: exports of 2015 (spec section 9.1). */
const compactForm = /^(\d{4})(\d\d)(\d\d)()(\d\d)(\d\d)(\d\d)()(\s?)([+-]\d{4})$/;

function readAnyForm(text: string): Stamp | undefined {
  if (text.length > 80) return undefined;
  // Marks of writing direction are invisible in Arabic and Hebrew regions, but part of the text.
  const plain = foldDigits(text)
    .replace(/[\u200e\u200f\u061c]/g, "")
    .trim()
    .toLowerCase();
  const match = generalForm.exec(plain) ?? compactForm.exec(plain);
  if (!match) return undefined;
  const days = daysOfDate(Number(match[1]), Number(match[2]), Number(match[3]));
  if (days === undefined) return undefined;
  if (match[5] === undefined) {
    return { epochMs: days * msPerDay, offsetMin: null, localMs: days * msPerDay, isDateOnly: true };
  }

  let tail = foldWord(match[9]!);
  let offsetMin: number | null = null;
  const utc = /(?:z|utc|gmt)$/.exec(tail);
  if (utc) {
    tail = tail.slice(0, utc.index);
    offsetMin = 0;
  }
  const sent = match[10]?.replace(":", "") ?? "";
  const offsetHour = Number(sent.slice(1, 3));
  const offsetMinute = Number(sent.slice(3));
  if (sent !== "") offsetMin = (sent.startsWith("-") ? -1 : 1) * (offsetHour * 60 + offsetMinute) + 0;

  const hour = readHour(match[5], foldWord(match[4]!) + tail);
  const minute = Number(match[6]);
  const second = Number(match[7] ?? 0);
  if (hour === undefined || !isClock(hour, minute, second, offsetHour, offsetMinute)) return undefined;
  const fractionMs = Number((match[8] ?? "").slice(0, 3).padEnd(3, "0"));
  return makeStamp(days, hour * 60 + minute, second * 1000 + fractionMs, offsetMin);
}

/** Hour of the day from its digits and the word before or after the time; undefined when they do not fit. */
function readHour(digits: string, word: string): number | undefined {
  const hour = Number(digits);
  if (word === "") return hour;
  const afternoon = isAfternoon.get(word);
  // 0 instead of 12 is how Japanese regions count: 午後0:30.
  if (afternoon === undefined || hour > 12) return undefined;
  return (hour % 12) + (afternoon ? 12 : 0);
}

/**
 * Instant in milliseconds of a bare number, which other senders give as epoch seconds or epoch milliseconds: a number
 * that would be a plausible year in seconds is seconds. Undefined where neither gives one.
 */
export function parseEpoch(value: number): number | undefined {
  const asSeconds = Math.round(value * 1000) + 0;
  if (isPlausible(asSeconds)) return asSeconds;
  const asMs = Math.round(value) + 0;
  return isPlausible(asMs) ? asMs : undefined;
}

function isPlausible(epochMs: number): boolean {
  return epochMs >= Date.UTC(minYear, 0, 1) && epochMs < Date.UTC(maxYear + 1, 0, 1);
}

/**
 * Instant of inner dates whose base is unsettled (electrocardiograms, heart-rate notifications): seconds since 1970 or
 * since 2001, whichever falls nearer to the time of the record around it (spec section 5.1).
 */
export function nearestEpochBase(seconds: number, nearMs: number): number {
  const since1970Ms = Math.round(seconds * 1000);
  const since2001Ms = Math.round((seconds + appleEpochSeconds) * 1000);
  return Math.abs(since1970Ms - nearMs) <= Math.abs(since2001Ms - nearMs) ? since1970Ms : since2001Ms;
}
