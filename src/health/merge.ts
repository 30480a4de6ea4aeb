/**
 * How a point that arrives meets the stored one of the same key (design section 2). Pure; used by every store.
 *
 * The result depends on the set of deliveries only, never on the order in which they are processed: the full value is
 * that of the newest delivery, the lower bound the largest, the offset that of the earliest. Of one delivery a later
 * call wins, so a batch must hold each key once.
 */

/** What a store keeps of a grouped point besides its key. */
export interface GroupedState {
  /** Newest full value; null while only lower bounds are known. */
  value: number | null;
  value2: number | null;
  value3: number | null;
  lowerBound: number | null;
  sourceId: number;
  offsetMin: number;
  /** Receive time of the earliest delivery: its offset tells the local date for ever (travel moves no hour). */
  firstMs: number;
  /** Arrival of the full value; of the newest lower bound while there is no full value. */
  arrival: number;
}

/** The value that counts: the larger of full value and lower bound. */
export function countingValue(state: Pick<GroupedState, "value" | "lowerBound">): number {
  if (state.value === null) return state.lowerBound ?? 0;
  return state.lowerBound !== null && state.lowerBound > state.value ? state.lowerBound : state.value;
}

/** Whichever of the two is the earlier gives offset and first time; on a tie the smaller offset, so that order is nothing. */
export function earlier(a: { firstMs: number; offsetMin: number }, b: { firstMs: number; offsetMin: number }) {
  return a.firstMs < b.firstMs || (a.firstMs === b.firstMs && a.offsetMin <= b.offsetMin) ? a : b;
}

export function mergeGrouped(stored: GroupedState, incoming: GroupedState): GroupedState {
  const first = earlier(stored, incoming);
  const merged: GroupedState = { ...stored, offsetMin: first.offsetMin, firstMs: first.firstMs };
  if (incoming.lowerBound !== null && (merged.lowerBound === null || incoming.lowerBound > merged.lowerBound)) {
    merged.lowerBound = incoming.lowerBound;
  }
  const isFull = incoming.value !== null;
  const storedIsFull = stored.value !== null;
  const isNewer = incoming.arrival >= stored.arrival;
  if ((isFull && (!storedIsFull || isNewer)) || (!isFull && !storedIsFull && isNewer)) {
    merged.value = incoming.value;
    merged.value2 = incoming.value2;
    merged.value3 = incoming.value3;
    merged.sourceId = incoming.sourceId;
    merged.arrival = incoming.arrival;
  }
  return merged;
}

/** True when people would see another number. */
export function valueChanged(before: GroupedState, after: GroupedState): boolean {
  return (
    countingValue(before) !== countingValue(after) || before.value2 !== after.value2 || before.value3 !== after.value3
  );
}

/** What a store keeps of a single sample besides its key (the values are part of the key). */
export interface SampleState {
  sourceId: number;
  offsetMin: number;
  firstMs: number;
  arrival: number;
}

export function mergeSample(stored: SampleState, incoming: SampleState): SampleState {
  const first = earlier(stored, incoming);
  const newest = incoming.arrival >= stored.arrival ? incoming : stored;
  return { sourceId: newest.sourceId, arrival: newest.arrival, offsetMin: first.offsetMin, firstMs: first.firstMs };
}
