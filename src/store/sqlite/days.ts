/**
 * Daily summaries: rebuilds the days that writes marked dirty. The rules are `health/day.ts` and `health/night.ts`.
 *
 * A mark is read, its day rebuilt from what is committed and the mark deleted in one transaction, so neither a crash nor
 * another process leaves a stale day.
 */
import { type DaySummary, type DiscreteShape, summariseCumulativeDay, summariseDiscreteDay } from "../../health/day.js";
import { DenseDay } from "../../health/dense-day.js";
import { countingValue } from "../../health/merge.js";
import { summariseSleepDay } from "../../health/night.js";
import { groupings, type Night } from "../../health/record.js";
import { belongsToDayOfEnd } from "../../health/registry.js";
import type { DayPoint } from "../../health/series.js";
import { normaliseSource } from "../../health/source.js";
import { isTimeZone, localDayStart, offsetAt } from "../../health/zone.js";
import type { DayRow, User } from "../store.js";
import type { Connection } from "./connection.js";
import { userById } from "./users.js";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** Offsets in the world: 12 hours west to 14 hours east of UTC. */
const westernmostMs = 12 * hourMs;
const easternmostMs = 14 * hourMs;
/** Other writers wait meanwhile (design section 4: transactions stay under 50 ms). */
const transactionMs = 25;

interface Mark {
  user_id: number;
  metric_id: number;
  local_day: number;
}

interface Metric {
  name: string;
  kind: string;
  aggregation: string;
  is_logged: number;
}

/** Rebuilds dirty days for about `transactionMs`; how many, 0 when none are left. */
export function rebuildSomeDirtyDays(db: Connection, userId: number | undefined): number {
  const where = userId === undefined ? "" : "where user_id = ?";
  const values = userId === undefined ? [] : [userId];
  const find = db.sql(`select user_id, metric_id, local_day from dirty_days ${where} limit 200`);
  if (find.all(...values).length === 0) return 0;
  return db.write(() => {
    const deadline = performance.now() + transactionMs;
    let done = 0;
    for (const mark of find.all(...values) as Mark[]) {
      rebuildDay(db, mark);
      db.sql("delete from dirty_days where user_id = ? and metric_id = ? and local_day = ?").run(
        mark.user_id,
        mark.metric_id,
        mark.local_day,
      );
      done++;
      if (performance.now() > deadline) break;
    }
    return done;
  });
}

function rebuildDay(db: Connection, mark: Mark): void {
  const user = userById(db, mark.user_id);
  const metric = db
    .sql("select name, kind, aggregation, is_logged from metric_definitions where metric_id = ?")
    .get(mark.metric_id) as Metric | undefined;
  const summary = user && metric ? summarise(db, mark, user, metric) : null;
  if (!summary) {
    db.sql("delete from days where user_id = ? and metric_id = ? and local_day = ?").run(
      mark.user_id,
      mark.metric_id,
      mark.local_day,
    );
    return;
  }
  db.sql(
    `insert or replace into days (user_id, metric_id, local_day, total, avg, min, max, last, avg2, min2, max2, last2, last_ms,
       point_count, series) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    mark.user_id,
    mark.metric_id,
    mark.local_day,
    summary.total,
    summary.avg,
    summary.min,
    summary.max,
    summary.last,
    summary.avg2,
    summary.min2,
    summary.max2,
    summary.last2,
    summary.lastMs,
    summary.count,
    summary.series,
  );
}

function summarise(db: Connection, mark: Mark, user: User, metric: Metric): DaySummary | null {
  if (metric.name === "sleep_analysis") return summariseSleepDay(nightsOfDay(db, mark));
  const dense = denseDay(db, mark, metric);
  if (dense) return dense;
  const points = pointsOfDay(db, mark, metric);
  if (points.length === 0) return null;
  const day = { dayEndMs: dayEndMs(points, mark.local_day, user.timeZone) };
  if (metric.kind === "cumulative") {
    return summariseCumulativeDay(points, day, { isLogged: metric.is_logged === 1, sourceOrder: user.sourceOrder });
  }
  return summariseDiscreteDay(points, day, { isLast: metric.aggregation === "last", shape: shapeOf(metric) });
}

function shapeOf(metric: Metric): DiscreteShape {
  return metric.name === "heart_rate" || metric.name === "blood_pressure" ? metric.name : "quantity";
}

/** The summary of a day that has nothing but buckets of a minute or less, in one grouping and variant; else null. */
function denseDay(db: Connection, mark: Mark, metric: Metric): DaySummary | null {
  const { user_id, metric_id, local_day } = mark;
  const range = rangeOfDay(local_day);
  const exists = (sql: string, ...values: number[]) =>
    db
      .sql(`${sql} limit 1`)
      .raw()
      .get(...values) !== undefined;
  let only: { variantId: number; code: number } | null = null;
  for (const variantId of variantsOf(db, user_id, metric_id)) {
    const key = [user_id, metric_id, variantId];
    if (
      exists(samplesSql(metric.name), ...key, ...range) ||
      exists(bucketsOfRange, ...key, 4, local_day, local_day + 1)
    )
      return null;
    for (const code of [3, 2, 1]) {
      if (!exists(bucketsOfDay, ...key, code, ...range)) continue;
      if (only || code === 3) return null;
      only = { variantId, code };
    }
  }
  if (!only) return null;
  const dense = new DenseDay({
    series: only.code === 1 ? "second" : "minute",
    isCumulative: metric.kind === "cumulative",
    isLast: metric.aggregation === "last",
    shape: shapeOf(metric),
  });
  const [fromMs, toMs, ...day] = range;
  const read = db.sql(denseRows).raw();
  for (let nextMs = fromMs; ; ) {
    const rows = read.all(user_id, metric_id, only.variantId, only.code, nextMs, toMs, ...day) as DenseRow[];
    for (const [start, value, value2, value3, lowerBound] of rows) {
      dense.add(start, countingValue({ value, lowerBound }), value2, value3);
    }
    if (rows.length < rowsPerRead) return dense.summary();
    nextMs = rows.at(-1)![0] + 1;
  }
}

/** Bounds of the instants that can lie on a local day, and of the local times that do. */
function rangeOfDay(localDay: number): [fromMs: number, toMs: number, localFromMs: number, localToMs: number] {
  const startMs = localDay * dayMs;
  return [startMs - easternmostMs, startMs + dayMs + westernmostMs, startMs, startMs + dayMs];
}

/**
 * When the local day was over: by the westernmost offset among its points, and by the user's zone where the day was
 * spent in it (on the day of a clock change the offset at its end is not the one at its beginning).
 */
function dayEndMs(points: readonly DayPoint[], localDay: number, zone: string): number {
  let end = Number.NEGATIVE_INFINITY;
  for (const point of points) end = Math.max(end, (localDay + 1) * dayMs - point.offsetMin * 60_000);
  if (!isTimeZone(zone)) return end;
  const zoneStart = localDayStart(zone, localDay);
  const isAtHome = points.some((point) => point.offsetMin === offsetAt(zone, zoneStart));
  return isAtHome ? Math.max(end, localDayStart(zone, localDay + 1)) : end;
}

type BucketRow = [
  start: number,
  value: number | null,
  value2: number | null,
  value3: number | null,
  lowerBound: number | null,
  offsetMin: number,
  arrival: number,
  sourceId: number,
];
type SampleRow = [
  start: number,
  end: number,
  value: number,
  value2: number,
  value3: number,
  offsetMin: number,
  arrival: number,
  sourceId: number,
  sourceKeyId: number,
];

const bucketsOfRange = `select start, value, value2, value3, lower_bound, offset_min, arrival, source_id from grouped_points
  where user_id = ? and metric_id = ? and variant_id = ? and grouping = ? and start >= ? and start < ?`;
/** Rows of other days are left out by SQLite itself: handing them to JavaScript would cost more than reading the day. */
const isOnLocalDay = "and start + offset_min * 60000 >= ? and start + offset_min * 60000 < ?";
const bucketsOfDay = `${bucketsOfRange} ${isOnLocalDay}`;
/** Samples that belong to the day of their end (`belongsToDayOfEnd`) began at most a day before it. */
const samplesEndingOnDay = `select start, end, value, value2, value3, offset_min, arrival, source_id, source_key_id from samples
  where user_id = ? and metric_id = ? and variant_id = ? and start >= ? - 86400000 and start < ?
  and end + offset_min * 60000 >= ? and end + offset_min * 60000 < ?`;
/** Rows read at once: a day of seconds has up to 86,400. */
const rowsPerRead = 1000;
/** Only what a dense day adds up: each column costs as much as reading the row. */
const denseRows = `select start, value, value2, value3, lower_bound from grouped_points
  where user_id = ? and metric_id = ? and variant_id = ? and grouping = ? and start >= ? and start < ? ${isOnLocalDay}
  order by start limit ${rowsPerRead}`;
type DenseRow = [
  start: number,
  value: number | null,
  value2: number | null,
  value3: number | null,
  lowerBound: number | null,
];
const samplesOfDay = `select start, end, value, value2, value3, offset_min, arrival, source_id, source_key_id from samples
  where user_id = ? and metric_id = ? and variant_id = ? and start >= ? and start < ? ${isOnLocalDay}`;

/** Names of sources, looked up once each instead of joined to every row: a day may have thousands. */
class SourceNames {
  private readonly names = new Map<number, { name: string; key: string }>();
  private readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  of(sourceId: number): { name: string; key: string } {
    let known = this.names.get(sourceId);
    if (!known) {
      const name = (this.db.sql("select name from sources where source_id = ?").pluck().get(sourceId) ?? "") as string;
      known = { name, key: normaliseSource(name) };
      this.names.set(sourceId, known);
    }
    return known;
  }
}

function samplesSql(metric: string): string {
  return belongsToDayOfEnd(metric) ? samplesEndingOnDay : samplesOfDay;
}

function pointsOfDay(db: Connection, mark: Mark, metric: Metric): DayPoint[] {
  const { user_id, metric_id, local_day } = mark;
  const range = rangeOfDay(local_day);
  const dayStartMs = local_day * dayMs;
  const sources = new SourceNames(db);
  const points: DayPoint[] = [];
  for (const variantId of variantsOf(db, user_id, metric_id)) {
    const variant = db.sql("select name from variants where variant_id = ?").pluck().get(variantId) as string;
    for (const code of [1, 2, 3, 4]) {
      const grouping = groupings[code]!;
      const isDay = grouping === "day";
      const key = [user_id, metric_id, variantId, code];
      const rows = (
        isDay
          ? db
              .sql(bucketsOfRange)
              .raw()
              .all(...key, local_day, local_day + 1)
          : db
              .sql(bucketsOfDay)
              .raw()
              .all(...key, ...range)
      ) as BucketRow[];
      for (const [start, value, value2, value3, lowerBound, offsetMin, arrival, sourceId] of rows) {
        const source = sources.of(sourceId);
        points.push({
          grouping,
          variant,
          startMs: isDay ? dayStartMs - offsetMin * 60_000 : start,
          endMs: null,
          offsetMin,
          value: countingValue({ value, lowerBound }),
          value2,
          value3,
          source: source.name,
          sourceKey: source.key,
          isLowerBound: value === null,
          receivedMs: Math.floor(arrival / 1000),
          ingestion: arrival,
          fullValue: value,
          lowerBound,
        });
      }
    }
    const samples = db
      .sql(samplesSql(metric.name))
      .raw()
      .all(user_id, metric_id, variantId, ...range) as SampleRow[];
    for (const [start, end, value, value2, value3, offsetMin, arrival, sourceId, sourceKeyId] of samples) {
      points.push({
        grouping: "raw",
        variant,
        startMs: start,
        endMs: end === start ? null : end,
        offsetMin,
        value,
        value2,
        value3,
        source: sources.of(sourceId).name,
        sourceKey: sources.of(sourceKeyId).name,
        isLowerBound: false,
        receivedMs: Math.floor(arrival / 1000),
        ingestion: arrival,
        fullValue: value,
        lowerBound: null,
      });
    }
  }
  return points;
}

/** Variants that a metric has, each found by one seek (a plain distinct would scan the metric's whole history). */
function variantsOf(db: Connection, userId: number, metricId: number): number[] {
  const found = new Set<number>();
  for (const table of ["grouped_points", "samples"]) {
    const next = db
      .sql(`select min(variant_id) from ${table} where user_id = ? and metric_id = ? and variant_id > ?`)
      .pluck();
    let variantId = -1;
    while (true) {
      const value = next.get(userId, metricId, variantId) as number | null;
      if (value === null) break;
      found.add(value);
      variantId = value;
    }
  }
  return [...found];
}

function nightsOfDay(db: Connection, mark: Mark): Night[] {
  const rows = db
    .sql("select start_ms, end_ms, offset_min, total_min, origin from nights where user_id = ? and local_day = ?")
    .all(mark.user_id, mark.local_day) as {
    start_ms: number;
    end_ms: number;
    offset_min: number;
    total_min: number;
    origin: Night["origin"];
  }[];
  return rows.map((row) => ({
    startMs: row.start_ms,
    endMs: row.end_ms,
    inBedStartMs: null,
    inBedEndMs: null,
    offsetMin: row.offset_min,
    totalMin: row.total_min,
    coreMin: null,
    deepMin: null,
    remMin: null,
    asleepMin: null,
    awakeMin: null,
    inBedMin: null,
    sourceKey: "",
    source: null,
    origin: row.origin,
  }));
}

export function readDays(
  db: Connection,
  userId: number,
  fromDay: number,
  toDay: number,
  metrics: readonly string[] | null,
): DayRow[] {
  const filter = metrics ? `and m.name in (${metrics.map(() => "?").join(", ")})` : "";
  const rows = db
    .sql(
      `select m.name as metric, m.unit, d.local_day, d.total, d.avg, d.min, d.max, d.last, d.avg2, d.min2, d.max2, d.last2,
         d.last_ms, d.point_count, d.series
       from days d join metric_definitions m using (metric_id)
       where d.user_id = ? and d.local_day >= ? and d.local_day < ? ${filter} order by d.local_day, m.name`,
    )
    .all(userId, fromDay, toDay, ...(metrics ?? [])) as Record<string, unknown>[];
  return rows.map((row) => ({
    metric: row["metric"] as string,
    unit: row["unit"] as string | null,
    localDay: row["local_day"] as number,
    total: row["total"] as number | null,
    avg: row["avg"] as number | null,
    min: row["min"] as number | null,
    max: row["max"] as number | null,
    last: row["last"] as number | null,
    avg2: row["avg2"] as number | null,
    min2: row["min2"] as number | null,
    max2: row["max2"] as number | null,
    last2: row["last2"] as number | null,
    lastMs: row["last_ms"] as number | null,
    pointCount: row["point_count"] as number,
    series: row["series"] as string,
  }));
}
