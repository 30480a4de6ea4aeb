/**
 * A day that has one series only, of buckets of a minute or less: the same summary as `day.ts` gives, added up row by row.
 *
 * The common day of an import has thousands of such buckets of one grouping and variant. They lie on one grid and cannot
 * overlap, so there is nothing to choose and nothing to sort, and no object is made per bucket (half the time of a large
 * import went there). Rows have to come in the order of time: floats add up differently in another.
 */
import type { DaySummary, DiscreteShape } from "./day.js";
import type { Grouping } from "./record.js";

export interface DenseDayOptions {
  series: Extract<Grouping, "second" | "minute">;
  isCumulative: boolean;
  isLast: boolean;
  shape: DiscreteShape;
}

export class DenseDay {
  private readonly options: DenseDayOptions;
  private count = 0;
  private sum = 0;
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;
  private last = 0;
  private lastMs = 0;
  private count2 = 0;
  private sum2 = 0;
  private min2 = Number.POSITIVE_INFINITY;
  private max2 = Number.NEGATIVE_INFINITY;
  private last2: number | null = null;

  constructor(options: DenseDayOptions) {
    this.options = options;
  }

  /** `value` is the one that counts: the larger of full value and lower bound. */
  add(startMs: number, value: number, value2: number | null, value3: number | null): void {
    const isHeartRate = this.options.shape === "heart_rate";
    this.count++;
    this.sum += value;
    this.min = Math.min(this.min, isHeartRate ? (value2 ?? value) : value);
    this.max = Math.max(this.max, isHeartRate ? (value3 ?? value) : value);
    this.last = value;
    this.lastMs = startMs;
    if (this.options.shape !== "blood_pressure") return;
    this.last2 = value2;
    if (value2 === null) return;
    this.count2++;
    this.sum2 += value2;
    this.min2 = Math.min(this.min2, value2);
    this.max2 = Math.max(this.max2, value2);
  }

  /** Null where nothing was added. */
  summary(): DaySummary | null {
    if (this.count === 0) return null;
    const { series, isCumulative, isLast } = this.options;
    const has2 = !isCumulative && this.count2 > 0;
    return {
      headline: isCumulative ? "total" : isLast ? "last" : "avg",
      series,
      count: this.count,
      total: isCumulative ? this.sum : null,
      avg: isCumulative ? null : this.sum / this.count,
      min: isCumulative ? null : this.min,
      max: isCumulative ? null : this.max,
      last: isCumulative ? null : this.last,
      lastMs: this.lastMs,
      avg2: has2 ? this.sum2 / this.count2 : null,
      min2: has2 ? this.min2 : null,
      max2: has2 ? this.max2 : null,
      last2: isCumulative ? null : this.last2,
    };
  }
}
