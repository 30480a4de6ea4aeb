/**
 * Nights from summaries and segments: which are seen, and how far around a change they must be judged anew.
 *
 *     segments → visibleSegments (sleep.ts) → nightsFromSegments ┐
 *     summaries ─────────────────────────────────────────────────┴→ visibleNights → summariseSleepDay
 *
 * What a caller may rely on:
 *
 * - The result is a function of the set of records, never of their order.
 * - No two visible nights overlap, whatever their sources: two apps that watched one night are not two nights.
 * - Records outside the window that `growSleepWindow` settles on cannot change what is visible inside it, so a store
 *   may rebuild a neighbourhood instead of a life.
 */
import type { DaySummary } from "./day.js";
import { compareText, insertUnlessOverlapping, type Span } from "./overlap.js";
import {
  type Arrival,
  compareArrival,
  type Night,
  type SleepSegment,
  type SleepStage,
  type SleepSummary,
} from "./record.js";
import { roundMin } from "./sleep.js";

/** A gap of two hours or more parts a nap from the night (design section 2). */
const nightGapMs = 2 * 60 * 60 * 1000;

/** A night with the arrival of the newest delivery that had a part in it. */
export interface ArrivedNight extends Night, Arrival {}

/**
 * The nights that visible segments make, source by source: segments of every stage are joined across gaps under two
 * hours. A night lasts from first to last asleep, as the app's own summaries do (spec section 4.3), and only the time
 * awake in between counts as awake. A stage that no segment had is null.
 *
 * Segments in bed or awake without any sleep make no night: a watch left on the table must not report a night of zero.
 */
export function nightsFromSegments(visible: readonly SleepSegment[]): ArrivedNight[] {
  const bySource = new Map<string, SleepSegment[]>();
  for (const segment of visible) {
    const ofSource = bySource.get(segment.sourceKey);
    if (ofSource === undefined) bySource.set(segment.sourceKey, [segment]);
    else ofSource.push(segment);
  }
  return [...bySource.values()]
    .flatMap(joinAcrossGaps)
    .map(nightOf)
    .filter((night) => night !== null)
    .sort(compareByEnd);
}

/** Groups of spans with less than `nightGapMs` between one and the next, each group in the order of start. */
function joinAcrossGaps<T extends Span>(spans: readonly T[]): T[][] {
  const groups: T[][] = [];
  let reachedMs = Number.NEGATIVE_INFINITY;
  for (const span of [...spans].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)) {
    if (span.startMs - reachedMs < nightGapMs) groups.at(-1)!.push(span);
    else groups.push([span]);
    reachedMs = Math.max(reachedMs, span.endMs);
  }
  return groups;
}

const isSleep: Record<SleepStage, boolean> = {
  core: true,
  deep: true,
  rem: true,
  asleep: true,
  awake: false,
  in_bed: false,
  unknown: false,
};

function nightOf(together: readonly SleepSegment[]): ArrivedNight | null {
  const asleep = together.filter((segment) => isSleep[segment.stage] && segment.endMs > segment.startMs);
  const first = asleep[0];
  const last = asleep.at(-1); // they do not overlap, so the last to start is the last to end
  if (first === undefined || last === undefined) return null;
  const inBed = together.filter((segment) => segment.stage === "in_bed");
  const awake = together.filter(
    ({ stage, startMs, endMs }) => stage === "awake" && startMs >= first.startMs && endMs <= last.endMs,
  );
  const newest = together.reduce((a, b) => ((compareArrival(a, b) || a.position - b.position) >= 0 ? a : b));
  return {
    startMs: first.startMs,
    endMs: last.endMs,
    inBedStartMs: inBed[0]?.startMs ?? null,
    inBedEndMs: inBed.at(-1)?.endMs ?? null,
    offsetMin: last.offsetMin,
    totalMin: sumMin(asleep) ?? 0,
    coreMin: sumMin(asleep.filter(({ stage }) => stage === "core")),
    deepMin: sumMin(asleep.filter(({ stage }) => stage === "deep")),
    remMin: sumMin(asleep.filter(({ stage }) => stage === "rem")),
    asleepMin: sumMin(asleep.filter(({ stage }) => stage === "asleep")),
    awakeMin: sumMin(awake),
    inBedMin: sumMin(inBed),
    sourceKey: newest.sourceKey,
    source: newest.source,
    origin: "segments",
    receivedMs: newest.receivedMs,
    ingestion: newest.ingestion,
  };
}

function sumMin(segments: readonly SleepSegment[]): number | null {
  if (segments.length === 0) return null;
  return roundMin(segments.reduce((sumMs, { startMs, endMs }) => sumMs + endMs - startMs, 0) / 60_000);
}

/**
 * The nights that count. Best first (has stages, larger total, newest), a night hides those of any source that overlap
 * it; one that is hidden hides nothing. In the order of waking.
 */
export function visibleNights(
  summaries: readonly SleepSummary[],
  segmentNights: readonly ArrivedNight[],
): ArrivedNight[] {
  const accepted: ArrivedNight[] = [];
  for (const night of [...summaries.map(nightOfSummary), ...segmentNights].sort(compareBestFirst)) {
    insertUnlessOverlapping(accepted, night);
  }
  return accepted.sort(compareByEnd);
}

function nightOfSummary(summary: SleepSummary): ArrivedNight {
  const { sleepStartMs, sleepEndMs, position: _, ...shared } = summary;
  return { startMs: sleepStartMs, endMs: sleepEndMs, ...shared, origin: "summary" };
}

function hasStages(night: Night): boolean {
  return (night.coreMin ?? 0) + (night.deepMin ?? 0) + (night.remMin ?? 0) > 0;
}

function compareBestFirst(a: ArrivedNight, b: ArrivedNight): number {
  return (
    Number(hasStages(b)) - Number(hasStages(a)) ||
    b.totalMin - a.totalMin ||
    compareArrival(b, a) ||
    b.endMs - a.endMs ||
    compareByEnd(a, b)
  );
}

/** Summaries differ in (end, source), nights of segments in (start, source): a total order over both. */
function compareByEnd(a: ArrivedNight, b: ArrivedNight): number {
  return (
    a.endMs - b.endMs ||
    compareText(a.sourceKey, b.sourceKey) ||
    compareText(b.origin, a.origin) ||
    a.startMs - b.startMs
  );
}

/**
 * One local day of sleep from the visible nights that end on it: naps add up. The series is `day` where the app had
 * summed every night itself, `raw` where a night was made from segments. Null without nights.
 */
export function summariseSleepDay(nights: readonly Night[]): DaySummary | null {
  const inOrder = [...nights].sort((a, b) => a.endMs - b.endMs || a.totalMin - b.totalMin);
  const last = inOrder.at(-1);
  if (last === undefined) return null;
  return {
    headline: "total",
    series: inOrder.every((night) => night.origin === "summary") ? "day" : "raw",
    count: inOrder.length,
    total: roundMin(inOrder.reduce((sum, night) => sum + night.totalMin, 0)),
    avg: null,
    min: null,
    max: null,
    last: null,
    lastMs: last.endMs,
    avg2: null,
    min2: null,
    max2: null,
    last2: null,
  };
}

/**
 * The windows in which sleep must be judged anew after a change, disjoint and in order. `changed` are the spans of the
 * records that changed, as they are now and, where a merge moved an edge, as they were before.
 *
 * A store then asks for what lies within `sleepReach` of a window (every segment and every summary's sleep, of all
 * sources) and lets `growSleepWindow` take it in, until the window stops growing. All that lies in the final window is
 * then rebuilt from the records in it.
 */
export function sleepWindows(changed: readonly Span[]): Span[] {
  return joinAcrossGaps(changed.map(({ startMs, endMs }) => ({ startMs, endMs }))).map(hullOf);
}

/** A record matters to a window when it ends after the reach begins and begins before the reach ends. */
export function sleepReach(window: Span): Span {
  return { startMs: window.startMs - nightGapMs, endMs: window.endMs + nightGapMs };
}

/** The window with all records that are within reach of it or, through each other, of it. Itself when there are none. */
export function growSleepWindow(window: Span, records: readonly Span[]): Span {
  const grown = joinAcrossGaps([window, ...records])
    .filter((group) => group.includes(window))
    .map(hullOf)[0]!;
  return grown.startMs === window.startMs && grown.endMs === window.endMs ? window : grown;
}

function hullOf(spans: readonly Span[]): Span {
  return spans.reduce((hull, { startMs, endMs }) => ({
    startMs: Math.min(hull.startMs, startMs),
    endMs: Math.max(hull.endMs, endMs),
  }));
}
