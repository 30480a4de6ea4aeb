/** Which part of overlapping intervals counts. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countedShares,
  coveredMs,
  insertUnlessOverlapping,
  type RankedSpan,
  type Span,
} from "../../src/health/overlap.js";

const span = (startMs: number, endMs: number, rank: number): RankedSpan => ({ startMs, endMs, rank });

describe("shares of overlapping spans", () => {
  test("a span counts for the part that no preferred span covers", () => {
    expect(countedShares([span(0, 10, 1), span(5, 15, 0)])).toEqual([0.5, 1]);
  });

  test("spans that touch leave each other whole", () => {
    expect(countedShares([span(0, 10, 1), span(10, 20, 0)])).toEqual([1, 1]);
  });

  test("time under two preferred spans is taken once", () => {
    expect(countedShares([span(0, 10, 2), span(2, 6, 0), span(4, 8, 1)])).toEqual([0.4, 1, 0.5]);
  });

  test("spans of one rank do not reduce each other", () => {
    expect(countedShares([span(0, 10, 0), span(0, 10, 0), span(5, 12, 0)])).toEqual([1, 1, 1]);
  });

  test("a span without length counts whole unless its instant lies inside a preferred span", () => {
    const preferred = span(10, 20, 1);
    const instants = [9, 10, 19, 20].map((atMs) => span(atMs, atMs, 2));
    expect(countedShares([preferred, ...instants, span(15, 15, 1), span(15, 15, 0)])).toEqual([1, 1, 0, 0, 1, 1, 1]);
  });

  const spans = fc.array(
    fc
      .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 4 }))
      .map(([startMs, lengthMs, rank]) => span(startMs, startMs + lengthMs, rank)),
    { maxLength: 14 },
  );

  test("the sweep agrees with counting millisecond by millisecond", () => {
    fc.assert(
      fc.property(spans, (input) => {
        expect(countedShares(input)).toEqual(input.map((it) => shareByHand(it, input)));
      }),
    );
  });

  test("many sources at once end in the right order", () => {
    const nested = Array.from({ length: 200 }, (_, rank) => span(rank, 400 - rank, 199 - rank));
    expect(countedShares(nested)).toEqual(nested.map((it) => shareByHand(it, nested)));
  });

  function shareByHand(own: RankedSpan, all: readonly RankedSpan[]): number {
    const isTaken = (atMs: number) => all.some((it) => it.rank < own.rank && it.startMs <= atMs && atMs < it.endMs);
    if (own.startMs === own.endMs) return isTaken(own.startMs) ? 0 : 1;
    const instants = Array.from({ length: own.endMs - own.startMs }, (_, index) => own.startMs + index);
    return instants.filter((atMs) => !isTaken(atMs)).length / instants.length;
  }
});

test("coverage counts shared time once", () => {
  const spans = [
    { startMs: 30, endMs: 40 },
    { startMs: 0, endMs: 10 },
    { startMs: 2, endMs: 5 },
    { startMs: 5, endMs: 15 },
    { startMs: 32, endMs: 35 },
  ];
  expect([coveredMs(spans), coveredMs([])]).toEqual([25, 0]);
});

test("a span is inserted in order unless it overlaps one that is there", () => {
  const spans = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 9 })), { maxLength: 20 });
  fc.assert(
    fc.property(spans, (tuples) => {
      const accepted: Span[] = [];
      const byHand: Span[] = [];
      for (const [startMs, lengthMs] of tuples) {
        const candidate = { startMs, endMs: startMs + lengthMs };
        insertUnlessOverlapping(accepted, candidate);
        if (!byHand.some((it) => it.startMs < candidate.endMs && candidate.startMs < it.endMs)) byHand.push(candidate);
      }
      expect(accepted).toEqual(byHand.sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs));
    }),
  );
});
