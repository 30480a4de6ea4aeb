/**
 * Reads everything that is not a point: nights, stages, events, electrocardiograms, workouts, the catalogue.
 *
 * Pages are cut by the key itself (time, then id), ascending, so that rows which arrive meanwhile neither push others
 * off a page nor bring them twice.
 */
import { inflateRawSync } from "node:zlib";
import {
  type EventType,
  groupings,
  routeColumns,
  seriesColumns,
  sleepStages,
  type WorkoutScalars,
} from "../../health/record.js";
import { problem } from "../../problem.js";
import type {
  CatalogueRow,
  EcgRow,
  EventRow,
  NightRow,
  Page,
  PageRequest,
  RejectedItem,
  StageRow,
  TimeRange,
  WorkoutRow,
  WorkoutSeriesRows,
} from "../store.js";
import { uuidOf } from "../uuid.js";
import type { Connection } from "./connection.js";

type Raw = Record<string, never>;

/** Rows from `(time, rest)` on; `fetch` gets the position to start after and how many rows to bring. */
function pageOf<T>(
  page: PageRequest,
  fetch: (after: [number, string], limit: number) => { key: [number, string]; value: T }[],
): Page<T> {
  let after: [number, string] = [Number.MIN_SAFE_INTEGER, ""];
  if (page.cursor !== undefined) {
    try {
      const parsed = JSON.parse(page.cursor) as unknown[];
      if (typeof parsed[0] !== "number" || typeof parsed[1] !== "string") throw new Error("not a position");
      after = [parsed[0], parsed[1]];
    } catch {
      throw problem("invalid_parameter", "The parameter cursor is not one of this list.");
    }
  }
  const found = fetch(after, page.limit + 1);
  const more = found.length > page.limit;
  const shown = more ? found.slice(0, page.limit) : found;
  return { rows: shown.map(({ value }) => value), nextCursor: more ? JSON.stringify(shown.at(-1)!.key) : null };
}

export function readNights(db: Connection, userId: number, range: TimeRange, page: PageRequest): Page<NightRow> {
  return pageOf(page, (after, limit) =>
    (
      db
        .sql(
          `select n.*, s.name as source_name, coalesce(k.name, '') as source_key from nights n
           left join sources s on s.source_id = n.source_id left join sources k on k.source_id = n.source_key_id
           where n.user_id = ? and n.end_ms >= ? and n.end_ms < ? and (n.end_ms, n.id) > (?, ?) order by n.end_ms, n.id limit ?`,
        )
        .all(userId, range.fromMs, range.toMs, ...after, limit) as Raw[]
    ).map((row) => ({
      key: [row["end_ms"]!, row["id"]!],
      value: {
        id: row["id"]!,
        localDay: row["local_day"]!,
        startMs: row["start_ms"]!,
        endMs: row["end_ms"]!,
        inBedStartMs: row["in_bed_start_ms"]!,
        inBedEndMs: row["in_bed_end_ms"]!,
        offsetMin: row["offset_min"]!,
        totalMin: row["total_min"]!,
        coreMin: row["core_min"]!,
        deepMin: row["deep_min"]!,
        remMin: row["rem_min"]!,
        asleepMin: row["asleep_min"]!,
        awakeMin: row["awake_min"]!,
        inBedMin: row["in_bed_min"]!,
        sourceKey: row["source_key"]!,
        source: row["source_name"]!,
        origin: row["origin"]!,
      },
    })),
  );
}

export function readStages(db: Connection, userId: number, range: TimeRange, page: PageRequest): Page<StageRow> {
  return pageOf(page, (after, limit) => {
    const rows = db
      .sql(
        `select g.start_ms, g.end_ms, g.offset_min, g.stage, s.name as source, coalesce(k.name, '') as source_key,
           g.stage || '/' || coalesce(k.name, '') as rest
         from segment_records g left join sources s on s.source_id = g.source_id
         left join sources k on k.source_id = g.source_key_id
         where g.user_id = ? and g.is_visible and g.start_ms >= ? and g.start_ms < ? and g.start_ms >= ? and (g.start_ms, rest) > (?, ?)
         order by g.start_ms, rest limit ?`,
      )
      .all(userId, range.fromMs, range.toMs, after[0], ...after, limit) as Raw[];
    return rows.map((row) => {
      const stage = sleepStages[row["stage"]!]!;
      return {
        key: [row["start_ms"]!, row["rest"]!],
        value: {
          id: uuidOf("stage", row["start_ms"]!, stage, row["source_key"]!),
          startMs: row["start_ms"]!,
          endMs: row["end_ms"]!,
          offsetMin: row["offset_min"]!,
          stage,
          source: row["source"]!,
        },
      };
    });
  });
}

export function readEvents(
  db: Connection,
  userId: number,
  range: TimeRange & { type?: EventType | undefined },
  page: PageRequest,
): Page<EventRow> {
  const filter = range.type === undefined ? "" : "and type = ?";
  return pageOf(page, (after, limit) =>
    (
      db
        .sql(
          `select * from event_records where user_id = ? and start_ms >= ? and start_ms < ? ${filter}
           and (start_ms, id) > (?, ?) order by start_ms, id limit ?`,
        )
        .all(
          userId,
          range.fromMs,
          range.toMs,
          ...(range.type === undefined ? [] : [range.type]),
          ...after,
          limit,
        ) as Raw[]
    ).map((row) => ({
      key: [row["start_ms"]!, row["id"]!],
      value: {
        id: row["id"]!,
        type: row["type"]!,
        key: row["key"]!,
        name: row["name"]!,
        startMs: row["start_ms"]!,
        endMs: row["end_ms"]!,
        offsetMin: row["offset_min"]!,
        value: row["value"]!,
        quantity: row["quantity"]!,
        source: row["source"]!,
        detail: JSON.parse(row["detail"]!) as Record<string, unknown>,
      },
    })),
  );
}

const ecgColumns = `id, start_ms, source_key, end_ms, offset_min, classification, classification_text, severity, average_heart_rate,
  sampling_frequency_hz, source, voltage_count, detail`;

function ecgOf(row: Raw): EcgRow {
  return {
    id: row["id"]!,
    startMs: row["start_ms"]!,
    endMs: row["end_ms"]!,
    offsetMin: row["offset_min"]!,
    classification: row["classification"]!,
    classificationText: row["classification_text"]!,
    severity: row["severity"]!,
    averageHeartRate: row["average_heart_rate"]!,
    samplingFrequencyHz: row["sampling_frequency_hz"]!,
    sourceKey: row["source_key"]!,
    source: row["source"]!,
    detail: JSON.parse(row["detail"]!) as Record<string, unknown>,
    voltageCount: row["voltage_count"]!,
  };
}

export function readEcgs(db: Connection, userId: number, range: TimeRange, page: PageRequest): Page<EcgRow> {
  return pageOf(page, (after, limit) =>
    (
      db
        .sql(
          `select ${ecgColumns} from ecg_records where user_id = ? and start_ms >= ? and start_ms < ? and (start_ms, id) > (?, ?)
           order by start_ms, id limit ?`,
        )
        .all(userId, range.fromMs, range.toMs, ...after, limit) as Raw[]
    ).map((row) => ({ key: [row["start_ms"]!, row["id"]!], value: ecgOf(row) })),
  );
}

export function readEcg(db: Connection, userId: number, id: string): (EcgRow & { voltagesUv: Float32Array }) | null {
  const row = db.sql(`select ${ecgColumns}, voltages from ecg_records where user_id = ? and id = ?`).get(userId, id);
  if (!row) return null;
  const bytes = inflateRawSync((row as { voltages: Buffer }).voltages);
  return { ...ecgOf(row as Raw), voltagesUv: new Float32Array(aligned(bytes)) };
}

/** Typed arrays need their bytes aligned, which a pooled buffer is not. */
function aligned(bytes: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}

const workoutColumns = `w.id, w.key, w.joined_key, w.start_ms, w.end_ms, w.offset_min, w.local_day, w.name, w.type, w.scalars,
  (select group_concat(name) from (select distinct s.name from workout_series s where s.user_id = w.user_id
     and s.key in (w.key, w.joined_key) order by s.name)) as series,
  (select json_array(t.west, t.south, t.east, t.north) from workout_tracks t where t.user_id = w.user_id
     and t.key in (w.key, w.joined_key) order by t.inside_count desc, t.arrival desc, t.position desc limit 1) as bounds`;

function workoutOf(row: Raw): WorkoutRow {
  const bounds = row["bounds"]! as string | null;
  const [west, south, east, north] = bounds === null ? [] : (JSON.parse(bounds) as number[]);
  return {
    id: row["id"]!,
    startMs: row["start_ms"]!,
    endMs: row["end_ms"]!,
    offsetMin: row["offset_min"]!,
    localDay: row["local_day"]!,
    name: row["name"]!,
    type: row["type"]!,
    scalars: JSON.parse(row["scalars"]!) as WorkoutScalars,
    bounds: bounds === null ? null : { west: west!, south: south!, east: east!, north: north! },
    series: (row["series"]! as string | null)?.split(",") ?? [],
  };
}

export function readWorkouts(
  db: Connection,
  userId: number,
  range: TimeRange & { type?: string | undefined },
  page: PageRequest,
): Page<WorkoutRow> {
  const filter = range.type === undefined ? "" : "and w.type = ?";
  return pageOf(page, (after, limit) =>
    (
      db
        .sql(
          `select ${workoutColumns} from visible_workouts w where w.user_id = ? and w.start_ms >= ? and w.start_ms < ? ${filter}
           and (w.start_ms, w.id) > (?, ?) order by w.start_ms, w.id limit ?`,
        )
        .all(
          userId,
          range.fromMs,
          range.toMs,
          ...(range.type === undefined ? [] : [range.type]),
          ...after,
          limit,
        ) as Raw[]
    ).map((row) => ({ key: [row["start_ms"]!, row["id"]!], value: workoutOf(row) })),
  );
}

function workoutRow(db: Connection, userId: number, id: string): Raw | undefined {
  const find = db.sql(`select ${workoutColumns} from visible_workouts w where w.user_id = ? and w.id = ?`);
  // The app's ids are upper case, derived ones lower case; people paste either.
  return (find.get(userId, id) ?? find.get(userId, id.toUpperCase()) ?? find.get(userId, id.toLowerCase())) as
    | Raw
    | undefined;
}

export function readWorkout(db: Connection, userId: number, id: string): WorkoutRow | null {
  const row = workoutRow(db, userId, id);
  return row ? workoutOf(row) : null;
}

/** Null where there is no such workout; empty where it has no route. Rows of `routeColumns` numbers. */
export function readWorkoutRoute(db: Connection, userId: number, id: string): Float64Array | null {
  const row = workoutRow(db, userId, id);
  if (!row) return null;
  const track = db
    .sql(
      `select points from workout_tracks where user_id = ? and key in (?, ?)
       order by inside_count desc, arrival desc, position desc limit 1`,
    )
    .get(userId, row["key"], row["joined_key"]) as { points: Buffer } | undefined;
  if (!track) return new Float64Array(0);
  const bytes = inflateRawSync(track.points);
  return new Float64Array(aligned(bytes), 0, Math.floor(bytes.byteLength / 8 / routeColumns) * routeColumns);
}

export function readWorkoutSeries(db: Connection, userId: number, id: string): WorkoutSeriesRows[] | null {
  const row = workoutRow(db, userId, id);
  if (!row) return null;
  const found = db
    .sql(
      `select name, unit, points from workout_series where user_id = ? and key in (?, ?)
       order by name, inside_count desc, arrival desc, position desc`,
    )
    .all(userId, row["key"], row["joined_key"]) as { name: string; unit: string; points: string }[];
  const best = new Map<string, WorkoutSeriesRows>();
  for (const series of found) {
    if (best.has(series.name)) continue;
    const points = JSON.parse(series.points) as (number | null)[][];
    const rows = new Float64Array(points.length * seriesColumns);
    for (const [i, point] of points.entries()) {
      for (let j = 0; j < seriesColumns; j++) rows[i * seriesColumns + j] = point[j] ?? Number.NaN;
    }
    best.set(series.name, { name: series.name, unit: series.unit, rows });
  }
  return [...best.values()];
}

export function readRejected(db: Connection, arrival: number, after: number, limit: number): RejectedItem[] {
  const rows = db
    .sql(
      `select position, item_type, metric, item_index, error, field, message, item from rejected_items
       where arrival = ? and position > ? order by position limit ?`,
    )
    .all(arrival, after, limit) as Raw[];
  return rows.map((row) => ({
    position: row["position"]!,
    item_type: row["item_type"]!,
    ...(row["metric"] === null ? {} : { metric: row["metric"]! }),
    item_index: row["item_index"]!,
    error: row["error"]!,
    ...(row["field"] === null ? {} : { field: row["field"]! }),
    message: row["message"]!,
    item: row["item"]!,
  }));
}

/** Per metric what there is: points counted by day where days know them, first and last by seeks. */
export function readCatalogue(db: Connection, userId: number): CatalogueRow[] {
  const metrics = db
    .sql(
      "select metric_id, name, display_name, category, kind, aggregation, unit, is_registered from metric_definitions order by name",
    )
    .all() as Raw[];
  const counts = new Map<number, number>();
  for (const table of ["grouped_points", "samples"]) {
    const rows = db
      .sql(`select metric_id, count(*) as points from ${table} where user_id = ? group by metric_id`)
      .all(userId) as { metric_id: number; points: number }[];
    for (const row of rows) counts.set(row.metric_id, (counts.get(row.metric_id) ?? 0) + row.points);
  }
  const catalogue: CatalogueRow[] = [];
  for (const metric of metrics) {
    const metricId = metric["metric_id"]! as number;
    const count = counts.get(metricId);
    if (count === undefined) continue;
    const { first, last } = spanOf(db, userId, metricId);
    catalogue.push({
      metric: metric["name"]!,
      displayName: metric["display_name"]!,
      category: metric["category"]!,
      kind: metric["kind"]!,
      aggregation: metric["aggregation"]!,
      unit: metric["unit"]!,
      isRegistered: metric["is_registered"] === 1,
      count,
      firstMs: first,
      lastMs: last,
    });
  }
  return catalogue;
}

const dayMs = 86_400_000;

function spanOf(db: Connection, userId: number, metricId: number): { first: number; last: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  const take = (row: unknown, unitMs: number) => {
    const { low, high } = row as { low: number | null; high: number | null };
    if (low !== null) first = Math.min(first, low * unitMs);
    if (high !== null) last = Math.max(last, high * unitMs);
  };
  const variants = db
    .sql(
      `select distinct variant_id from (select variant_id from grouped_points where user_id = ? and metric_id = ?
       union all select variant_id from samples where user_id = ? and metric_id = ?)`,
    )
    .pluck()
    .all(userId, metricId, userId, metricId) as number[];
  for (const variantId of variants) {
    for (const grouping of groupings.keys()) {
      if (grouping === 0) continue;
      // For day and longer the date stands for its midnight: less than a day off, and no travel can turn it round.
      const row = db
        .sql(
          `select (select min(start) from grouped_points where user_id = ?1 and metric_id = ?2 and variant_id = ?3 and grouping = ?4) as low,
             (select max(start) from grouped_points where user_id = ?1 and metric_id = ?2 and variant_id = ?3 and grouping = ?4) as high`,
        )
        .get({ 1: userId, 2: metricId, 3: variantId, 4: grouping });
      take(row, grouping >= 4 ? dayMs : 1);
    }
    const row = db
      .sql(
        `select (select min(start) from samples where user_id = ?1 and metric_id = ?2 and variant_id = ?3) as low,
           (select max(start) from samples where user_id = ?1 and metric_id = ?2 and variant_id = ?3) as high`,
      )
      .get({ 1: userId, 2: metricId, 3: variantId });
    take(row, 1);
  }
  return { first, last };
}
