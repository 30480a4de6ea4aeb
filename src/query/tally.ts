/**
 * What the counted points of a bucket come to, and how the days of a week or month are put together. Pure.
 *
 * One series counts per day, by the very rules of days (`health/series.ts`); shorter buckets are cut out of the series
 * of their day. Over a week or month, `avg`, `min`, `max` and `last` of a cumulative metric are those of its day totals
 * (a mean of minutes and days together means nothing); those of a measured one are of its points, or, where its days
 * came in different series, of the means of its days.
 */
import { summariseDiscreteDay } from "../health/day.js";
import {
  type CountedPoint,
  chooseCumulativeSeries,
  chooseDiscreteSeries,
  type DayPoint,
  type Series,
} from "../health/series.js";
import type { PointRow } from "../store/store.js";
import type { MetricView } from "./metric-view.js";

export interface Tally {
  series: Series | "mixed";
  count: number;
  sum: number;
  avg: number;
  min: number;
  max: number;
  last: number;
  lastMs: number;
  /** Diastolic pressure beside systolic; null for all else. */
  second: { sum: number; avg: number; min: number; max: number; last: number } | null;
  /** Sources as sent, each part once. */
  sources: Set<string>;
}

export interface DayWindow {
  dayEndMs: number;
  sourceOrder: readonly string[];
  /** Begin of the bucket in which an instant lies. */
  cut: (epochMs: number) => number;
  /** Begin of the bucket behind the one that begins here. */
  next: (startMs: number) => number;
}

/** The buckets of one day that hold anything, by their begin. */
export function tallyDay(view: MetricView, rows: readonly PointRow[], window: DayWindow): Map<number, Tally> {
  const points = rows.map(pointOf);
  return view.isCumulative ? tallyCumulative(view, points, window) : tallyDiscrete(view, points, window);
}

/** Member by member: this runs for every point that is read. */
function pointOf(row: PointRow): DayPoint {
  return {
    grouping: row.grouping,
    variant: row.variant,
    startMs: row.startMs,
    endMs: row.endMs,
    offsetMin: row.offsetMin,
    value: row.value,
    value2: row.value2,
    value3: row.value3,
    source: row.source,
    sourceKey: row.sourceKey,
    fullValue: row.fullValue,
    lowerBound: row.lowerBound,
    isLowerBound: row.fullValue === null,
    receivedMs: Math.floor(row.arrival / 1000),
    ingestion: row.arrival,
  };
}

function tallyCumulative(view: MetricView, points: readonly DayPoint[], window: DayWindow): Map<number, Tally> {
  const { dayEndMs, sourceOrder } = window;
  const chosen = chooseCumulativeSeries(points, { windowEndMs: dayEndMs, isLogged: view.isLogged, sourceOrder });
  const tallies = new Map<number, Tally>();
  for (const counted of chosen?.counted ?? []) {
    for (const { bucketMs, value } of spread(counted, view, window)) {
      const { startMs, source } = counted.point;
      const tally = tallies.get(bucketMs);
      if (tally === undefined) {
        const sources = addSource(new Set(), source);
        const all = { count: 1, sum: value, avg: value, min: value, max: value, last: value };
        tallies.set(bucketMs, { ...all, series: chosen!.series, lastMs: startMs, second: null, sources });
        continue;
      }
      tally.count += 1;
      tally.sum += value;
      tally.avg = tally.sum / tally.count;
      tally.min = Math.min(tally.min, value);
      tally.max = Math.max(tally.max, value);
      tally.last = value;
      tally.lastMs = startMs;
      addSource(tally.sources, source);
    }
  }
  return tallies;
}

/**
 * A measured sample that lies over several buckets is spread over them evenly, as Health does it for its own hours; it
 * stays within the day to which it belongs. What was logged happened when it was logged.
 */
function spread({ point, counted }: CountedPoint, view: MetricView, window: DayWindow) {
  const bucketMs = window.cut(point.startMs);
  const endMs = Math.min(point.endMs ?? point.startMs, window.dayEndMs);
  if (view.isLogged || window.next(bucketMs) >= endMs) return [{ bucketMs, value: counted }];
  const parts: { bucketMs: number; value: number }[] = [];
  for (let fromMs = point.startMs; fromMs < endMs; ) {
    const bucket = window.cut(fromMs);
    const toMs = Math.min(window.next(bucket), endMs);
    parts.push({ bucketMs: bucket, value: (counted * (toMs - fromMs)) / (endMs - point.startMs) });
    fromMs = toMs;
  }
  return parts;
}

function tallyDiscrete(view: MetricView, points: readonly DayPoint[], window: DayWindow): Map<number, Tally> {
  const chosen = chooseDiscreteSeries(points, { windowEndMs: window.dayEndMs });
  const pointsOf = new Map<number, DayPoint[]>();
  for (const point of chosen?.points ?? []) {
    const bucketMs = window.cut(point.startMs);
    const inBucket = pointsOf.get(bucketMs);
    if (inBucket === undefined) pointsOf.set(bucketMs, [point]);
    else inBucket.push(point);
  }
  const tallies = new Map<number, Tally>();
  for (const [bucketMs, inBucket] of pointsOf) {
    const { series, count, ...of } = summariseDiscreteDay(inBucket, window, { isLast: false, shape: view.shape })!;
    tallies.set(bucketMs, {
      ...{ series, count, sum: of.avg! * count, avg: of.avg!, min: of.min!, max: of.max! },
      ...{ last: of.last!, lastMs: of.lastMs! },
      second:
        of.avg2 === null
          ? null
          : { sum: of.avg2 * count, avg: of.avg2, min: of.min2!, max: of.max2!, last: of.last2 ?? of.avg2 },
      sources: inBucket.reduce((sources, { source }) => addSource(sources, source), new Set<string>()),
    });
  }
  return tallies;
}

function addSource(sources: Set<string>, source: string | null): Set<string> {
  if (source !== null) for (const part of source.split("|")) if (part.trim() !== "") sources.add(part.trim());
  return sources;
}

/** A week or month from the tallies of its days, which are in order. Null without days. */
export function joinDays(view: MetricView, days: readonly Tally[]): Tally | null {
  if (days.length === 0) return null;
  const last = days.reduce((a, b) => (b.lastMs >= a.lastMs ? b : a));
  const isMixed = days.some(({ series }) => series !== days[0]!.series);
  const count = add(days.map((day) => day.count));
  const joinValues = (of: readonly { sum: number; avg: number; min: number; max: number }[]) => {
    const sum = add(of.map((part) => part.sum));
    if (view.isCumulative) {
      const totals = of.map((part) => part.sum);
      return { sum, avg: sum / totals.length, min: Math.min(...totals), max: Math.max(...totals) };
    }
    return {
      sum,
      avg: isMixed ? add(of.map((part) => part.avg)) / of.length : sum / count,
      min: Math.min(...of.map((part) => part.min)),
      max: Math.max(...of.map((part) => part.max)),
    };
  };
  const seconds = days.flatMap((day) => day.second ?? []);
  return {
    ...joinValues(days),
    last: view.isCumulative ? last.sum : last.last,
    lastMs: last.lastMs,
    series: isMixed ? "mixed" : days[0]!.series,
    count,
    second: seconds.length < days.length ? null : { ...joinValues(seconds), last: last.second!.last },
    sources: new Set(days.flatMap((day) => [...day.sources])),
  };
}

function add(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
