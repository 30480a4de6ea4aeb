/**
 * The clock on the person's wrist: which offset is in force when, when local days begin, how a phone writes a stamp.
 *
 * Made from the runtime's zone data alone, so that it can contradict the program under test. Days follow each other
 * without holes or overlaps, 23 to 25 hours long at clock changes and shorter or longer still on a day of travel.
 */

export interface Clock {
  offsetAt(ms: number): number;
  /** Local calendar date, YYYY-MM-DD. */
  dateAt(ms: number): string;
  /** First instant of a local date. */
  startOf(date: string): number;
}

/** One local day, end excluded. */
export interface LocalDay {
  date: string;
  startMs: number;
  endMs: number;
}

export interface Journey {
  /** The date, same in both zones, during which the zone changes. */
  atDate: string;
  zone: string;
}

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** From an instant on, this offset. */
interface Span {
  fromMs: number;
  offsetMin: number;
}

/** The clock of somebody who stays. Good for a few days around [fromMs, toMs) too. */
export function clockOf(zone: string, fromMs: number, toMs: number): Clock {
  return clockOfSpans(spansOf(zone, fromMs - 3 * dayMs, toMs + 3 * dayMs));
}

/** The clock of somebody who travels, and the zones by the instants from which they are in force. */
export function travellingClock(
  zone: string,
  travel: readonly Journey[],
  fromMs: number,
  toMs: number,
): { clock: Clock; stays: { fromMs: number; zone: string }[] } {
  const stays = [{ fromMs: -Infinity, zone }];
  let spans = spansOf(zone, fromMs - 3 * dayMs, toMs + 3 * dayMs);
  for (const journey of [...travel].sort((a, b) => (a.atDate < b.atDate ? -1 : 1))) {
    const before = clockOfSpans(spans);
    const after = spansOf(journey.zone, fromMs - 3 * dayMs, toMs + 3 * dayMs);
    const atMs = arrival(journey, before, clockOfSpans(after));
    const later = after.filter((span) => span.fromMs > atMs);
    const offsetMin = clockOfSpans(after).offsetAt(atMs);
    spans = [...spans.filter((span) => span.fromMs < atMs), { fromMs: atMs, offsetMin }, ...later];
    stays.push({ fromMs: atMs, zone: journey.zone });
  }
  return { clock: clockOfSpans(spans), stays };
}

/** The local days that touch [fromMs, toMs), whole. */
export function daysOf(clock: Clock, fromMs: number, toMs: number): LocalDay[] {
  const days: LocalDay[] = [];
  let date = clock.dateAt(fromMs);
  for (let startMs = clock.startOf(date); startMs < toMs; ) {
    const next = addDays(date, 1);
    const endMs = clock.startOf(next);
    // A date that a zone skipped altogether has no length (Samoa, 2011).
    if (endMs > startMs) days.push({ date, startMs, endMs });
    [date, startMs] = [next, endMs];
  }
  return days;
}

export function addDays(date: string, days: number): string {
  return isoDate(Date.parse(date) + days * dayMs);
}

/** As Health Auto Export writes it (spec section 5.1); the 12-hour form has U+202F and an unpadded hour. */
export function formatStamp(ms: number, offsetMin: number, style: "24h" | "12h"): string {
  const text = new Date(ms + offsetMin * minuteMs).toISOString();
  const away = Math.abs(offsetMin);
  const offset = `${offsetMin < 0 ? "-" : "+"}${two(Math.floor(away / 60))}${two(away % 60)}`;
  if (style === "24h") return `${text.slice(0, 10)} ${text.slice(11, 19)} ${offset}`;
  const hour = Number(text.slice(11, 13));
  const half = hour < 12 ? "am" : "pm";
  return `${text.slice(0, 10)} ${hour % 12 || 12}${text.slice(13, 19)}\u202f${half} ${offset}`;
}

/** The middle of the hours that bear the date in both zones, so that the date neither repeats nor goes missing. */
function arrival(journey: Journey, before: Clock, after: Clock): number {
  const next = addDays(journey.atDate, 1);
  const fromMs = Math.max(before.startOf(journey.atDate), after.startOf(journey.atDate));
  const toMs = Math.min(before.startOf(next), after.startOf(next));
  if (fromMs >= toMs) throw new Error(`travel: no instant bears the date ${journey.atDate} in both zones`);
  return Math.floor((fromMs + toMs) / 2 / (15 * minuteMs)) * 15 * minuteMs;
}

function clockOfSpans(spans: readonly Span[]): Clock {
  const offsetAt = (ms: number): number => {
    let [low, high] = [0, spans.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (spans[middle]!.fromMs <= ms) low = middle;
      else high = middle - 1;
    }
    return spans[low]!.offsetMin;
  };
  return {
    offsetAt,
    dateAt: (ms) => isoDate(ms + offsetAt(ms) * minuteMs),
    startOf: (date) => {
      const midnight = Date.parse(date);
      for (const [i, span] of spans.entries()) {
        // Where midnight was skipped the day begins with the new offset.
        const startMs = Math.max(i === 0 ? -Infinity : span.fromMs, midnight - span.offsetMin * minuteMs);
        if (startMs < (spans[i + 1]?.fromMs ?? Infinity)) return startMs;
      }
      throw new Error("clock: no such date");
    },
  };
}

function spansOf(zone: string, fromMs: number, toMs: number): Span[] {
  const spans: Span[] = [{ fromMs, offsetMin: zoneOffset(zone, fromMs) }];
  for (let ms = fromMs; ms < toMs; ms += 6 * hourMs) {
    const offsetMin = zoneOffset(zone, ms + 6 * hourMs);
    if (offsetMin === spans.at(-1)!.offsetMin) continue;
    let [low, high] = [ms, ms + 6 * hourMs];
    while (high - low > 1000) {
      const middle = low + Math.floor((high - low) / 2000) * 1000;
      if (zoneOffset(zone, middle) === offsetMin) high = middle;
      else low = middle;
    }
    spans.push({ fromMs: high, offsetMin });
  }
  return spans;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function zoneOffset(zone: string, ms: number): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  const part = new Map(format.formatToParts(ms).map((p) => [p.type, Number(p.value)]));
  const at = (type: Intl.DateTimeFormatPartTypes): number => part.get(type) ?? 0;
  const wall = Date.UTC(at("year"), at("month") - 1, at("day"), at("hour"), at("minute"), at("second"));
  return Math.round((wall - ms) / minuteMs);
}

function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
