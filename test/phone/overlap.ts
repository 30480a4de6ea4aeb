/**
 * HealthKit's rule for what devices measure: a sample's value lies evenly over its time, and at each instant only the
 * most preferred of the sources that measured then counts.
 */
import type { Sample } from "./samples.js";

/** A stretch of time in which one source counts. */
export interface Piece {
  startMs: number;
  endMs: number;
  perMs: number;
}

/** Lower counts first. */
export function rankOf(source: string): number {
  if (source.includes("Watch")) return 0;
  return source.includes("iPhone") ? 1 : 2;
}

/** Samples of one source must not overlap each other (the person's never do). The pieces are in order of time. */
export function withoutOverlap(samples: readonly Sample[]): Piece[] {
  const edges = [...new Set(samples.flatMap((s) => [s.startMs, s.endMs]))].sort((a, b) => a - b);
  const waiting = [...samples].sort((a, b) => a.startMs - b.startMs);
  const pieces: Piece[] = [];
  let running: Sample[] = [];
  let next = 0;
  for (const [i, startMs] of edges.entries()) {
    const endMs = edges[i + 1];
    if (endMs === undefined) break;
    running = running.filter((s) => s.endMs > startMs);
    for (; next < waiting.length && waiting[next]!.startMs === startMs; next++) running.push(waiting[next]!);
    const counts = running.reduce<Sample | null>(
      (best, s) => (best && rankOf(best.source) <= rankOf(s.source) ? best : s),
      null,
    );
    if (counts) pieces.push({ startMs, endMs, perMs: counts.value / (counts.endMs - counts.startMs) });
  }
  return pieces;
}

/** Each sample for itself, overlap left in: how minutes come to add up to more than the day (spec section 8.2). */
export function withOverlap(samples: readonly Sample[]): Piece[] {
  return samples.map(({ startMs, endMs, value }) => ({ startMs, endMs, perMs: value / (endMs - startMs) }));
}
