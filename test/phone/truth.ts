/**
 * What is true about a simulated person, and whether an answer of the daemon agrees with it.
 *
 * The truth is told in canonical units and by the local days that the person lived. It knows nothing of exports: an
 * answer must agree with it whatever the grouping, order, splitting and repetition of what was sent.
 */
import { findMetric, isTotal, type Shape, sleepMetric } from "./catalogue.js";
import type { LocalDay } from "./clock.js";
import type { Entry } from "./events.js";
import { withoutOverlap } from "./overlap.js";
import type { Person } from "./person.js";
import type { Sample } from "./samples.js";
import { type TrueNight, trueNight } from "./sleep.js";
import type { WorkoutDone } from "./workouts.js";

export interface DayTruth {
  shape: Shape;
  unit: string;
  /** Number of samples of all sources. */
  count: number;
  /** Null for what does not add up. */
  total: number | null;
  min: number;
  max: number;
  mean: number;
  /** Value of the latest sample. */
  last: number;
}

export interface Truth {
  /** Metric, then local date; days without a sample are absent. */
  days: Map<string, Map<string, DayTruth>>;
  nights: TrueNight[];
  workouts: readonly WorkoutDone[];
  events: readonly Entry[];
}

export function makeTruth(person: Person): Truth {
  const days = new Map<string, Map<string, DayTruth>>();
  for (const name of person.metrics)
    if (name !== sleepMetric) days.set(name, truthOfMetric(name, person.samples(name), person.days));
  return {
    days,
    nights: person.sleep.filter((record) => record.isBest).map(trueNight),
    workouts: person.workouts,
    events: person.entries,
  };
}

function truthOfMetric(name: string, samples: readonly Sample[], days: readonly LocalDay[]): Map<string, DayTruth> {
  const { shape, unit } = findMetric(name);
  const truth = new Map<string, DayTruth>();
  for (const { date, startMs, endMs } of days) {
    const own = samples.filter((s) => s.startMs >= startMs && s.startMs < endMs);
    if (own.length === 0) continue;
    const values = own.map((s) => s.value);
    const sum = values.reduce((total, value) => total + value, 0);
    const measured = () => withoutOverlap(own).reduce((total, p) => total + p.perMs * (p.endMs - p.startMs), 0);
    truth.set(date, {
      shape,
      unit,
      count: own.length,
      total: isTotal(shape) ? (shape === "measured" ? measured() : sum) : null,
      min: Math.min(...values),
      max: Math.max(...values),
      mean: sum / own.length,
      last: values.at(-1)!,
    });
  }
  return truth;
}

/** A row of `GET /api/v1/daily`. */
export interface DailyRow {
  date: string;
  metrics: Record<string, Partial<Record<"total" | "avg" | "min" | "max" | "last", number | null>> & { unit?: string }>;
}

export interface CompareOptions {
  /** Allowed difference, relative to the truth. */
  tolerance?: number;
  /** Default: all that the truth has, sleep included. */
  metrics?: readonly string[];
  /** Default: all. */
  dates?: readonly string[];
}

/**
 * Throws, with every difference, unless the rows agree with the truth: totals; the latest of what has one; for other
 * discrete metrics that all numbers lie within the day's extremes, for their mean depends on the grouping sent.
 * Rows may have more metrics than the truth, but no days more.
 */
export function expectDays(rows: readonly DailyRow[], truth: Truth, options: CompareOptions = {}): void {
  const found = compareDays(rows, truth, options);
  if (found.length > 0) throw new Error(`daily differs from the truth:\n  ${found.join("\n  ")}`);
}

export function compareDays(rows: readonly DailyRow[], truth: Truth, options: CompareOptions = {}): string[] {
  const { tolerance = 1e-6, metrics = [...truth.days.keys(), sleepMetric] } = options;
  const byDate = new Map(rows.map((row) => [row.date, row.metrics]));
  const isMeant = (date: string): boolean => options.dates?.includes(date) ?? true;
  const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
  const found: string[] = [];
  if (byDate.size < rows.length) found.push("a date has two rows");
  for (const name of metrics) {
    const days = name === sleepMetric ? sleepDays(truth) : (truth.days.get(name) ?? new Map<string, DayTruth>());
    for (const [date, day] of days) {
      const row = byDate.get(date)?.[name];
      if (isMeant(date))
        found.push(...(row ? compareDay(day, row, isNear) : ["absent"]).map((d) => `${date} ${name}: ${d}`));
    }
    for (const row of rows) {
      if (isMeant(row.date) && row.metrics[name] && !days.has(row.date))
        found.push(`${row.date} ${name}: should be absent`);
    }
  }
  return found;
}

function compareDay(
  day: DayTruth,
  row: DailyRow["metrics"][string],
  isNear: (a: number, b: number) => boolean,
): string[] {
  const found: string[] = [];
  if (row.unit !== undefined && row.unit !== day.unit) found.push(`unit is ${row.unit}, not ${day.unit}`);
  const expectEqual = (field: "total" | "last" | "min" | "max", value: number): void => {
    const actual = row[field];
    if (actual === undefined || actual === null || !isNear(actual, value))
      found.push(`${field} is ${actual}, not ${value}`);
  };
  if (day.total !== null) {
    expectEqual("total", day.total);
    return found;
  }
  // Several readings (blood glucose) make a day bucket for each meal time: nothing tells which of them is the latest.
  if (day.shape === "latest" && day.min === day.max) expectEqual("last", day.last);
  if (day.shape === "heart_rate") {
    expectEqual("min", day.min);
    expectEqual("max", day.max);
  }
  for (const field of ["avg", "min", "max", "last"] as const) {
    const actual = row[field];
    if (actual === undefined || actual === null) continue;
    const nearest = Math.min(Math.max(actual, day.min), day.max);
    if (!isNear(actual, nearest)) found.push(`${field} is ${actual}, outside ${day.min} to ${day.max}`);
  }
  return found;
}

/** Nights and naps by the day of waking, minutes. */
function sleepDays(truth: Truth): Map<string, DayTruth> {
  const days = new Map<string, DayTruth>();
  for (const { date, totalMin } of truth.nights) {
    const total = (days.get(date)?.total ?? 0) + totalMin;
    const count = (days.get(date)?.count ?? 0) + 1;
    days.set(date, { shape: "logged", unit: "min", count, total, min: total, max: total, mean: total, last: total });
  }
  return days;
}
