/**
 * The points of one metric as the phone exports them: one per sample, or one per non-empty bucket.
 *
 * Hour buckets count elapsed hours from local midnight, as HealthKit's statistics do when anchored there: at a clock
 * change there are 23 or 25 of them, 02:00 comes twice with different offsets, and after Lord Howe's half hour they
 * begin at half past until midnight, where the last one is cut. Hours and days have the overlap between sources
 * removed; minutes have not, and so add up to more (spec section 8.2).
 */
import { isTotal, type Metric } from "./catalogue.js";
import { hourMs, minuteMs } from "./clock.js";
import { type Piece, withOverlap, withoutOverlap } from "./overlap.js";
import type { Sample } from "./samples.js";
import { type ExportView, isShown } from "./view.js";
import type { JsonObject } from "./wire.js";

interface Bucket {
  startMs: number;
  variant: string;
  total: number;
  /** Samples that touch the bucket, in order of time. */
  samples: Sample[];
}

export function metricPoints(metric: Metric, samples: readonly Sample[], view: ExportView): JsonObject[] {
  const known = samples.filter((s) => s.knownMs <= view.asOfMs);
  if (view.grouping === "raw") {
    return known.filter((s) => isShown(view, s.startMs, s.knownMs)).map((s) => rawPoint(metric, s, view));
  }
  const buckets = metric.shape === "measured" ? spread(known, view) : collect(metric, known, view);
  return buckets
    .sort((a, b) => a.startMs - b.startMs || (a.variant < b.variant ? -1 : 1))
    .map((bucket) => bucketPoint(metric, bucket, view));
}

/** Each piece of time falls into the buckets that it touches, pro rata. */
function spread(samples: readonly Sample[], view: ExportView): Bucket[] {
  const buckets = new Map<number, Bucket>();
  const bucketAt = (startMs: number): Bucket => {
    const bucket = buckets.get(startMs) ?? { startMs, variant: "", total: 0, samples: [] };
    buckets.set(startMs, bucket);
    return bucket;
  };
  const eachPart = (
    span: { startMs: number; endMs: number },
    take: (startMs: number, partMs: number) => void,
  ): void => {
    const endMs = Math.min(span.endMs, view.toMs);
    for (let atMs = Math.max(span.startMs, view.fromMs); atMs < endMs; ) {
      const bucket = bucketAround(atMs, view);
      const until = Math.min(bucket.endMs, endMs);
      take(bucket.startMs, until - atMs);
      atMs = until;
    }
  };
  const pieces: Piece[] = isByMinute(view) ? withOverlap(samples) : withoutOverlap(samples);
  for (const piece of pieces) {
    eachPart(piece, (startMs, partMs) => {
      bucketAt(startMs).total += piece.perMs * partMs;
    });
  }
  for (const made of samples) eachPart(made, (startMs) => void bucketAt(startMs).samples.push(made));
  return [...buckets.values()];
}

/** Each sample falls whole into the bucket of its start. */
function collect(metric: Metric, samples: readonly Sample[], view: ExportView): Bucket[] {
  const buckets = new Map<string, Bucket>();
  for (const made of samples) {
    if (!isShown(view, made.startMs, made.knownMs)) continue;
    const startMs =
      view.grouping === "default" && metric.shape === "heart_rate"
        ? made.startMs
        : bucketAround(made.startMs, view).startMs;
    const variant = metric.variantField === "keys" ? "" : made.variant;
    const key = `${startMs} ${variant}`;
    const bucket = buckets.get(key) ?? { startMs, variant, total: 0, samples: [] };
    bucket.total += made.value;
    bucket.samples.push(made);
    buckets.set(key, bucket);
  }
  return [...buckets.values()];
}

function isByMinute(view: ExportView): boolean {
  return view.grouping === "minute" || view.grouping === "default";
}

function bucketAround(ms: number, view: ExportView): { startMs: number; endMs: number } {
  const { days } = view;
  let [low, high] = [0, days.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (days[middle]!.startMs <= ms) low = middle;
    else high = middle - 1;
  }
  const day = days[low]!;
  if (view.grouping === "day") return day;
  const lengthMs = view.grouping === "hour" ? hourMs : minuteMs;
  const startMs = day.startMs + Math.floor((ms - day.startMs) / lengthMs) * lengthMs;
  return { startMs, endMs: Math.min(startMs + lengthMs, day.endMs) };
}

function rawPoint(metric: Metric, made: Sample, view: ExportView): JsonObject {
  const [start, end] = [view.stamp(made.startMs), view.stamp(made.endMs)];
  return { date: start, start, end, ...amounts(metric, [made], made.value, view), ...view.source([made.source]) };
}

function bucketPoint(metric: Metric, bucket: Bucket, view: ExportView): JsonObject {
  // Days of what has no total come without a source, but for the heart rate (spec section 4.1).
  const isAnonymous = view.grouping === "day" && !isTotal(metric.shape) && metric.shape !== "heart_rate";
  const names = [...new Set(bucket.samples.map((s) => s.source))];
  return {
    date: view.stamp(bucket.startMs),
    ...amounts(metric, bucket.samples, bucket.total, view),
    ...view.source(isAnonymous ? [] : names),
  };
}

/** The fields that hold the value, and the variant. */
function amounts(metric: Metric, samples: readonly Sample[], total: number, view: ExportView): JsonObject {
  const unit = metric[view.units];
  const values = samples.map((s) => s.value);
  const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
  const variant =
    metric.variantField && metric.variantField !== "keys" ? { [metric.variantField]: samples[0]!.variant } : {};
  switch (metric.shape) {
    case "heart_rate":
      if (view.grouping === "raw") return { qty: values[0]! };
      return { Min: Math.min(...values), Avg: mean(values), Max: Math.max(...values) };
    case "blood_pressure":
      return { systolic: mean(values), diastolic: mean(samples.map((s) => s.value2!)) };
    case "average":
      return { qty: unit.from(mean(values)) };
    case "latest":
      return { qty: unit.from(values.at(-1)!), ...variant };
    default:
      if (metric.variantField === "keys") return countedByKey(samples);
      return { qty: unit.from(total), ...variant };
  }
}

function countedByKey(samples: readonly Sample[]): JsonObject {
  const counts: JsonObject = { Unspecified: 0, "Protection Used": 0, "Protection Not Used": 0 };
  for (const { variant } of samples) counts[variant] = (counts[variant] as number) + 1;
  return counts;
}
