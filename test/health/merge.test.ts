import fc from "fast-check";
import { expect, test } from "vitest";
import {
  countingValue,
  type GroupedState,
  mergeGrouped,
  mergeSample,
  type SampleState,
} from "../../src/health/merge.js";

/** One delivery's view of a bucket. Arrivals are unique per delivery, as they are in a store. */
const delivered = (arrival: number, value: number, isLower: boolean, offsetMin: number): GroupedState => ({
  value: isLower ? null : value,
  value2: null,
  value3: null,
  lowerBound: isLower ? value : null,
  sourceId: arrival,
  offsetMin,
  firstMs: Math.floor(arrival / 1000),
  arrival,
});

const deliveries = fc
  .uniqueArray(
    fc.record({
      // Several in one millisecond, so that ties of the receive time occur.
      arrival: fc.integer({ min: 0, max: 4000 }),
      value: fc.integer({ min: 0, max: 9 }),
      isLower: fc.boolean(),
      offsetMin: fc.constantFrom(-300, 60, 120),
    }),
    { minLength: 1, maxLength: 6, selector: ({ arrival }) => arrival },
  )
  .map((list) => list.map(({ arrival, value, isLower, offsetMin }) => delivered(arrival, value, isLower, offsetMin)));

const inOrderOf =
  (list: readonly number[]) =>
  <T>(items: readonly T[]): T[] =>
    items
      .map((item, i) => ({ item, key: list[i % list.length]! }))
      .sort((a, b) => a.key - b.key)
      .map(({ item }) => item);

test("a bucket comes out the same in any order of deliveries, and however often they come", () => {
  fc.assert(
    fc.property(deliveries, fc.array(fc.nat(), { minLength: 1 }), (list, keys) => {
      const merge = (items: readonly GroupedState[]) => items.reduce(mergeGrouped);
      const inOrder = merge(list);
      expect(merge(inOrderOf(keys)(list))).toEqual(inOrder);
      expect(merge([...list, ...inOrderOf(keys)(list)])).toEqual(inOrder);
    }),
  );
});

test("the newest full value counts, unless a lower bound is above it", () => {
  const merged = [delivered(3000, 7, false, 60), delivered(1000, 9, false, 60), delivered(2000, 8, true, 60)].reduce(
    mergeGrouped,
  );
  expect(merged.value).toBe(7);
  expect(merged.lowerBound).toBe(8);
  expect(countingValue(merged)).toBe(8);
});

test("of lower bounds the largest counts, whichever came last", () => {
  const merged = mergeGrouped(delivered(1000, 5, true, 60), delivered(2000, 3, true, 60));
  expect([merged.value, merged.lowerBound, countingValue(merged)]).toEqual([null, 5, 5]);
});

test("the offset is that of the earliest delivery, so that travel moves no hour to another day", () => {
  const merged = mergeGrouped(delivered(2000, 1, false, -300), delivered(1000, 1, false, 60));
  expect([merged.offsetMin, merged.firstMs]).toEqual([60, 1]);
});

test("a sample keeps the newest source and the earliest offset in any order", () => {
  const sample = fc.record({
    arrival: fc.integer({ min: 0, max: 4000 }),
    offsetMin: fc.constantFrom(-300, 60, 120),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(sample, { minLength: 1, maxLength: 5, selector: ({ arrival }) => arrival }),
      fc.array(fc.nat(), { minLength: 1 }),
      (list, keys) => {
        const states = list.map(
          ({ arrival, offsetMin }): SampleState => ({
            arrival,
            offsetMin,
            sourceId: arrival,
            firstMs: Math.floor(arrival / 1000),
          }),
        );
        expect(inOrderOf(keys)(states).reduce(mergeSample)).toEqual(states.reduce(mergeSample));
      },
    ),
  );
});
