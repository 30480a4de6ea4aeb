/**
 * How a delivery's points are grouped in time: what its headers say, unless the stamps tell otherwise (design section 2).
 *
 *     header known, stamps agree      → the header
 *     else, of the cumulative points  → all local midnights: day; on the hour: hour; on the minute: minute; else raw
 *
 * The app's buckets begin on the boundary of their grouping, one per metric and variant. So two points in one bucket, or
 * an end that is not the bucket's (only ungrouped points have ends), show that a header does not speak of these points.
 * A sparse metric alone looks coarser than it is, which is why all cumulative points of the delivery decide together.
 */
import { type Grouping, isDateKeyed } from "./record.js";

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** Values of `automation-aggregation` (spec section 1.2). `Default`: seconds for heart rate, else minutes. */
const groupingOfHeader: Record<string, Grouping | "default"> = {
  default: "default",
  second: "second",
  seconds: "second",
  minute: "minute",
  minutes: "minute",
  hour: "hour",
  hours: "hour",
  day: "day",
  days: "day",
  week: "week",
  weeks: "week",
  month: "month",
  months: "month",
  year: "year",
  years: "year",
};

export type DeliveryGrouping = Grouping | "default";

/** The grouping that a header names; null where it is missing or unknown. */
export function headerGrouping(aggregation: string | undefined): DeliveryGrouping | null {
  return groupingOfHeader[(aggregation ?? "").trim().toLowerCase()] ?? null;
}

/** What a delivery's grouping means for one metric. */
export function groupingOfMetric(grouping: DeliveryGrouping, metric: string): Grouping {
  if (grouping !== "default") return grouping;
  return metric === "heart_rate" ? "second" : "minute";
}

/** Periods in which the app exports whole days, so that no bucket is cut (spec section 1.2). */
const wholePeriods = new Set(["default", "today", "yesterday"]);

/** True where the first bucket of a cumulative metric may hold only a part of what happened in it. */
export function mayBeCut(period: string | undefined): boolean {
  return !wholePeriods.has((period ?? "").trim().toLowerCase());
}

/** True where a stamp lies on the boundary of a grouping, on the local clock. */
export function isOnBoundary(grouping: Grouping, startMs: number, offsetMin: number): boolean {
  switch (grouping) {
    case "raw":
      return true;
    case "second":
      return startMs % 1000 === 0;
    case "minute":
      return startMs % minuteMs === 0;
    case "hour":
      return (startMs + offsetMin * minuteMs) % hourMs === 0;
    default:
      return (startMs + offsetMin * minuteMs) % dayMs === 0;
  }
}

/** The key of the bucket that a stamp lies in: an instant, or for day and longer the local date in days. */
export function bucketOf(grouping: Grouping, startMs: number, offsetMin: number): number {
  if (isDateKeyed(grouping)) return Math.floor((startMs + offsetMin * minuteMs) / dayMs);
  if (grouping === "hour") {
    const localMs = startMs + offsetMin * minuteMs;
    return startMs - (((localMs % hourMs) + hourMs) % hourMs);
  }
  const unitMs = grouping === "minute" ? minuteMs : 1000;
  return Math.floor(startMs / unitMs) * unitMs;
}

/** Length of a bucket, where it is the same everywhere; NaN for day and longer. */
function bucketLengthMs(grouping: Grouping): number {
  return { raw: Number.NaN, second: 1000, minute: minuteMs, hour: hourMs }[grouping as "raw"] ?? Number.NaN;
}

/** What the stamps of some points have in common; merged over all metrics of a delivery. */
export class StampSurvey {
  private finest = 4;
  private points = 0;
  hasEnds = false;

  /** `endMs` is `startMs` where none was sent. */
  add(startMs: number, endMs: number, offsetMin: number): void {
    this.points++;
    if (endMs !== startMs) this.hasEnds = true;
    if (this.finest === 0) return;
    const localMs = startMs + offsetMin * minuteMs;
    if (this.finest >= 4 && localMs % dayMs === 0) return;
    if (this.finest >= 3 && localMs % hourMs === 0) this.finest = 3;
    else if (this.finest >= 2 && localMs % minuteMs === 0) this.finest = 2;
    else this.finest = 0;
  }

  include(other: StampSurvey): void {
    this.points += other.points;
    this.hasEnds ||= other.hasEnds;
    if (other.points > 0) this.finest = Math.min(this.finest, other.finest);
  }

  get isEmpty(): boolean {
    return this.points === 0;
  }

  /** The coarsest grouping on whose boundaries all stamps lie. */
  get grouping(): Grouping {
    if (this.hasEnds) return "raw";
    return this.finest === 4 ? "day" : this.finest === 3 ? "hour" : this.finest === 2 ? "minute" : "raw";
  }
}

/** True where an end that was sent cannot be the end of the header's bucket: only ungrouped points have such ends. */
export function endContradicts(grouping: Grouping, startMs: number, endMs: number): boolean {
  return endMs !== startMs && endMs - startMs !== bucketLengthMs(grouping);
}
