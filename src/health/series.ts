/**
 * Which one series of a metric counts in a window of time: never two, or a step that came by hour and by day would be
 * two steps (design section 3).
 *
 * The input is every stored point of one user and metric in the window, all groupings and variants mixed; groupings
 * longer than a day are ignored. A window is usually a local day; shorter ones work alike (pass what lies in them).
 * The result is a function of the set of points, never of their order.
 */
import { compareText, countedShares, coveredMs, type Span } from "./overlap.js";
import { compareArrival, type Grouping, type Point } from "./record.js";
import { sourcePriority } from "./source.js";

/** A stored point with what the choice needs. Flat, and an `Arrival`, so that it is cheap to make from a row. */
export interface DayPoint extends Point {
  /** With `receivedMs`: the arrival of the full value, or of the newest lower bound where there is no full value. */
  ingestion: number;
  /** The newest value of a bucket that was not cut; of a sample, its value. */
  fullValue: number | null;
  /** The largest value of a bucket that may have been cut. */
  lowerBound: number | null;
  /** Normalised source. */
  sourceKey: string;
}

/** The grouping of the points that counted. */
export type Series = Grouping;

/** A point of the chosen series with the part of it that counts. */
export interface CountedPoint {
  point: DayPoint;
  counted: number;
}

export interface CumulativeOptions {
  /** Where the window ends: a day bucket received earlier does not know the whole day. */
  windowEndMs: number;
  /** What people log (nutrition, insulin) all counts; what devices measure is freed of overlap between sources. */
  isLogged: boolean;
  /** Normalised sources, the most trusted first. */
  sourceOrder: readonly string[];
}

export interface CumulativeSeries {
  series: Series;
  total: number;
  /** In the order of time, so that shorter windows can be cut out of it. */
  counted: CountedPoint[];
}

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** How long a bucket is. A day is keyed by its date, so two of one date overlap however far apart they begin. */
const bucketMs = { second: secondMs, minute: minuteMs, hour: hourMs, day: Number.POSITIVE_INFINITY };

/** A sample without end lasts to its source's next sample, but not for ever. */
const longestOpenSampleMs = 15 * minuteMs;

/** Totals closer than this are the same truth added up in another order. */
const relativeTolerance = 1e-9;

/**
 * The series of a cumulative metric. Holes, cut ranges and age only make a series smaller, so the largest of day
 * bucket, hour sum and raw sum counts, of equal ones the coarser. But a whole day bucket that arrived when the day was
 * over and all else was in is Health's own figure and stands even if lower. Minutes overstate: they count only where
 * nothing else came. Null when there is nothing to count.
 */
export function chooseCumulativeSeries(
  points: readonly DayPoint[],
  options: CumulativeOptions,
): CumulativeSeries | null {
  const of = groupByGrouping(points);
  const day = sumBuckets(of, "day");
  if (day !== null && isHealthsOwnFigure(day, points, options.windowEndMs)) return day;
  return (
    largestOf([day, sumBuckets(of, "hour"), sumSamples(of, options)]) ??
    largestOf([sumBuckets(of, "minute"), sumBuckets(of, "second")])
  );
}

/** `candidates` from coarse to fine. */
function largestOf(candidates: readonly (CumulativeSeries | null)[]): CumulativeSeries | null {
  const present = candidates.filter((candidate) => candidate !== null);
  const largest = Math.max(...present.map((candidate) => candidate.total));
  return present.find((candidate) => candidate.total >= largest - Math.abs(largest) * relativeTolerance) ?? null;
}

/**
 * A bucket whose lower bound is above its full value counts as that bound, and a bound says nothing about what lies
 * above it. Of points that came in one delivery none is after the other, so they do not contradict the bucket.
 */
function isHealthsOwnFigure(day: CumulativeSeries, points: readonly DayPoint[], windowEndMs: number): boolean {
  const others = points.filter((point) => isFinerThanDay(point.grouping));
  return day.counted.every(
    ({ point, counted }) =>
      point.fullValue === counted &&
      point.receivedMs >= windowEndMs &&
      others.every((other) => compareArrival(point, other) >= 0),
  );
}

function isFinerThanDay(grouping: Grouping): boolean {
  return grouping === "raw" || grouping === "second" || grouping === "minute" || grouping === "hour";
}

type BucketGrouping = keyof typeof bucketMs;

function sumBuckets(of: PointsByGrouping, grouping: BucketGrouping): CumulativeSeries | null {
  const buckets = keepNewestBuckets(of.get(grouping) ?? [], bucketMs[grouping]);
  return sum(
    grouping,
    buckets.map((point) => ({ point, counted: valueOfBucket(point) })),
  );
}

/** A full value and a lower bound are two columns; the larger is the value (design section 2). */
function valueOfBucket({ fullValue, lowerBound, value }: DayPoint): number {
  if (fullValue === null) return lowerBound ?? value;
  return lowerBound === null ? fullValue : Math.max(fullValue, lowerBound);
}

function sumSamples(of: PointsByGrouping, options: CumulativeOptions): CumulativeSeries | null {
  const samples = of.get("raw") ?? [];
  if (options.isLogged) {
    return sum(
      "raw",
      samples.map((point) => ({ point, counted: point.value })),
    );
  }
  return sum("raw", removeOverlap(samples, options.sourceOrder));
}

/** Adds in the order of time, because adding floats in another order gives another sum. */
function sum(series: Series, counted: CountedPoint[]): CumulativeSeries | null {
  if (counted.length === 0) return null;
  counted.sort((a, b) => compareByTime(a.point, b.point));
  return { series, total: counted.reduce((total, point) => total + point.counted, 0), counted };
}

/**
 * What each sample of a measured metric counts for: in every interval the preferred source counts, pro rata. Variants
 * are series of their own and do not overlap each other.
 */
function removeOverlap(samples: readonly DayPoint[], sourceOrder: readonly string[]): CountedPoint[] {
  const spanOf = spansOfSamples(samples);
  const rankOf = rankSources(spanOf, sourceOrder);
  return [...groupBy(samples, (point) => point.variant).values()].flatMap((ofVariant) => {
    const shares = countedShares(
      ofVariant.map((point) => ({ ...spanOf.get(point)!, rank: rankOf.get(point.sourceKey)! })),
    );
    return ofVariant.map((point, index) => ({ point, counted: point.value * shares[index]! }));
  });
}

/** From start to end; without end, to the next sample of the source that begins later. */
function spansOfSamples(samples: readonly DayPoint[]): Map<DayPoint, Span> {
  const spanOf = new Map<DayPoint, Span>();
  for (const ofSource of groupBy(samples, (point) => point.sourceKey).values()) {
    let laterMs = Number.POSITIVE_INFINITY;
    let currentMs = Number.POSITIVE_INFINITY;
    for (const point of ofSource.sort((a, b) => b.startMs - a.startMs)) {
      if (point.startMs < currentMs) {
        laterMs = currentMs;
        currentMs = point.startMs;
      }
      const endMs = point.endMs ?? Math.min(laterMs, point.startMs + longestOpenSampleMs);
      spanOf.set(point, { startMs: point.startMs, endMs });
    }
  }
  return spanOf;
}

/** The user's list, else watch before phone before others, else the longest coverage of the window, then the name. */
function rankSources(spanOf: Map<DayPoint, Span>, sourceOrder: readonly string[]): Map<string, number> {
  const sources = [...groupBy(spanOf.keys(), (point) => point.sourceKey)].map(([sourceKey, ofSource]) => {
    return {
      sourceKey,
      listed: placeInList(sourceKey, sourceOrder),
      priority: sourcePriority(sourceKey),
      coveredMs: coveredMs(ofSource.map((point) => spanOf.get(point)!)),
    };
  });
  sources.sort(
    (a, b) =>
      a.listed - b.listed ||
      a.priority - b.priority ||
      b.coveredMs - a.coveredMs ||
      compareText(a.sourceKey, b.sourceKey),
  );
  return new Map(sources.map((source, rank) => [source.sourceKey, rank]));
}

/** Of a joined source (`A|B`) the best part decides, as it does in `sourcePriority`. */
function placeInList(sourceKey: string, sourceOrder: readonly string[]): number {
  const places = [sourceKey, ...sourceKey.split("|")].map((name) => sourceOrder.indexOf(name));
  return Math.min(sourceOrder.length, ...places.filter((place) => place !== -1));
}

export interface DiscreteSeries {
  series: Series;
  /** In the order of time, never empty. */
  points: DayPoint[];
}

/** The series of a metric that is averaged: the one touching most hours, of equal ones the coarser. */
export function chooseDiscreteSeries(
  points: readonly DayPoint[],
  window: { windowEndMs: number },
): DiscreteSeries | null {
  const of = groupByGrouping(points);
  let best: DiscreteSeries | null = null;
  let mostHours = 0;
  for (const series of ["day", "hour", "minute", "second", "raw"] as const) {
    const ofSeries = of.get(series) ?? [];
    const kept = series === "raw" ? [...ofSeries] : keepNewestBuckets(ofSeries, bucketMs[series]);
    const hours = series === "day" ? hoursOfDayBuckets(kept, window.windowEndMs) : hoursTouched(kept);
    if (hours > mostHours) {
      best = { series, points: kept.sort(compareByTime) };
      mostHours = hours;
    }
  }
  return best;
}

/** Hours of the local clock, so that an hour that comes twice in autumn is one. */
function hoursTouched(points: readonly DayPoint[]): number {
  return new Set(points.map(({ startMs, offsetMin }) => Math.floor((startMs + offsetMin * minuteMs) / hourMs))).size;
}

/** A day bucket touches the hours that had begun when it was sent, and at least its first. */
function hoursOfDayBuckets(buckets: readonly DayPoint[], dayEndMs: number): number {
  return buckets.reduce((most, { startMs, receivedMs }) => {
    const hours = Math.ceil((Math.min(dayEndMs, receivedMs) - startMs) / hourMs);
    return Math.max(most, 1, hours);
  }, 0);
}

/**
 * Buckets that do not overlap within their variant: a journey into a half-hour zone moves the edges of the hours, and
 * the newest grid counts. An older bucket is left out whole.
 */
function keepNewestBuckets(buckets: readonly DayPoint[], lengthMs: number): DayPoint[] {
  // All offsets are whole minutes: buckets of a minute or less lie on one grid everywhere and cannot overlap.
  if (lengthMs <= minuteMs) return [...buckets];
  const startByCell = new Map<string, number>(); // of cells as long as a bucket, each can hold one that was kept
  return [...buckets].sort(compareNewestFirst).filter(({ variant, startMs }) => {
    const cell = Math.floor(startMs / lengthMs);
    for (const near of [cell - 1, cell, cell + 1]) {
      const keptMs = startByCell.get(`${near} ${variant}`);
      if (keptMs !== undefined && Math.abs(keptMs - startMs) < lengthMs) return false;
    }
    startByCell.set(`${cell} ${variant}`, startMs);
    return true;
  });
}

function compareNewestFirst(a: DayPoint, b: DayPoint): number {
  return compareArrival(b, a) || compareByTime(b, a);
}

/** A total order: points that it takes for equal do not differ in anything that counts. */
function compareByTime(a: DayPoint, b: DayPoint): number {
  return (
    a.startMs - b.startMs ||
    (a.endMs ?? a.startMs) - (b.endMs ?? b.startMs) ||
    compareArrival(a, b) ||
    compareText(a.variant, b.variant) ||
    compareText(a.sourceKey, b.sourceKey) ||
    a.value - b.value ||
    (a.value2 ?? 0) - (b.value2 ?? 0) ||
    (a.value3 ?? 0) - (b.value3 ?? 0)
  );
}

type PointsByGrouping = Map<Grouping, DayPoint[]>;

function groupByGrouping(points: readonly DayPoint[]): PointsByGrouping {
  return groupBy(points, (point) => point.grouping);
}

function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
