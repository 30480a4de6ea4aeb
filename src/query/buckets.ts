/**
 * Buckets of one metric in the order of time, cut by the local clock of a zone; weeks begin on Monday.
 *
 * Read day by day, so memory holds one day however long the range is.
 */
import type { Grouping } from "../health/record.js";
import { addMonths, formatDate, localDayStart, monthStart, offsetAt, weekStart } from "../health/zone.js";
import type { PointRow, Store, User } from "../store/store.js";
import { readDays } from "./day-rows.js";
import type { MetricView } from "./metric-view.js";
import type { Agg, Bucket } from "./parameters.js";
import type { Point } from "./points.js";
import { localDay, type Range } from "./range.js";
import { joinDays, type Tally, tallyDay } from "./tally.js";
import { formatTime, tidy } from "./text.js";

export interface BucketSelection {
  user: User;
  view: MetricView;
  zone: string;
  range: Range;
  sourceKey: string | undefined;
  bucket: Exclude<Bucket, "raw">;
  agg: Agg | undefined;
  /** Buckets that begin earlier need not come. */
  fromMs: number | undefined;
}

export interface PlacedBucket {
  startMs: number;
  /** Of metrics outside the registry, whose points come in the units that were sent; else "". */
  unit: string;
  point: Point;
}

export function readBuckets(store: Store, selection: BucketSelection): AsyncGenerator<PlacedBucket> {
  const { bucket } = selection;
  return bucket === "minute" || bucket === "hour"
    ? readClockBuckets(store, selection, bucket)
    : readDateBuckets(store, selection, bucket);
}

const lengthMs = { minute: 60_000, hour: 3_600_000 };

async function* readClockBuckets(
  store: Store,
  selection: BucketSelection,
  bucket: "minute" | "hour",
): AsyncGenerator<PlacedBucket> {
  const { zone, range } = selection;
  const cut = (epochMs: number) => {
    const offsetMs = offsetAt(zone, epochMs) * 60_000;
    return Math.floor((epochMs + offsetMs) / lengthMs[bucket]) * lengthMs[bucket] - offsetMs;
  };
  const next = (startMs: number) => startMs + lengthMs[bucket];
  for await (const { day, rows } of daysOf(store, selection, bucket)) {
    const ofDay: PlacedBucket[] = [];
    for (const [unit, ofUnit] of splitByUnit(selection.view, rows)) {
      const window = { dayEndMs: localDayStart(zone, day + 1), sourceOrder: selection.user.sourceOrder, cut, next };
      for (const [startMs, tally] of tallyDay(selection.view, ofUnit, window)) {
        const endMs = next(startMs);
        if (startMs >= range.toMs || endMs <= range.fromMs) continue;
        ofDay.push({ startMs, unit, point: describeTally(selection, { startMs, endMs, unit }, tally) });
      }
    }
    yield* ofDay.sort((a, b) => a.startMs - b.startMs || (a.unit < b.unit ? -1 : 1));
  }
}

async function* readDateBuckets(
  store: Store,
  selection: BucketSelection,
  bucket: "day" | "week" | "month",
): AsyncGenerator<PlacedBucket> {
  const { view, zone, user } = selection;
  let first: number | undefined; // date of the bucket being filled
  let days = new Map<string, Tally[]>(); // by unit
  for await (const { day, rows } of daysOf(store, selection, "day")) {
    const start = dateBucketStart(bucket, day);
    if (first !== undefined && start !== first) {
      yield* close(first);
      days = new Map();
    }
    first = start;
    const cut = () => day;
    const next = () => Number.POSITIVE_INFINITY;
    const window = { dayEndMs: localDayStart(zone, day + 1), sourceOrder: user.sourceOrder, cut, next };
    for (const [unit, ofUnit] of splitByUnit(view, rows)) {
      const tally = tallyDay(view, ofUnit, window).get(day);
      if (tally !== undefined) days.set(unit, [...(days.get(unit) ?? []), tally]);
    }
  }
  if (first !== undefined) yield* close(first);

  function* close(date: number): Generator<PlacedBucket> {
    const startMs = localDayStart(zone, date);
    const endMs = localDayStart(zone, dateBucketEnd(bucket, date));
    for (const unit of [...days.keys()].sort()) {
      const ofUnit = days.get(unit)!;
      const tally = bucket === "day" ? ofUnit[0]! : joinDays(view, ofUnit)!;
      yield { startMs, unit, point: describeTally(selection, { startMs, endMs, date, unit }, tally) };
    }
  }
}

function dateBucketStart(bucket: "day" | "week" | "month", day: number): number {
  return bucket === "day" ? day : bucket === "week" ? weekStart(day) : monthStart(day);
}

function dateBucketEnd(bucket: "day" | "week" | "month", date: number): number {
  return bucket === "day" ? date + 1 : bucket === "week" ? date + 7 : addMonths(date, 1);
}

/** The days of the range, from the one on with the first bucket that is wanted. */
function daysOf(store: Store, selection: BucketSelection, coarsest: Extract<Grouping, "minute" | "hour" | "day">) {
  const { user, view, sourceKey, zone, range, fromMs } = selection;
  return readDays(store, {
    ...{ userId: user.userId, metric: view.name, sourceKey, zone, coarsest },
    firstDay: fromMs === undefined ? range.firstDay : Math.max(range.firstDay, localDay(zone, fromMs)),
    lastDay: range.lastDay,
  });
}

/** Values in units that nobody can convert do not add up: each unit is counted by itself. */
function splitByUnit(view: MetricView, rows: PointRow[]): [unit: string, rows: PointRow[]][] {
  if (view.isRegistered) return [["", rows]];
  const units = new Set(rows.map((row) => row.variant));
  return [...units].sort().map((unit) => [unit, rows.filter((row) => row.variant === unit)]);
}

function describeTally(
  { view, agg }: BucketSelection,
  bucket: { startMs: number; endMs: number; date?: number; unit: string },
  tally: Tally,
): Point {
  return {
    time: formatTime(bucket.startMs),
    end: formatTime(bucket.endMs),
    ...(bucket.date === undefined ? {} : { date: formatDate(bucket.date) }),
    ...valuesOfTally(view, agg ?? view.defaultAgg, tally),
    unit: agg === "count" ? "count" : view.isRegistered ? view.unit : bucket.unit || null,
    source: tally.sources.size === 0 ? null : [...tally.sources].sort().join("|"),
    series: tally.series,
  };
}

function valuesOfTally(view: MetricView, agg: Agg | null, tally: Tally): Partial<Point> {
  if (agg === null) return { min: tidy(tally.min), avg: tidy(tally.avg), max: tidy(tally.max) };
  if (agg === "count") return { value: tally.count };
  if (view.shape === "blood_pressure") {
    return { systolic: tidy(tally[agg]), diastolic: tally.second === null ? null : tidy(tally.second[agg]) };
  }
  return { value: tidy(tally[agg]) };
}
