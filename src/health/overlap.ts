/**
 * Intervals that overlap: which of them count, and how much of each.
 *
 * `countedShares` is the sweep that keeps two devices on one body from counting every step twice (design section 3).
 * It runs in O(n log n) whatever the number of sources; its result does not depend on the order of its input. Which
 * source is preferred is decided by the caller (`day.ts`).
 */

/** From `startMs` up to, not including, `endMs`. Two spans that merely touch do not overlap. */
export interface Span {
  startMs: number;
  endMs: number;
}

/** A span whose time belongs to a source. Rank 0 is preferred to rank 1 and so on; ranks are dense. */
export interface RankedSpan extends Span {
  rank: number;
}

/**
 * The share of each span, 0 to 1, during which no span of a lower rank lies over it, in the order of the input.
 *
 * Spans of equal rank do not reduce each other: what one source says twice, it means. A span without length counts
 * whole, unless its instant lies inside a span of a lower rank.
 */
export function countedShares(spans: readonly RankedSpan[]): number[] {
  const events = spans
    .flatMap((span, index): SweepEvent[] =>
      span.endMs > span.startMs
        ? [
            { atMs: span.startMs, kind: "start", index },
            { atMs: span.endMs, kind: "end", index },
          ]
        : [{ atMs: span.startMs, kind: "instant", index }],
    )
    .sort((a, b) => a.atMs - b.atMs || kindOrder[a.kind] - kindOrder[b.kind]);

  const shares = spans.map(() => 0);
  const ownedMs: number[] = []; // by rank: how long it has been the preferred one
  const ownedAtStartMs: number[] = []; // by span
  const open = new OpenRanks();
  let previousMs = 0;
  for (const { atMs, kind, index } of events) {
    const { rank, startMs, endMs } = spans[index]!;
    const preferred = open.lowest();
    if (preferred !== undefined) ownedMs[preferred] = (ownedMs[preferred] ?? 0) + atMs - previousMs;
    previousMs = atMs;
    if (kind === "instant") {
      shares[index] = preferred === undefined || preferred >= rank ? 1 : 0;
    } else if (kind === "start") {
      open.add(rank);
      ownedAtStartMs[index] = ownedMs[rank] ?? 0;
    } else {
      open.remove(rank);
      shares[index] = ((ownedMs[rank] ?? 0) - ownedAtStartMs[index]!) / (endMs - startMs);
    }
  }
  return shares;
}

interface SweepEvent {
  atMs: number;
  kind: keyof typeof kindOrder;
  index: number;
}

/** At one instant: what ends there is over, what starts there has begun. */
const kindOrder = { end: 0, start: 1, instant: 2 };

/** The ranks with an open span, lowest first: a binary heap in which ranks that closed stay until they surface. */
class OpenRanks {
  readonly #heap: number[] = [];
  readonly #openByRank: number[] = [];
  readonly #inHeap = new Set<number>();

  add(rank: number): void {
    this.#openByRank[rank] = (this.#openByRank[rank] ?? 0) + 1;
    if (this.#inHeap.has(rank)) return;
    this.#inHeap.add(rank);
    const heap = this.#heap;
    let at = heap.push(rank) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]! <= rank) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = rank;
  }

  remove(rank: number): void {
    this.#openByRank[rank]! -= 1;
  }

  lowest(): number | undefined {
    while (this.#heap.length > 0 && this.#openByRank[this.#heap[0]!] === 0) this.#dropLowest();
    return this.#heap[0];
  }

  #dropLowest(): void {
    const heap = this.#heap;
    this.#inHeap.delete(heap[0]!);
    const moved = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child += 1;
      if (heap[child]! >= moved) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = moved;
  }
}

/** How long the spans last together, time that several of them share counted once. */
export function coveredMs(spans: readonly Span[]): number {
  let coveredMs = 0;
  let reachedMs = Number.NEGATIVE_INFINITY;
  for (const { startMs, endMs } of [...spans].sort((a, b) => a.startMs - b.startMs)) {
    if (endMs <= reachedMs) continue;
    coveredMs += endMs - Math.max(startMs, reachedMs);
    reachedMs = endMs;
  }
  return coveredMs;
}

/** Inserts `candidate` unless it overlaps one of `accepted`, which stays disjoint and in the order of start. */
export function insertUnlessOverlapping<T extends Span>(accepted: T[], candidate: T): void {
  let low = 0;
  let high = accepted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (accepted[middle]!.endMs <= candidate.startMs) low = middle + 1;
    else high = middle;
  }
  const next = accepted[low];
  if (next === undefined || next.startMs >= candidate.endMs) accepted.splice(low, 0, candidate);
}

/** By code units, so that ties break the same way on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
