/**
 * The rows of one metric of a delivery, sorted by key, in bounded memory: an external merge sort.
 *
 * Rows are staged because how they are grouped is known only when the whole delivery has been read, and sorted because
 * ascending writes are several times faster. Phones send a metric's points in the order of time, so nearly always there
 * is nothing to sort; a shuffled import costs a merge of sorted runs.
 *
 * Order: `pointColumns` 0 to 7 of store.ts (variant, start, end, source key, values, position).
 */
import {
  bucketOf,
  type DeliveryGrouping,
  endContradicts,
  groupingOfMetric,
  isOnBoundary,
  StampSurvey,
} from "../health/grouping.js";
import type { RowSink } from "../health/points.js";
import type { Grouping } from "../health/record.js";
import { pointColumn, pointColumns, pointFlags } from "../store/store.js";
import type { ScratchFile } from "./scratch-file.js";

/** Rows of a full run: 1.5 MB. */
const rowsPerRun = 16_384;
/** Rows read at once, and rows that each spilled run has in memory while runs are merged. */
const rowsPerRead = 2048;
const rowsPerMergeRead = 256;
const sortColumns = pointColumn.position + 1;

interface Run {
  rows: Float64Array | null;
  /** Where the run lies in the scratch file, when it is not in memory. */
  offset: number;
  count: number;
  first: Float64Array;
  last: Float64Array;
}

export interface RowStageOptions {
  metric: string;
  isCumulative: boolean;
  /** What the headers say; null where they say nothing. */
  header: DeliveryGrouping | null;
}

export class RowStage implements RowSink {
  readonly metric: string;
  readonly isCumulative: boolean;
  /** What the stamps of all rows have in common. */
  readonly survey = new StampSurvey();
  /** Earliest instant of all rows. */
  earliestMs = Number.POSITIVE_INFINITY;
  earliestOffsetMin = 0;
  /** An end that cannot be the end of the header's bucket, or two points in one bucket. */
  contradictsHeader = false;
  /**
   * Two points of a minute in one array: they can be no buckets, however round their stamps look. Two entries of one
   * metric are copies of each other instead.
   */
  hasMinuteTwins = false;
  rowCount = 0;

  private readonly headerGrouping: Grouping | null;
  private rows: Float64Array = new Float64Array(64 * pointColumns);
  private count = 0;
  private isSorted = true;
  private sections: number[] = [];
  private sectionBase = 0;
  private lastPosition = -2;
  private runs: Run[] = [];
  private readonly spareRuns: Float64Array[] = [];
  private isUnsortedOverall = false;
  private lastVariant = -1;
  private lastStartMs = Number.NEGATIVE_INFINITY;
  private lastBucket = Number.NaN;
  private lastStartSection = -1;

  constructor(options: RowStageOptions) {
    this.metric = options.metric;
    this.isCumulative = options.isCumulative;
    this.headerGrouping = options.header === null ? null : groupingOfMetric(options.header, options.metric);
  }

  /**
   * A metric may come in several entries of one delivery. Positions go on from one to the next, a step apart.
   */
  startSection(): void {
    this.sectionBase = this.lastPosition + 2;
    this.sections.push(this.sectionBase);
  }

  /** Index in its own array of the element at a position. */
  itemIndex(position: number): number {
    return position - this.sectionOf(position);
  }

  /** Position at which the array of an element begins: the array's name within this stage. */
  sectionOf(position: number): number {
    if (position >= this.sectionBase) return this.sectionBase;
    return this.sections.findLast((start) => start <= position) ?? 0;
  }

  add(
    variant: number,
    startMs: number,
    endMs: number,
    sourceKey: number,
    value: number,
    value2: number,
    value3: number,
    source: number,
    offsetMin: number,
    index: number,
    isCounted: boolean,
  ): void {
    if (this.count * pointColumns === this.rows.length) this.grow();
    const at = this.count * pointColumns;
    const { rows } = this;
    rows[at] = variant;
    rows[at + 1] = startMs;
    rows[at + 2] = endMs;
    rows[at + 3] = sourceKey;
    rows[at + 4] = value;
    rows[at + 5] = value2;
    rows[at + 6] = value3;
    this.lastPosition = this.sectionBase + index;
    rows[at + 7] = this.lastPosition;
    rows[at + 8] = source;
    rows[at + 9] = offsetMin;
    rows[at + 10] = isCounted ? 0 : pointFlags.uncounted;
    rows[at + 11] = 0;
    if (this.isSorted && at > 0 && compareRows(rows, at - pointColumns, rows, at) > 0) this.isSorted = false;
    this.count++;
    this.rowCount++;
    if (startMs < this.earliestMs) {
      this.earliestMs = startMs;
      this.earliestOffsetMin = offsetMin;
    }
    this.survey.add(startMs, endMs, offsetMin);
    this.watchBuckets(variant, startMs, endMs, offsetMin);
    if (this.count === rowsPerRun) this.endRun();
  }

  /** Looks for contradictions as rows pass; rows out of order are looked through once more by `findTwins`. */
  private watchBuckets(variant: number, startMs: number, endMs: number, offsetMin: number): void {
    const grouping = this.headerGrouping;
    const isLater = variant > this.lastVariant || (variant === this.lastVariant && startMs >= this.lastStartMs);
    if (!isLater) this.isUnsortedOverall = true;
    if (grouping !== null && grouping !== "raw") {
      if (this.isCumulative && endContradicts(grouping, startMs, endMs)) this.contradictsHeader = true;
      if (this.isCumulative || isOnBoundary(grouping, startMs, offsetMin)) {
        const bucket = bucketOf(grouping, startMs, offsetMin);
        if (bucket === this.lastBucket && variant === this.lastVariant) this.contradictsHeader = true;
        this.lastBucket = bucket;
      }
    }
    if (
      variant === this.lastVariant &&
      this.sectionBase === this.lastStartSection &&
      minuteOf(startMs) === minuteOf(this.lastStartMs)
    ) {
      this.hasMinuteTwins = true;
    }
    this.lastVariant = variant;
    this.lastStartMs = startMs;
    this.lastStartSection = this.sectionBase;
  }

  /** For metrics whose rows came out of order: the same questions, asked of the sorted rows. */
  findTwins(scratch: ScratchFile): void {
    if (!this.isUnsortedOverall) return;
    const grouping = this.headerGrouping;
    let lastVariant = -1;
    let lastStart = Number.NaN;
    let lastBucket = Number.NaN;
    const sectionsOfMinute = new Set<number>();
    this.forEachSorted(scratch, (rows, at) => {
      const variant = rows[at]!;
      const start = rows[at + 1]!;
      const offsetMin = rows[at + pointColumn.offsetMin]!;
      if (variant !== lastVariant || minuteOf(start) !== minuteOf(lastStart)) sectionsOfMinute.clear();
      const section = this.sectionOf(rows[at + pointColumn.position]!);
      if (sectionsOfMinute.has(section)) this.hasMinuteTwins = true;
      sectionsOfMinute.add(section);
      if (grouping !== null && grouping !== "raw" && (this.isCumulative || isOnBoundary(grouping, start, offsetMin))) {
        const bucket = bucketOf(grouping, start, offsetMin);
        if (variant === lastVariant && bucket === lastBucket) this.contradictsHeader = true;
        lastBucket = bucket;
      }
      lastVariant = variant;
      lastStart = start;
    });
  }

  /** Bytes that full and growing runs hold in memory. */
  get memoryBytes(): number {
    return this.rows.byteLength + this.runs.reduce((sum, run) => sum + (run.rows?.byteLength ?? 0), 0);
  }

  /** Moves everything to the scratch file. */
  spill(scratch: ScratchFile): void {
    this.endRun();
    for (const run of this.runs) {
      if (!run.rows) continue;
      run.offset = scratch.append(new Uint8Array(run.rows.buffer, run.rows.byteOffset, run.rows.byteLength));
      // Memory outside the heap is returned late: what was spilled serves the next run.
      if (run.rows.length === rowsPerRun * pointColumns) this.spareRuns.push(run.rows);
      run.rows = null;
    }
  }

  private grow(): void {
    const larger = new Float64Array(Math.min(this.rows.length * 4, rowsPerRun * pointColumns));
    larger.set(this.rows);
    this.rows = larger;
  }

  private endRun(): void {
    if (this.count === 0) return;
    let rows = this.rows.subarray(0, this.count * pointColumns);
    if (!this.isSorted) rows = sortRows(rows, this.count);
    this.runs.push({
      rows,
      offset: -1,
      count: this.count,
      first: rows.slice(0, pointColumns),
      last: rows.slice((this.count - 1) * pointColumns),
    });
    // A metric that has filled one run is likely to fill the next.
    this.rows = this.spareRuns.pop() ?? new Float64Array((this.count === rowsPerRun ? rowsPerRun : 64) * pointColumns);
    this.count = 0;
    this.isSorted = true;
  }

  /** Calls `visit` with every row in order; the array is only good during the call. May be called again. */
  forEachSorted(scratch: ScratchFile, visit: (rows: Float64Array, at: number) => void): void {
    for (const { rows, count } of this.sortedPieces(scratch)) {
      for (let row = 0; row < count; row++) visit(rows, row * pointColumns);
    }
  }

  /** The rows in order, in pieces that are good until the next is asked for. */
  *sortedPieces(scratch: ScratchFile): Generator<{ rows: Float64Array; count: number }> {
    this.endRun();
    const runs = [...this.runs].sort((a, b) => compareRows(a.first, 0, b.first, 0));
    const disjoint = runs.every((run, i) => i === 0 || compareRows(runs[i - 1]!.last, 0, run.first, 0) <= 0);
    if (disjoint) {
      const buffer = new Float64Array(rowsPerRead * pointColumns);
      for (const run of runs) {
        for (let row = 0; row < run.count; row += rowsPerRead) {
          const count = Math.min(rowsPerRead, run.count - row);
          yield { rows: readRun(run, scratch, row, count, buffer), count };
        }
      }
      return;
    }
    yield* mergeRuns(runs, scratch);
  }
}

/** Rows of a run: in place where it is in memory, else read into `buffer`. */
function readRun(run: Run, scratch: ScratchFile, row: number, count: number, buffer: Float64Array): Float64Array {
  if (run.rows) return run.rows.subarray(row * pointColumns, (row + count) * pointColumns);
  const rows = buffer.subarray(0, count * pointColumns);
  scratch.read(run.offset + row * pointColumns * 8, new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  return rows;
}

interface Cursor {
  run: Run;
  buffer: Float64Array;
  /** Next row of the run to be read into `rows`. */
  next: number;
  rows: Float64Array;
  count: number;
  at: number;
}

/** Merges sorted runs by a heap of cursors, the least row on top. */
function* mergeRuns(runs: readonly Run[], scratch: ScratchFile): Generator<{ rows: Float64Array; count: number }> {
  const fill = (cursor: Cursor): boolean => {
    const count = Math.min(rowsPerMergeRead, cursor.run.count - cursor.next);
    if (count <= 0) return false;
    cursor.rows = readRun(cursor.run, scratch, cursor.next, count, cursor.buffer);
    cursor.count = count;
    cursor.next += count;
    cursor.at = 0;
    return true;
  };
  const heap: Cursor[] = runs.map((run) => {
    const buffer = new Float64Array(rowsPerMergeRead * pointColumns);
    const cursor: Cursor = { run, buffer, next: 0, rows: buffer, count: 0, at: 0 };
    fill(cursor);
    return cursor;
  });
  const isLess = (a: Cursor, b: Cursor) => compareRows(a.rows, a.at * pointColumns, b.rows, b.at * pointColumns) < 0;
  const sink = (from: number) => {
    for (let parent = from; ; ) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < heap.length && isLess(heap[child]!, heap[least]!)) least = child;
      }
      if (least === parent) return;
      [heap[parent], heap[least]] = [heap[least]!, heap[parent]!];
      parent = least;
    }
  };
  for (let i = heap.length >> 1; i >= 0; i--) sink(i);
  const out = new Float64Array(rowsPerRead * pointColumns);
  let count = 0;
  while (heap.length > 0) {
    const least = heap[0]!;
    out.set(least.rows.subarray(least.at * pointColumns, (least.at + 1) * pointColumns), count * pointColumns);
    if (++count === rowsPerRead) {
      yield { rows: out, count };
      count = 0;
    }
    if (++least.at === least.count && !fill(least)) {
      const last = heap.pop()!;
      if (heap.length > 0) heap[0] = last;
    }
    sink(0);
  }
  if (count > 0) yield { rows: out, count };
}

function minuteOf(ms: number): number {
  return Math.floor(ms / 60_000);
}

function compareRows(a: Float64Array, atA: number, b: Float64Array, atB: number): number {
  for (let column = 0; column < sortColumns; column++) {
    const difference = a[atA + column]! - b[atB + column]!;
    if (difference < 0 || difference > 0) return difference;
    // NaN (no value) differs from every number: it goes first, so that the order stays total.
    if (Number.isNaN(difference)) {
      const order = Number(Number.isNaN(b[atB + column]!)) - Number(Number.isNaN(a[atA + column]!));
      if (order !== 0) return order;
    }
  }
  return 0;
}

function sortRows(rows: Float64Array, count: number): Float64Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i * pointColumns).sort((a, b) =>
    compareRows(rows, a, rows, b),
  );
  const sorted = new Float64Array(count * pointColumns);
  for (let i = 0; i < count; i++) {
    sorted.set(rows.subarray(order[i]!, order[i]! + pointColumns), i * pointColumns);
  }
  return sorted;
}
