/**
 * The person's sleep: which app or device wrote which stages of which night, and how the phone exports them in the
 * three shapes of spec section 4.3.
 *
 * A night belongs to the local date of waking and ends on a sleeping stage. Writers overlap: the Watch knows stages,
 * the phone only the time in bed, a sleep app sleeps a little less than the Watch says, and a band stands in on nights
 * without the Watch. So exactly one record of a night has both stages (if any has) and the largest total: that one is
 * true. Naps are hours away from the nights.
 */
import { hourMs, type LocalDay, minuteMs } from "./clock.js";
import { type Random, randomFor } from "./random.js";
import { sources } from "./samples.js";
import type { ExportView } from "./view.js";
import type { JsonObject } from "./wire.js";

export type Stage = "Core" | "Deep" | "REM" | "Awake" | "Asleep" | "In Bed";

export interface StageSpan {
  stage: Stage;
  startMs: number;
  endMs: number;
}

/** What one writer recorded of one night or nap. */
export interface SleepRecord {
  /** Local date of waking. */
  date: string;
  source: string;
  /** In order of time, touching or apart, never overlapping. */
  spans: StageSpan[];
  /** True of the record that people believe. */
  isBest: boolean;
  /** The phone's time in bed, which summaries merge into the best record. */
  inBed: StageSpan | null;
}

export interface TrueNight {
  date: string;
  startMs: number;
  endMs: number;
  source: string;
  totalMin: number;
  coreMin: number;
  deepMin: number;
  remMin: number;
  /** Sleep of unknown stage. */
  asleepMin: number;
  awakeMin: number;
}

export function sleepOfDay(seed: number, day: LocalDay): SleepRecord[] {
  const random = randomFor(seed, "sleep", day.date);
  const lengthMs = day.endMs - day.startMs;
  // On a day that travel shortened, nobody sleeps well; it keeps nights and naps hours apart.
  if (lengthMs < 12 * hourMs) return [];
  const records: SleepRecord[] = [];
  const endMs = day.startMs + 6 * hourMs + random.whole(0, 110) * 30_000;
  const startMs = endMs - random.whole(6 * 120, 8 * 120) * 30_000;
  const inBed: StageSpan = { stage: "In Bed", startMs: startMs - 9 * minuteMs, endMs: endMs + 6 * minuteMs };
  if (random.chance(0.9)) {
    records.push({ date: day.date, source: sources.watch, spans: stages(startMs, endMs, random), isBest: true, inBed });
    if (random.chance(0.4)) {
      const spans: StageSpan[] = [{ stage: "Asleep", startMs: startMs + 95 * minuteMs, endMs: endMs - 5 * minuteMs }];
      records.push({ date: day.date, source: sources.sleepApp, spans, isBest: false, inBed: null });
    }
  } else {
    const spans: StageSpan[] = [{ stage: "Asleep", startMs, endMs }];
    records.push({ date: day.date, source: sources.band, spans, isBest: true, inBed: null });
  }
  if (lengthMs >= 22 * hourMs && random.chance(0.15)) {
    const napMs = day.startMs + 14 * hourMs + random.whole(0, 60) * minuteMs;
    const spans: StageSpan[] = [{ stage: "Core", startMs: napMs, endMs: napMs + random.whole(20, 70) * minuteMs }];
    records.push({ date: day.date, source: sources.watch, spans, isBest: true, inBed: null });
  }
  return records;
}

function stages(startMs: number, endMs: number, random: Random): StageSpan[] {
  const spans: StageSpan[] = [];
  let atMs = startMs;
  while (atMs < endMs) {
    const isLast = endMs - atMs <= 40 * minuteMs;
    const previous = spans.at(-1)?.stage;
    const choice = (["Core", "Core", "Deep", "REM", "Awake"] as const).filter((stage) => stage !== previous);
    const stage: Stage = spans.length === 0 || isLast ? (previous === "Core" ? "REM" : "Core") : random.pick(choice);
    const lengthMs = stage === "Awake" ? random.whole(1, 20) * 30_000 : random.whole(10, 70) * 30_000;
    const spanEndMs = isLast ? endMs : atMs + lengthMs;
    spans.push({ stage, startMs: atMs, endMs: spanEndMs });
    atMs = spanEndMs;
    // Now and then a stretch without any stage: the window is longer than the sum of its stages.
    if (!isLast && random.chance(0.05)) atMs += 5 * minuteMs;
  }
  return spans;
}

export function trueNight(record: SleepRecord): TrueNight {
  const hours = hoursOf(record.spans);
  return {
    date: record.date,
    startMs: record.spans[0]!.startMs,
    endMs: record.spans.at(-1)!.endMs,
    source: record.source,
    totalMin: hours.total * 60,
    coreMin: hours.Core * 60,
    deepMin: hours.Deep * 60,
    remMin: hours.REM * 60,
    asleepMin: hours.Asleep * 60,
    awakeMin: hours.Awake * 60,
  };
}

/** The points of `sleep_analysis` that the view shows. Of a running stage only what has passed. */
export function sleepPoints(records: readonly SleepRecord[], view: ExportView): JsonObject[] {
  return records
    .filter((record) => isWithin(record.spans.at(-1)!.endMs, view))
    .flatMap((record) => {
      const spans = passed(record.spans, view.asOfMs);
      const inBed = record.inBed ? passed([record.inBed], view.asOfMs)[0] : undefined;
      if (view.sleep === "segments") return segments(record, inBed ? [inBed] : [], spans, view);
      while (spans.at(-1)?.stage === "Awake") spans.pop();
      return spans.length === 0 ? [] : [summary(record, inBed, spans, view)];
    });
}

/** A night belongs to the range in which it ends; one that still runs, to that of the export's own instant. */
function isWithin(endMs: number, view: ExportView): boolean {
  const untilMs = Math.min(endMs, view.asOfMs);
  return untilMs >= view.fromMs && untilMs < view.toMs;
}

function passed(spans: readonly StageSpan[], asOfMs: number): StageSpan[] {
  const until = Math.floor(asOfMs / 1000) * 1000;
  return spans.filter((s) => s.startMs < until).map((s) => ({ ...s, endMs: Math.min(s.endMs, until) }));
}

function segments(
  record: SleepRecord,
  inBed: readonly StageSpan[],
  spans: readonly StageSpan[],
  view: ExportView,
): JsonObject[] {
  const point = (span: StageSpan, source: string): JsonObject => {
    const [startMs, endMs] = [view.stamp(span.startMs), view.stamp(span.endMs)];
    // The documented names, and those that receivers see.
    const times =
      view.version === "v1" ? { startDate: startMs, endDate: endMs } : { start: startMs, end: endMs, date: null };
    const qty = (span.endMs - span.startMs) / hourMs;
    return { ...times, qty, value: span.stage, ...view.source([source]) };
  };
  return [...inBed.map((span) => point(span, sources.phone)), ...spans.map((span) => point(span, record.source))];
}

function summary(
  record: SleepRecord,
  inBed: StageSpan | undefined,
  spans: readonly StageSpan[],
  view: ExportView,
): JsonObject {
  const hours = hoursOf(spans);
  const [startMs, endMs] = [spans[0]!.startMs, spans.at(-1)!.endMs];
  const bed = inBed ?? { startMs, endMs };
  const window = {
    sleepStart: view.stamp(startMs),
    sleepEnd: view.stamp(endMs),
    inBedStart: view.stamp(bed.startMs),
    inBedEnd: view.stamp(bed.endMs),
    inBed: inBed ? (inBed.endMs - inBed.startMs) / hourMs : 0,
  };
  if (view.sleep === "old") {
    const [sleepSource, inBedSource] = [record.source, inBed ? sources.phone : record.source].map(
      (source) => view.source([source])["source"] ?? "",
    );
    return {
      date: view.stamp(endMs),
      asleep: hours.total,
      ...window,
      sleepSource: sleepSource!,
      inBedSource: inBedSource!,
    };
  }
  const hasStages = hours.Core + hours.Deep + hours.REM > 0;
  return {
    date: view.stamp(view.clock.startOf(view.clock.dateAt(endMs))),
    ...window,
    ...(hasStages ? { totalSleep: hours.total } : {}),
    asleep: hours.Asleep,
    core: hours.Core,
    deep: hours.Deep,
    rem: hours.REM,
    awake: hours.Awake,
    ...view.source(inBed ? [record.source, sources.phone] : [record.source]),
  };
}

function hoursOf(spans: readonly StageSpan[]): Record<Stage | "total", number> {
  const hours = { Core: 0, Deep: 0, REM: 0, Awake: 0, Asleep: 0, "In Bed": 0, total: 0 };
  for (const { stage, startMs, endMs } of spans) hours[stage] += (endMs - startMs) / hourMs;
  hours.total = hours.Core + hours.Deep + hours.REM + hours.Asleep;
  return hours;
}
