/**
 * Local time of IANA zones, and calendar dates as day numbers.
 *
 * Dates are whole days since 1970-01-01 (`days`), so that they compare and add as numbers. Callers may rely on `offsetAt`
 * and `instantOfLocal` being cheap enough for every point: `Intl` is asked about once per zone and day, and some ten times
 * more on a day when clocks change. Offsets are whole minutes; historic ones with seconds are rounded. A name that is no
 * zone throws a RangeError: check names with `isTimeZone` where they come in.
 */
import { daysOfDate, msPerDay } from "./time.js";

const msPerMinute = 60_000;
const minutesPerDay = 1440;
/** The bounds keep queries with endless zone spellings or dates from filling memory. */
const rememberedZones = 1000;
const rememberedDays = 200_000;

/** A UTC day's offsets. No zone has ever changed its clocks twice within a day. */
interface OffsetDay {
  before: number;
  after: number;
  /** Instant from which on `after` holds: the end of the day when clocks do not change. */
  changeMs: number;
}

interface Zone {
  format: Intl.DateTimeFormat;
  /** By UTC days since 1970. */
  days: Map<number, OffsetDay>;
}

const zones = new Map<string, Zone>();

/** Throws a RangeError for a name that is no zone. */
function openZone(name: string): Zone {
  const known = zones.get(name);
  if (known) return known;
  // `+01:00` is a zone to some engines and not to others; it has no clock changes, so it is never a person's zone.
  if (!/^[A-Za-z]/.test(name)) throw new RangeError("not the name of a time zone");
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  const zone: Zone = { format, days: new Map() };
  if (zones.size >= rememberedZones) zones.clear();
  zones.set(name, zone);
  return zone;
}

export function isTimeZone(name: string): boolean {
  try {
    openZone(name);
    return true;
  } catch {
    return false;
  }
}

/** The zone that this machine is set to; `UTC` where it has none. */
export function hostTimeZone(): string {
  const name = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return name !== undefined && isTimeZone(name) ? name : "UTC";
}

/** Minutes east of UTC in a zone at an instant. */
export function offsetAt(zone: string, epochMs: number): number {
  const opened = openZone(zone);
  const number = Math.floor(epochMs / msPerDay);
  const day = opened.days.get(number) ?? readDay(opened, number);
  return epochMs < day.changeMs ? day.before : day.after;
}

function readDay(zone: Zone, number: number): OffsetDay {
  const before = zone.days.get(number - 1)?.after ?? readOffset(zone, number * msPerDay);
  const after = zone.days.get(number + 1)?.before ?? readOffset(zone, (number + 1) * msPerDay);
  let changeMs = (number + 1) * msPerDay;
  if (before !== after) {
    // The first minute with the new offset. To the minute, because Newfoundland used to change at 00:01.
    let low = number * minutesPerDay;
    let high = low + minutesPerDay;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (readOffset(zone, middle * msPerMinute) === before) low = middle;
      else high = middle;
    }
    changeMs = high * msPerMinute;
  }
  const day = { before, after, changeMs };
  if (zone.days.size >= rememberedDays) zone.days.clear();
  zone.days.set(number, day);
  return day;
}

/** Difference between the wall clock that `Intl` shows and the instant. */
function readOffset(zone: Zone, epochMs: number): number {
  // "03/02/2026, 09:00:00": formatToParts takes twice as long (measured).
  const [month, day, year, hour, minute, second] = zone.format.format(epochMs).match(/\d+/g)!.map(Number);
  const localMs = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!);
  return Math.round((localMs - epochMs) / msPerMinute) + 0;
}

/**
 * Instant of a wall clock time in a zone, and the offset in force there. Of a repeated hour the earlier; a skipped time
 * moves forward by the width of the gap, as if the offset before it were still in force.
 */
export function instantOfLocal(zone: string, localMs: number): { epochMs: number; offsetMin: number } {
  // A day to either side is beyond every change that can touch this wall time, the date line's day included.
  const before = offsetAt(zone, localMs - msPerDay);
  const after = offsetAt(zone, localMs + msPerDay);
  const early = localMs - before * msPerMinute;
  if (before === after || offsetAt(zone, early) === before) return { epochMs: early, offsetMin: before };
  const late = localMs - after * msPerMinute;
  if (offsetAt(zone, late) === after) return { epochMs: late, offsetMin: after };
  return { epochMs: early, offsetMin: offsetAt(zone, early) };
}

/** Instant at which a local date begins; where clocks skip midnight, its first instant. */
export function localDayStart(zone: string, days: number): number {
  return instantOfLocal(zone, days * msPerDay).epochMs;
}

/** Date of a wall clock (`Stamp.localMs`, or an instant plus its offset). */
export function daysFromMs(localMs: number): number {
  return Math.floor(localMs / msPerDay);
}

/** `YYYY-MM-DD`. */
export function formatDate(days: number): string {
  return new Date(days * msPerDay).toISOString().slice(0, 10);
}

/** Days of `YYYY-MM-DD`; undefined for any other text, dates that do not exist and years outside 1900 to 2199. */
export function parseDate(text: string): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  return match ? daysOfDate(Number(match[1]), Number(match[2]), Number(match[3])) : undefined;
}

/** The Monday on or before a date. */
export function weekStart(days: number): number {
  // 1970-01-01 was a Thursday, three days into its week.
  return days - ((((days + 3) % 7) + 7) % 7);
}

/** The first of a date's month. */
export function monthStart(days: number): number {
  return days - new Date(days * msPerDay).getUTCDate() + 1;
}

/** The same day of the month some months on; the last of the month where that is shorter. */
export function addMonths(days: number, count: number): number {
  const date = new Date(days * msPerDay);
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, 1) / msPerDay;
  const next = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count + 1, 1) / msPerDay;
  return Math.min(first + date.getUTCDate() - 1, next - 1);
}
