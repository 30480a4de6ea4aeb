/**
 * Rows of numbers that arrive one by one: the series and the route of a workout.
 *
 * A route may have a million points, so rows are kept in plain number blocks. Blocks are joined once, at the end:
 * copying into ever larger ones would need three times the memory of the route.
 */
const smallestBlockRows = 64;
const largestBlockRows = 16_384;

export class RowCollector {
  #columns: number;
  #full: Float64Array[] = [];
  #block: Float64Array;
  /** Numbers in the current block. */
  #filled = 0;
  #count = 0;
  #isSorted = true;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(columns: number) {
    this.#columns = columns;
    this.#block = new Float64Array(smallestBlockRows * columns);
  }

  get count(): number {
    return this.#count;
  }

  /** Adds a copy of one row. Its first number is its time. */
  add(row: Float64Array): void {
    if (this.#filled === this.#block.length) {
      this.#full.push(this.#block);
      this.#block = new Float64Array(Math.min(this.#block.length * 2, largestBlockRows * this.#columns));
      this.#filled = 0;
    }
    for (let column = 0; column < this.#columns; column++) this.#block[this.#filled + column] = row[column]!;
    this.#filled += this.#columns;
    this.#count += 1;
    const timeMs = row[0]!;
    if (timeMs < this.#lastMs) this.#isSorted = false;
    this.#lastMs = timeMs;
  }

  /** All rows, sorted by time; rows of one time stay in the order in which they came. */
  join(): Float64Array {
    const rows = new Float64Array(this.#count * this.#columns);
    let at = 0;
    for (const block of this.#full) {
      rows.set(block, at);
      at += block.length;
    }
    rows.set(this.#block.subarray(0, this.#filled), at);
    return this.#isSorted ? rows : sortRows(rows, this.#columns);
  }
}

function sortRows(rows: Float64Array, columns: number): Float64Array {
  const order = new Uint32Array(rows.length / columns).map((_, index) => index);
  order.sort((a, b) => rows[a * columns]! - rows[b * columns]! || a - b);
  const sorted = new Float64Array(rows.length);
  order.forEach((from, to) => {
    sorted.set(rows.subarray(from * columns, (from + 1) * columns), to * columns);
  });
  return sorted;
}

/** How many rows lie in a span of time, both ends included. */
export function countInside(rows: Float64Array, columns: number, startMs: number, endMs: number): number {
  let count = 0;
  for (let at = 0; at < rows.length; at += columns) {
    if (rows[at]! >= startMs && rows[at]! <= endMs) count += 1;
  }
  return count;
}
