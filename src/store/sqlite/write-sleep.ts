/**
 * Sleep: stores nights and segments as delivered, then judges anew which are seen, in the neighbourhood of what changed.
 *
 * Runs inside the caller's transaction. The rules (what merges, hides and joins) are `health/sleep.ts` and
 * `health/night.ts`; this file only finds the records that can matter.
 */
import { earlier } from "../../health/merge.js";
import {
  type ArrivedNight,
  growSleepWindow,
  nightsFromSegments,
  sleepReach,
  sleepWindows,
  visibleNights,
} from "../../health/night.js";
import type { Span } from "../../health/overlap.js";
import { type SleepSegment, type SleepSummary, sleepStages } from "../../health/record.js";
import { mergeSleepSegment, mergeSleepSummary, visibleSegments } from "../../health/sleep.js";
import type { WriteContext, WriteCounts } from "../store.js";
import { uuidOf } from "../uuid.js";
import type { Connection } from "./connection.js";
import type { Names } from "./names.js";

const dayMs = 86_400_000;

type SleepItem =
  | { kind: "summary"; night: Omit<SleepSummary, "receivedMs" | "ingestion"> }
  | { kind: "segment"; segment: Omit<SleepSegment, "receivedMs" | "ingestion"> };

interface NightRow {
  end_ms: number;
  start_ms: number;
  in_bed_start_ms: number | null;
  in_bed_end_ms: number | null;
  total_min: number;
  core_min: number | null;
  deep_min: number | null;
  rem_min: number | null;
  asleep_min: number | null;
  awake_min: number | null;
  in_bed_min: number | null;
  offset_min: number;
  first_ms: number;
  arrival: number;
  position: number;
  source_key: string;
  source: string | null;
}

interface SegmentRow {
  start_ms: number;
  end_ms: number;
  stage: number;
  offset_min: number;
  first_ms: number;
  arrival: number;
  position: number;
  source_key: string;
  source: string | null;
}

const nightSelect = `select r.end_ms, r.start_ms, r.in_bed_start_ms, r.in_bed_end_ms, r.total_min, r.core_min, r.deep_min, r.rem_min,
  r.asleep_min, r.awake_min, r.in_bed_min, r.offset_min, r.first_ms, r.arrival, r.position,
  coalesce(k.name, '') as source_key, s.name as source
  from night_records r left join sources k on k.source_id = r.source_key_id left join sources s on s.source_id = r.source_id`;
const segmentSelect = `select r.start_ms, r.end_ms, r.stage, r.offset_min, r.first_ms, r.arrival, r.position,
  coalesce(k.name, '') as source_key, s.name as source
  from segment_records r left join sources k on k.source_id = r.source_key_id left join sources s on s.source_id = r.source_id`;

function summaryOf(row: NightRow): SleepSummary {
  return {
    sleepStartMs: row.start_ms,
    sleepEndMs: row.end_ms,
    inBedStartMs: row.in_bed_start_ms,
    inBedEndMs: row.in_bed_end_ms,
    offsetMin: row.offset_min,
    totalMin: row.total_min,
    coreMin: row.core_min,
    deepMin: row.deep_min,
    remMin: row.rem_min,
    asleepMin: row.asleep_min,
    awakeMin: row.awake_min,
    inBedMin: row.in_bed_min,
    sourceKey: row.source_key,
    source: row.source,
    ...arrivalOf(row),
    position: row.position,
  };
}

function segmentOf(row: SegmentRow): SleepSegment {
  return {
    startMs: row.start_ms,
    endMs: row.end_ms,
    offsetMin: row.offset_min,
    stage: sleepStages[row.stage]!,
    sourceKey: row.source_key,
    source: row.source,
    ...arrivalOf(row),
    position: row.position,
  };
}

function arrivalOf(row: { arrival: number }): { receivedMs: number; ingestion: number } {
  return { receivedMs: Math.floor(row.arrival / 1000), ingestion: row.arrival };
}

/** The offset of the earliest delivery stays, so that travel moves no night to another day. */
export function firstOf(
  stored: { first_ms: number; offset_min: number } | undefined,
  firstMs: number,
  offsetMin: number,
) {
  const incoming = { firstMs, offsetMin };
  return stored ? earlier({ firstMs: stored.first_ms, offsetMin: stored.offset_min }, incoming) : incoming;
}

export function writeSleep(
  db: Connection,
  names: Names,
  context: WriteContext,
  items: readonly SleepItem[],
): WriteCounts {
  const counts: WriteCounts = { inserted: 0, updated: 0, unchanged: 0 };
  const changed: Span[] = [];
  for (const item of items) {
    const result =
      item.kind === "summary"
        ? writeSummary(db, names, context, item.night, changed)
        : writeSegment(db, names, context, item.segment, changed);
    counts[result]++;
  }
  for (const window of sleepWindows(changed)) rebuildWindow(db, names, context.userId, window);
  return counts;
}

function writeSummary(
  db: Connection,
  names: Names,
  context: WriteContext,
  night: Omit<SleepSummary, "receivedMs" | "ingestion">,
  changed: Span[],
): keyof WriteCounts {
  const sourceKeyId = names.source(context.userId, night.sourceKey);
  const row = db
    .sql(`${nightSelect} where r.user_id = ? and r.end_ms = ? and r.source_key_id = ?`)
    .get(context.userId, night.sleepEndMs, sourceKeyId) as NightRow | undefined;
  const incoming: SleepSummary = { ...night, ...arrivalOf(context) };
  const stored = row && summaryOf(row);
  const merged = stored ? mergeSleepSummary(stored, incoming) : incoming;
  const first = firstOf(row, incoming.receivedMs, night.offsetMin);
  if (stored) changed.push({ startMs: stored.sleepStartMs, endMs: stored.sleepEndMs });
  changed.push({ startMs: merged.sleepStartMs, endMs: merged.sleepEndMs });
  db.sql(
    `insert or replace into night_records (user_id, end_ms, source_key_id, start_ms, in_bed_start_ms, in_bed_end_ms, total_min, core_min,
       deep_min, rem_min, asleep_min, awake_min, in_bed_min, source_id, offset_min, first_ms, arrival, position)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    context.userId,
    merged.sleepEndMs,
    sourceKeyId,
    merged.sleepStartMs,
    merged.inBedStartMs,
    merged.inBedEndMs,
    merged.totalMin,
    merged.coreMin,
    merged.deepMin,
    merged.remMin,
    merged.asleepMin,
    merged.awakeMin,
    merged.inBedMin,
    names.source(context.userId, merged.source ?? ""),
    first.offsetMin,
    first.firstMs,
    merged.ingestion,
    merged.position,
  );
  if (!stored) return "inserted";
  return sameNight(stored, merged) ? "unchanged" : "updated";
}

function sameNight(a: SleepSummary, b: SleepSummary): boolean {
  const shown = ({ receivedMs: _, ingestion: _i, position: _p, source: _s, offsetMin: _o, ...rest }: SleepSummary) =>
    JSON.stringify(rest);
  return shown(a) === shown(b);
}

function writeSegment(
  db: Connection,
  names: Names,
  context: WriteContext,
  segment: Omit<SleepSegment, "receivedMs" | "ingestion">,
  changed: Span[],
): keyof WriteCounts {
  const sourceKeyId = names.source(context.userId, segment.sourceKey);
  const stage = sleepStages.indexOf(segment.stage);
  const row = db
    .sql(`${segmentSelect} where r.user_id = ? and r.start_ms = ? and r.stage = ? and r.source_key_id = ?`)
    .get(context.userId, segment.startMs, stage, sourceKeyId) as SegmentRow | undefined;
  const incoming: SleepSegment = { ...segment, ...arrivalOf(context) };
  const stored = row && segmentOf(row);
  const merged = stored ? mergeSleepSegment(stored, incoming) : incoming;
  const first = firstOf(row, incoming.receivedMs, segment.offsetMin);
  if (stored) changed.push({ startMs: stored.startMs, endMs: stored.endMs });
  changed.push({ startMs: merged.startMs, endMs: merged.endMs });
  db.sql(
    `insert or replace into segment_records (user_id, start_ms, stage, source_key_id, end_ms, source_id, offset_min, first_ms, arrival,
       position, is_visible) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
  ).run(
    context.userId,
    merged.startMs,
    stage,
    sourceKeyId,
    merged.endMs,
    names.source(context.userId, merged.source ?? ""),
    first.offsetMin,
    first.firstMs,
    merged.ingestion,
    merged.position,
  );
  if (!stored) return "inserted";
  return stored.endMs === merged.endMs ? "unchanged" : "updated";
}

/** Longest span that anybody sleeps or that phones report; bounds how far back a record can begin and still matter. */
const longestSpanMs = 7 * dayMs;

function rebuildWindow(db: Connection, names: Names, userId: number, changedWindow: Span): void {
  let window = changedWindow;
  let summaries: SleepSummary[] = [];
  let segments: SleepSegment[] = [];
  while (true) {
    const reach = sleepReach(window);
    summaries = (
      db
        .sql(`${nightSelect} where r.user_id = ? and r.end_ms > ? and r.end_ms < ? and r.start_ms < ?`)
        .all(userId, reach.startMs, reach.endMs + longestSpanMs, reach.endMs) as NightRow[]
    ).map(summaryOf);
    segments = (
      db
        .sql(`${segmentSelect} where r.user_id = ? and r.start_ms > ? and r.start_ms < ? and r.end_ms > ?`)
        .all(userId, reach.startMs - longestSpanMs, reach.endMs, reach.startMs) as SegmentRow[]
    ).map(segmentOf);
    const grown = growSleepWindow(window, [
      ...summaries.map((night) => ({ startMs: night.sleepStartMs, endMs: night.sleepEndMs })),
      ...segments,
    ]);
    if (grown.startMs === window.startMs && grown.endMs === window.endMs) break;
    window = grown;
  }

  const visible = visibleSegments(segments);
  const nights = visibleNights(summaries, nightsFromSegments(visible));

  const setVisible = db.sql(
    "update segment_records set is_visible = ? where user_id = ? and start_ms = ? and stage = ? and source_key_id = ? and is_visible <> ?",
  );
  const shown = new Set(visible);
  for (const segment of segments) {
    const flag = shown.has(segment) ? 1 : 0;
    setVisible.run(
      flag,
      userId,
      segment.startMs,
      sleepStages.indexOf(segment.stage),
      names.source(userId, segment.sourceKey),
      flag,
    );
  }

  const sleepMetricId = names.metric({ name: "sleep_analysis", definition: null });
  const markDirty = db.sql(
    "insert into dirty_days (user_id, metric_id, local_day) values (?, ?, ?) on conflict do nothing",
  );
  const old = db
    .sql("delete from nights where user_id = ? and end_ms >= ? and end_ms <= ? returning local_day")
    .all(userId, window.startMs, window.endMs) as { local_day: number }[];
  for (const { local_day } of old) markDirty.run(userId, sleepMetricId, local_day);
  for (const night of nights) {
    const localDay = Math.floor((night.endMs + night.offsetMin * 60_000) / dayMs);
    insertNight(db, names, userId, night, localDay);
    markDirty.run(userId, sleepMetricId, localDay);
  }
}

function insertNight(db: Connection, names: Names, userId: number, night: ArrivedNight, localDay: number): void {
  db.sql(
    `insert or replace into nights (user_id, end_ms, source_key_id, id, start_ms, in_bed_start_ms, in_bed_end_ms, total_min, core_min,
       deep_min, rem_min, asleep_min, awake_min, in_bed_min, source_id, offset_min, local_day, origin)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    userId,
    night.endMs,
    names.source(userId, night.sourceKey),
    uuidOf("night", night.endMs, night.sourceKey),
    night.startMs,
    night.inBedStartMs,
    night.inBedEndMs,
    night.totalMin,
    night.coreMin,
    night.deepMin,
    night.remMin,
    night.asleepMin,
    night.awakeMin,
    night.inBedMin,
    names.source(userId, night.source ?? ""),
    night.offsetMin,
    localDay,
    night.origin,
  );
}
