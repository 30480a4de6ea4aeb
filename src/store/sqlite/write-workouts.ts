/**
 * Workouts: each scalar by itself from the newest delivery that has it, route and series with most points inside the
 * workout, and a record without id joined to the one with equal start and end (design section 2).
 *
 * Inside the caller's transaction. `workout_records` keeps what was delivered per key; `visible_workouts` is rebuilt for
 * the pair of start and end that changed, so that the result does not depend on which of two records came first.
 */
import { deflateRawSync } from "node:zlib";
import {
  routeColumns,
  seriesColumns,
  type Workout,
  type WorkoutRoute,
  type WorkoutScalars,
  type WorkoutSeries,
} from "../../health/record.js";
import type { WriteContext, WriteCounts } from "../store.js";
import { uuidOf } from "../uuid.js";
import type { Connection } from "./connection.js";
import { canonicalJson } from "./write-events.js";

const dayMs = 86_400_000;

/** A scalar with the arrival and position of the delivery that it came with. */
type StampedScalars = Record<string, [value: WorkoutScalars[string], arrival: number, position: number]>;

interface RecordRow {
  key: string;
  hae_id: string | null;
  start_ms: number;
  end_ms: number;
  offset_min: number;
  first_ms: number;
  scalars: string;
  arrival: number;
  position: number;
}

const recordSelect =
  "select key, hae_id, start_ms, end_ms, offset_min, first_ms, scalars, arrival, position from workout_records";

export function writeWorkout(
  db: Connection,
  context: WriteContext,
  workout: Workout & { position: number },
): WriteCounts {
  const key = workout.haeId === null ? `at:${workout.startMs}/${workout.endMs}` : `id:${workout.haeId}`;
  const stored = db.sql(`${recordSelect} where user_id = ? and key = ?`).get(context.userId, key) as
    | RecordRow
    | undefined;
  const wasKnown = stored !== undefined || twinExists(db, context.userId, workout);
  const before = shown(db, context.userId, key, workout);

  writeRecord(db, context, key, workout, stored);
  let partsChanged = false;
  for (const series of workout.series)
    partsChanged = writeSeries(db, context, key, workout.position, series) || partsChanged;
  if (workout.route) partsChanged = writeRoute(db, context, key, workout.position, workout.route) || partsChanged;
  if (stored) rebuildVisible(db, context.userId, stored.start_ms, stored.end_ms);
  const now = db.sql(`${recordSelect} where user_id = ? and key = ?`).get(context.userId, key) as RecordRow;
  rebuildVisible(db, context.userId, now.start_ms, now.end_ms);

  const counts: WriteCounts = { inserted: 0, updated: 0, unchanged: 0 };
  if (!wasKnown) counts.inserted = 1;
  else if (partsChanged || before !== shown(db, context.userId, key, workout)) counts.updated = 1;
  else counts.unchanged = 1;
  return counts;
}

/** An id-less record and one with an id and the same times are one workout. */
function twinExists(db: Connection, userId: number, workout: Workout): boolean {
  const condition = workout.haeId === null ? "hae_id is not null" : "hae_id is null";
  return (
    db
      .sql(`select 1 from workout_records where user_id = ? and start_ms = ? and end_ms = ? and ${condition} limit 1`)
      .get(userId, workout.startMs, workout.endMs) !== undefined
  );
}

function shown(db: Connection, userId: number, key: string, workout: Workout): string {
  return JSON.stringify(
    db
      .sql(
        `select id, start_ms, end_ms, name, scalars from visible_workouts
         where user_id = ? and (key = ? or (start_ms = ? and end_ms = ?)) order by id`,
      )
      .raw()
      .all(userId, key, workout.startMs, workout.endMs),
  );
}

function writeRecord(
  db: Connection,
  context: WriteContext,
  key: string,
  workout: Workout & { position: number },
  stored: RecordRow | undefined,
): void {
  const firstMs = Math.floor(context.arrival / 1000);
  const scalars: StampedScalars = stored ? (JSON.parse(stored.scalars) as StampedScalars) : {};
  for (const [name, value] of Object.entries(workout.scalars)) {
    if (value === null) continue;
    const old = scalars[name];
    if (!old || isNewer(context.arrival, workout.position, old[1], old[2])) {
      scalars[name] = [value, context.arrival, workout.position];
    }
  }
  const timesAreNewer = !stored || isNewer(context.arrival, workout.position, stored.arrival, stored.position);
  const storedIsFirst =
    stored && (stored.first_ms < firstMs || (stored.first_ms === firstMs && stored.offset_min <= workout.offsetMin));
  db.sql(
    `insert or replace into workout_records (user_id, key, hae_id, start_ms, end_ms, offset_min, first_ms, scalars, arrival, position)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    context.userId,
    key,
    workout.haeId,
    timesAreNewer ? workout.startMs : stored.start_ms,
    timesAreNewer ? workout.endMs : stored.end_ms,
    storedIsFirst ? stored.offset_min : workout.offsetMin,
    storedIsFirst ? stored.first_ms : firstMs,
    canonicalJson(scalars),
    timesAreNewer ? context.arrival : stored.arrival,
    timesAreNewer ? workout.position : stored.position,
  );
}

function isNewer(arrival: number, position: number, storedArrival: number, storedPosition: number): boolean {
  return arrival > storedArrival || (arrival === storedArrival && position >= storedPosition);
}

/** True where a candidate beats what is stored: more points inside the workout, then the newer. */
function beats(
  context: WriteContext,
  position: number,
  insideCount: number,
  stored: { inside_count: number; arrival: number; position: number },
): boolean {
  if (insideCount !== stored.inside_count) return insideCount > stored.inside_count;
  return isNewer(context.arrival, position, stored.arrival, stored.position);
}

function writeSeries(
  db: Connection,
  context: WriteContext,
  key: string,
  position: number,
  series: WorkoutSeries,
): boolean {
  const stored = db
    .sql(
      "select inside_count, arrival, position, points, unit from workout_series where user_id = ? and key = ? and name = ?",
    )
    .get(context.userId, key, series.name) as
    | { inside_count: number; arrival: number; position: number; points: string; unit: string }
    | undefined;
  if (stored && !beats(context, position, series.insideCount, stored)) return false;
  const points = seriesJson(series.rows);
  db.sql(
    `insert into workout_series (user_id, key, name, unit, inside_count, point_count, points, arrival, position)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (user_id, key, name) do update set unit = excluded.unit, inside_count = excluded.inside_count,
       point_count = excluded.point_count, points = excluded.points, arrival = excluded.arrival, position = excluded.position`,
  ).run(
    context.userId,
    key,
    series.name,
    series.unit,
    series.insideCount,
    series.rows.length / seriesColumns,
    points,
    context.arrival,
    position,
  );
  return !stored || stored.points !== points || stored.unit !== series.unit;
}

/** [[time, value, min, max], …] with nulls for NaN: readable in SQL by json_each. */
function seriesJson(rows: Float64Array): string {
  const points: (number | null)[][] = [];
  for (let at = 0; at < rows.length; at += seriesColumns) {
    points.push(Array.from(rows.subarray(at, at + seriesColumns), (value) => (Number.isNaN(value) ? null : value)));
  }
  return JSON.stringify(points);
}

function writeRoute(
  db: Connection,
  context: WriteContext,
  key: string,
  position: number,
  route: WorkoutRoute,
): boolean {
  if (route.rows.length === 0) return false;
  const stored = db
    .sql("select inside_count, arrival, position, points from workout_tracks where user_id = ? and key = ?")
    .get(context.userId, key) as
    | { inside_count: number; arrival: number; position: number; points: Buffer }
    | undefined;
  if (stored && !beats(context, position, route.insideCount, stored)) return false;
  const points = deflateRawSync(Buffer.from(route.rows.buffer, route.rows.byteOffset, route.rows.byteLength), {
    level: 1,
  });
  const box = {
    west: Number.POSITIVE_INFINITY,
    south: Number.POSITIVE_INFINITY,
    east: Number.NEGATIVE_INFINITY,
    north: Number.NEGATIVE_INFINITY,
  };
  for (let at = 0; at < route.rows.length; at += routeColumns) {
    const latitude = route.rows[at + 1]!;
    const longitude = route.rows[at + 2]!;
    box.west = Math.min(box.west, longitude);
    box.east = Math.max(box.east, longitude);
    box.south = Math.min(box.south, latitude);
    box.north = Math.max(box.north, latitude);
  }
  db.sql(
    `insert into workout_tracks (user_id, key, inside_count, point_count, west, south, east, north, points, arrival, position)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (user_id, key) do update set inside_count = excluded.inside_count, point_count = excluded.point_count,
       west = excluded.west, south = excluded.south, east = excluded.east, north = excluded.north, points = excluded.points,
       arrival = excluded.arrival, position = excluded.position`,
  ).run(
    context.userId,
    key,
    route.insideCount,
    route.rows.length / routeColumns,
    box.west,
    box.south,
    box.east,
    box.north,
    points,
    context.arrival,
    position,
  );
  return !stored?.points.equals(points);
}

function rebuildVisible(db: Connection, userId: number, startMs: number, endMs: number): void {
  const records = db
    .sql(`${recordSelect} where user_id = ? and start_ms = ? and end_ms = ? order by hae_id is null, key`)
    .all(userId, startMs, endMs) as RecordRow[];
  // Whatever shows a record of this pair, or once showed one that has moved away from it.
  db.sql(
    `delete from visible_workouts where user_id = ? and (
       (start_ms = ? and end_ms = ?)
       or key in (select key from workout_records where user_id = ? and start_ms = ? and end_ms = ?)
       or joined_key in (select key from workout_records where user_id = ? and start_ms = ? and end_ms = ?))`,
  ).run(userId, startMs, endMs, userId, startMs, endMs, userId, startMs, endMs);
  const withId = records.filter((record) => record.hae_id !== null);
  const idLess = records.find((record) => record.hae_id === null);
  for (const [index, record] of withId.entries()) show(db, userId, record, index === 0 ? idLess : undefined);
  if (idLess && withId.length === 0) show(db, userId, idLess, undefined);
}

function show(db: Connection, userId: number, record: RecordRow, joined: RecordRow | undefined): void {
  const stamped = JSON.parse(record.scalars) as StampedScalars;
  if (joined) {
    for (const [name, scalar] of Object.entries(JSON.parse(joined.scalars) as StampedScalars)) {
      const own = stamped[name];
      if (!own || isNewer(scalar[1], scalar[2], own[1], own[2])) stamped[name] = scalar;
    }
  }
  const scalars: WorkoutScalars = {};
  for (const [name, [value]] of Object.entries(stamped)) scalars[name] = value;
  const offsetMin = joined && joined.first_ms < record.first_ms ? joined.offset_min : record.offset_min;
  const number = (name: string) => (typeof scalars[name] === "number" ? (scalars[name] as number) : null);
  const text = (name: string) => (typeof scalars[name] === "string" ? (scalars[name] as string) : null);
  db.sql(
    `insert or replace into visible_workouts (user_id, start_ms, id, key, joined_key, end_ms, offset_min, local_day, name, type,
       duration_s, distance_km, energy_kcal, avg_heart_rate, max_heart_rate, source, scalars)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    userId,
    record.start_ms,
    record.hae_id ?? uuidOf("workout", record.start_ms, record.end_ms),
    record.key,
    joined?.key ?? null,
    record.end_ms,
    offsetMin,
    Math.floor((record.start_ms + offsetMin * 60_000) / dayMs),
    text("name"),
    text("type") ?? "other",
    // Kept out of the scalars: a length that nobody sent must not win over a duration that somebody did.
    number("duration_s") ?? (record.end_ms - record.start_ms) / 1000,
    number("distance"),
    number("energy"),
    number("avg_heart_rate"),
    number("max_heart_rate"),
    text("source"),
    canonicalJson(scalars),
  );
}
