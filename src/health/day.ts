/**
 * A local day of one metric from all that was stored of it, without counting anything twice (design section 3).
 *
 *     all points of the day → one series (series.ts) → total, or mean, extremes and latest
 *
 * What a caller may rely on: null means that nothing of the day counts; the result is a function of the set of points,
 * never of their order; and it names the series that counted.
 *
 * Points belong to the day of their start, by the offset of their earliest delivery: handing over the right ones is
 * the caller's part. Days of sleep are made in `night.ts`.
 */
import { chooseCumulativeSeries, chooseDiscreteSeries, type DayPoint, type Series } from "./series.js";

/** The number that stands for the day when there is room for one. */
export type Headline = "total" | "avg" | "last";

export interface DaySummary {
  headline: Headline;
  series: Series;
  /** Points of the chosen series. */
  count: number;
  total: number | null;
  avg: number | null;
  min: number | null;
  max: number | null;
  last: number | null;
  /** When the latest point of the series begins (a night: when it ends). */
  lastMs: number | null;
  /** Diastolic pressure, where `avg` and its neighbours are systolic; else null. */
  avg2: number | null;
  min2: number | null;
  max2: number | null;
  last2: number | null;
}

export function summariseCumulativeDay(
  points: readonly DayPoint[],
  day: { dayEndMs: number },
  options: { isLogged: boolean; sourceOrder: readonly string[] },
): DaySummary | null {
  const chosen = chooseCumulativeSeries(points, { windowEndMs: day.dayEndMs, ...options });
  if (chosen === null) return null;
  return {
    headline: "total",
    series: chosen.series,
    count: chosen.counted.length,
    total: chosen.total,
    avg: null,
    min: null,
    max: null,
    last: null,
    lastMs: chosen.counted.at(-1)!.point.startMs,
    avg2: null,
    min2: null,
    max2: null,
    last2: null,
  };
}

/** What `value2` and `value3` of a point mean. */
export type DiscreteShape = "quantity" | "heart_rate" | "blood_pressure";

export function summariseDiscreteDay(
  points: readonly DayPoint[],
  day: { dayEndMs: number },
  options: { isLast: boolean; shape: DiscreteShape },
): DaySummary | null {
  const chosen = chooseDiscreteSeries(points, { windowEndMs: day.dayEndMs });
  if (chosen === null) return null;
  const inOrder = chosen.points;
  const latest = inOrder.at(-1)!;
  const isHeartRate = options.shape === "heart_rate";
  const second =
    options.shape === "blood_pressure" ? inOrder.map((point) => point.value2).filter((v) => v !== null) : [];
  return {
    headline: options.isLast ? "last" : "avg",
    series: chosen.series,
    count: inOrder.length,
    total: null,
    avg: meanOf(inOrder.map((point) => point.value)),
    min: leastOf(inOrder.map((point) => (isHeartRate ? (point.value2 ?? point.value) : point.value))),
    max: greatestOf(inOrder.map((point) => (isHeartRate ? (point.value3 ?? point.value) : point.value))),
    last: latest.value,
    lastMs: latest.startMs,
    avg2: meanOf(second),
    min2: leastOf(second),
    max2: greatestOf(second),
    last2: options.shape === "blood_pressure" ? latest.value2 : null,
  };
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function leastOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.min(a, b));
}

function greatestOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b));
}
