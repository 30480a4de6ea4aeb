/**
 * Sorted rows of one metric → batches for the store: each row gets its grouping and key, each key comes once.
 *
 * Of two points with one key in a delivery the later one counts, the other is `unchanged` (something newer was there).
 * Equal samples of one array are numbered instead: two foods logged in the same minute stay two, while a metric that is
 * in one body twice stays one.
 */
import { bucketOf, isOnBoundary } from "../health/grouping.js";
import type { Grouping } from "../health/record.js";
import { type MetricRef, type PointBatch, pointColumn, pointColumns, pointFlags } from "../store/store.js";
import type { RowStage } from "./row-stage.js";
import type { ScratchFile } from "./scratch-file.js";

/** Rows of a batch, which is one transaction: about 10 ms of writing. */
const rowsPerBatch = 10_000;

const column = pointColumn;

export interface BatchOptions {
  metric: MetricRef;
  grouping: Grouping;
  /** True where the first bucket may hold only a part (`health/grouping.ts`). */
  mayBeCut: boolean;
  variants: readonly string[];
  sources: readonly string[];
  /** Called for each item that gave way to a later one of the same key. */
  onSuperseded(): void;
}

/** Batches in the order of their keys; a batch is only good until the next is asked for. */
export function* pointBatches(stage: RowStage, scratch: ScratchFile, options: BatchOptions): Generator<PointBatch> {
  const buckets = new Collector(options, options.grouping, stage);
  const samples = new Collector(options, "raw", stage);
  const firstBucket =
    options.mayBeCut && stage.isCumulative && options.grouping !== "raw"
      ? bucketOf(options.grouping, stage.earliestMs, stage.earliestOffsetMin)
      : Number.NaN;
  for (const { rows, count } of stage.sortedPieces(scratch)) {
    for (let row = 0; row < count; row++) {
      const at = row * pointColumns;
      const start = rows[at + column.start]!;
      const offsetMin = rows[at + column.offsetMin]!;
      const isBucket =
        options.grouping !== "raw" && (stage.isCumulative || isOnBoundary(options.grouping, start, offsetMin));
      if (isBucket) {
        const full = buckets.addBucket(rows, at, bucketOf(options.grouping, start, offsetMin), firstBucket);
        if (full) yield full;
      } else {
        const full = samples.addSample(rows, at);
        if (full) yield full;
      }
    }
  }
  for (const collector of [buckets, samples]) {
    const rest = collector.take();
    if (rest) yield rest;
  }
}

/** `value` in nine significant digits: float noise must not make two samples of one. */
function nineDigits(value: number): number {
  return Number.isNaN(value) || Number.isSafeInteger(value) ? value : Number(value.toPrecision(9));
}

class Collector {
  private readonly options: BatchOptions;
  private readonly grouping: Grouping;
  private rows: Float64Array = new Float64Array(64 * pointColumns);
  private spare: Float64Array | null = null;
  private count = 0;
  private readonly sectionOf: (position: number) => number;
  /** Highest number given in the current run of equal samples, and the number and array of its last element. */
  private highestNth = 0;
  private lastNth = 0;
  private lastSection = 0;

  constructor(options: BatchOptions, grouping: Grouping, stage: RowStage) {
    this.options = options;
    this.sectionOf = (position) => stage.sectionOf(position);
    this.grouping = grouping;
  }

  addBucket(from: Float64Array, at: number, bucket: number, firstBucket: number): PointBatch | null {
    const { rows } = this;
    const last = (this.count - 1) * pointColumns;
    const isSameKey =
      this.count > 0 &&
      rows[last + column.start] === bucket &&
      rows[last + column.variant] === from[at + column.variant];
    if (isSameKey) {
      const isLater = from[at + column.position]! >= rows[last + column.position]!;
      const loser = isLater ? rows[last + column.flags]! : from[at + column.flags]!;
      if ((loser & pointFlags.uncounted) === 0) this.options.onSuperseded();
      if (!isLater) return null;
      this.count--;
    }
    const full = isSameKey ? null : this.takeWhenFull();
    const to = this.place(from, at);
    this.rows[to + column.start] = bucket;
    this.rows[to + column.end] = bucket;
    if (bucket === firstBucket) this.rows[to + column.flags]! |= pointFlags.lowerBound;
    return full;
  }

  addSample(from: Float64Array, at: number): PointBatch | null {
    const value = nineDigits(from[at + column.value]!);
    const value2 = nineDigits(from[at + column.value2]!);
    const value3 = nineDigits(from[at + column.value3]!);
    const position = from[at + column.position]!;
    let nth = 0;
    if (this.isSameSample(from, at, value, value2, value3)) {
      const section = this.sectionOf(position);
      nth = section === this.lastSection ? this.lastNth + 1 : 0;
      this.lastNth = nth;
      this.lastSection = section;
      if (nth <= this.highestNth) {
        if ((from[at + column.flags]! & pointFlags.uncounted) === 0) this.options.onSuperseded();
        return null;
      }
      this.highestNth = nth;
    } else {
      this.highestNth = 0;
      this.lastNth = 0;
      this.lastSection = this.sectionOf(position);
    }
    // A run of equal samples stays in one batch only by luck; its numbers differ, so nothing depends on it.
    const full = nth === 0 ? this.takeWhenFull() : null;
    const to = this.place(from, at);
    this.rows[to + column.value] = value;
    this.rows[to + column.value2] = value2;
    this.rows[to + column.value3] = value3;
    this.rows[to + column.nth] = nth;
    return full;
  }

  private isSameSample(from: Float64Array, at: number, value: number, value2: number, value3: number): boolean {
    if (this.count === 0) return false;
    const last = (this.count - 1) * pointColumns;
    const { rows } = this;
    return (
      rows[last + column.start] === from[at + column.start] &&
      rows[last + column.end] === from[at + column.end] &&
      rows[last + column.variant] === from[at + column.variant] &&
      rows[last + column.sourceKey] === from[at + column.sourceKey] &&
      Object.is(rows[last + column.value], value) &&
      Object.is(rows[last + column.value2], value2) &&
      Object.is(rows[last + column.value3], value3)
    );
  }

  private place(from: Float64Array, at: number): number {
    const to = this.count * pointColumns;
    if (to === this.rows.length) {
      const larger = new Float64Array(this.rows.length * 2);
      larger.set(this.rows);
      this.rows = larger;
    }
    for (let i = 0; i < pointColumns; i++) this.rows[to + i] = from[at + i]!;
    this.count++;
    return to;
  }

  private takeWhenFull(): PointBatch | null {
    return this.count >= rowsPerBatch ? this.take() : null;
  }

  take(): PointBatch | null {
    if (this.count === 0) return null;
    const { metric, variants, sources } = this.options;
    const batch: PointBatch = {
      metric,
      grouping: this.grouping,
      rows: this.rows.subarray(0, this.count * pointColumns),
      rowCount: this.count,
      variants,
      sources,
    };
    // Two buffers take turns: by the time this one is filled again, its batch has been written.
    const next = this.spare?.length === this.rows.length ? this.spare : new Float64Array(this.rows.length);
    this.spare = this.rows;
    this.rows = next;
    this.count = 0;
    return batch;
  }
}
