/**
 * The range of time that a query asks for: `from` is included, `to` is not, and a bare date means the whole local day
 * at either end (contract section 3).
 *
 * A range holds both instants and local dates, because a day bucket is keyed by its date: it keeps that date wherever
 * the phone was, while everything finer is placed by its instant.
 */

import { msPerDay, parseStamp } from "../health/time.js";
import { daysFromMs, localDayStart, offsetAt, parseDate } from "../health/zone.js";
import { refuseParameter } from "./refuse.js";

/** Without `from` or `to`: beyond every stamp that is accepted (`health/time.ts`), zones included. */
export const everything = { fromMs: Date.UTC(1899, 11, 1), toMs: Date.UTC(2200, 1, 1) };

/** No clock is further from another than 16 hours to either side of UTC. */
const datedSlackMs = 32 * 3_600_000;

export interface Range {
  fromMs: number;
  /** Not included. */
  toMs: number;
  /** Local dates that the range touches, the last one included. */
  firstDay: number;
  lastDay: number;
  fromIsDate: boolean;
  toIsDate: boolean;
  /** Without `from` or without `to`. */
  isOpen: boolean;
}

type Moment = { kind: "date"; days: number } | { kind: "instant"; epochMs: number };

/** A bare date or an RFC 3339 instant; undefined for anything else. */
export function parseMoment(text: string): Moment | undefined {
  const days = parseDate(text);
  if (days !== undefined) return { kind: "date", days };
  // An unescaped + in an address arrives as a space.
  const whole = text.replace(/ (\d\d:\d\d)$/, "+$1").toUpperCase();
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(whole)) return undefined;
  const stamp = parseStamp(whole);
  return stamp === undefined ? undefined : { kind: "instant", epochMs: stamp.epochMs };
}

/** Throws `invalid_parameter` where `from` lies after `to`. */
export function readRange(sent: { from?: string | undefined; to?: string | undefined }, zone: string): Range {
  const from = sent.from === undefined ? undefined : readMoment("from", sent.from);
  const to = sent.to === undefined ? undefined : readMoment("to", sent.to);
  const fromMs =
    from === undefined ? everything.fromMs : from.kind === "date" ? localDayStart(zone, from.days) : from.epochMs;
  const toMs = to === undefined ? everything.toMs : to.kind === "date" ? localDayStart(zone, to.days + 1) : to.epochMs;
  const toIsDate = to?.kind === "date";
  // A `to` that is a date still has its whole day before it, so an instant at its very end lies after it.
  if (toIsDate ? fromMs >= toMs : fromMs > toMs) throw refuseParameter("from", "The parameter from lies after to.");
  return {
    fromMs,
    toMs,
    firstDay: from?.kind === "date" ? from.days : localDay(zone, fromMs),
    lastDay: to?.kind === "date" ? to.days : localDay(zone, toMs - 1),
    fromIsDate: from?.kind === "date",
    toIsDate,
    isOpen: from === undefined || to === undefined,
  };
}

/** Whole local days, the last one included. */
export function rangeOfDays(zone: string, firstDay: number, lastDay: number): Range {
  return {
    fromMs: localDayStart(zone, firstDay),
    toMs: localDayStart(zone, lastDay + 1),
    ...{ firstDay, lastDay, fromIsDate: true, toIsDate: true, isOpen: false },
  };
}

function readMoment(parameter: string, text: string): Moment {
  const moment = parseMoment(text);
  if (moment === undefined)
    throw refuseParameter(parameter, `The parameter ${parameter} must be an instant or a date.`);
  return moment;
}

export function localDay(zone: string, epochMs: number): number {
  return daysFromMs(epochMs + offsetAt(zone, epochMs) * 60_000);
}

/** Where records keyed by a date can lie that belong to the range, whatever offset they came with. */
export function widenForDates(range: Range): { fromMs: number; toMs: number } {
  return {
    fromMs: range.fromIsDate ? range.firstDay * msPerDay - datedSlackMs : range.fromMs,
    toMs: range.toIsDate ? (range.lastDay + 1) * msPerDay + datedSlackMs : range.toMs,
  };
}

/** Does a record of that instant and local date belong to the range? Bare dates compare with the record's own date. */
export function holdsDated(range: Range, record: { atMs: number; localDay: number }): boolean {
  return (
    (range.fromIsDate ? record.localDay >= range.firstDay : record.atMs >= range.fromMs) &&
    (range.toIsDate ? record.localDay <= range.lastDay : record.atMs < range.toMs)
  );
}
