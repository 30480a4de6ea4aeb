/**
 * Points of one metric: as stored (`bucket=raw`), or counted by minute, hour, day, week or month.
 *
 * What a caller may rely on (contract section 3):
 *
 * - `raw` gives every stored record with its grouping; all other buckets count one series per day, so nothing twice.
 * - Buckets are whole. Those that the range touches are given; of a week or month the days that it touches count.
 * - Points come in the order of time, and a cursor goes on exactly behind the last one.
 */
import { type Grouping, isDateKeyed } from "../health/record.js";
import { normaliseSource } from "../health/source.js";
import { formatDate } from "../health/zone.js";
import type { NightRow, PointRow, Store } from "../store/store.js";
import { readBuckets } from "./buckets.js";
import { openCursor, sealCursor } from "./cursor.js";
import { findMetricView, type MetricView } from "./metric-view.js";
import { answerList, type QueryRequest } from "./page.js";
import type { PointsParameters } from "./parameters.js";
import { type PointPosition, readPointRows } from "./point-rows.js";
import { holdsDated, type Range, readRange, widenForDates } from "./range.js";
import type { Tally } from "./tally.js";
import { formatTime, formatTimeOrNull } from "./text.js";

/** Values by shape: `value`; `min`, `avg`, `max`; `systolic`, `diastolic`. */
export interface Point {
  time: string;
  end: string | null;
  /** Local date, where the record or bucket is keyed by one. */
  date?: string;
  value?: number;
  min?: number;
  avg?: number;
  max?: number;
  systolic?: number;
  diastolic?: number | null;
  unit: string | null;
  source: string | null;
  /** Of stored records. */
  grouping?: Grouping;
  variant?: string;
  /** Of buckets: which series counted. */
  series?: Tally["series"];
}

export interface PointsAnswer {
  metric: string;
  unit: string | null;
  data: Point[];
  next_cursor: string | null;
}

export async function readMetric(
  store: Store,
  request: QueryRequest<PointsParameters & { name: string }>,
): Promise<PointsAnswer> {
  const { user, params } = request;
  const zone = params.tz ?? user.timeZone;
  const view = await findMetricView(store, user, params.name);
  const selection = {
    view,
    zone,
    range: readRange(params, zone),
    sourceKey: params.source === undefined ? undefined : normaliseSource(params.source),
  };
  const list =
    params.bucket !== "raw"
      ? await listBuckets(store, request, selection)
      : view.name === "sleep_analysis"
        ? await listNightPoints(store, request, selection)
        : await listStored(store, request, selection);
  return { metric: view.name, unit: view.unit, ...list };
}

interface Selection {
  view: MetricView;
  zone: string;
  range: Range;
  sourceKey: string | undefined;
}

type PointsRequest = QueryRequest<PointsParameters>;
type PointsPage = Pick<PointsAnswer, "data" | "next_cursor">;

async function listStored(store: Store, { user, params }: PointsRequest, selection: Selection): Promise<PointsPage> {
  const { view, range, sourceKey } = selection;
  const list = [user.id, "points", view.name];
  const data: Point[] = [];
  let position: PointPosition | undefined;
  const rows = readPointRows(
    store,
    { userId: user.userId, metric: view.name, groupings: allGroupings, range, sourceKey },
    { after: openCursor<PointPosition>(list, params.cursor), rowsPerPage: Math.min(params.limit + 1, 5000) },
  );
  for await (const placed of rows) {
    if (data.length === params.limit) return { data, next_cursor: sealCursor(list, position) };
    data.push(describeRow(view, placed.row));
    position = placed.position;
  }
  return { data, next_cursor: null };
}

const allGroupings: readonly Grouping[] = ["raw", "second", "minute", "hour", "day", "week", "month", "year"];

/** A stored record as a point. */
export function describeRow(view: MetricView, row: PointRow): Point {
  const { startMs, endMs, grouping, variant, source } = row;
  return {
    time: formatTime(startMs),
    end: formatTimeOrNull(endMs),
    ...(isDateKeyed(grouping) ? { date: formatDate(row.localDay) } : {}),
    ...valuesOfRow(view, row),
    // Outside the registry the variant is the unit that was sent: units are not mixed up that nobody can convert.
    unit: view.isRegistered ? view.unit : variant || null,
    source,
    grouping,
    ...(view.isRegistered && variant !== "" ? { variant } : {}),
  };
}

function valuesOfRow({ shape }: MetricView, { value, value2, value3 }: PointRow): Partial<Point> {
  if (shape === "heart_rate") return { min: value2 ?? value, avg: value, max: value3 ?? value };
  if (shape === "blood_pressure") return { systolic: value, diastolic: value2 };
  return {
    value,
    ...(value2 === null ? {} : { min: value2 }),
    ...(value3 === null ? {} : { max: value3 }),
  };
}

/** Nights are records of their own; asked for as a metric, each is a point of the minutes asleep. */
function listNightPoints(store: Store, request: PointsRequest, { range, sourceKey }: Selection): Promise<PointsPage> {
  return answerList(
    { name: "points/sleep_analysis", request },
    (page) => store.nights(request.user.userId, widenForDates(range), page),
    describeNightPoint,
    (night) =>
      holdsDated(range, { atMs: night.endMs, localDay: night.localDay }) &&
      (sourceKey === undefined || sourceKey === night.sourceKey),
  );
}

export function describeNightPoint(night: NightRow): Point {
  return {
    time: formatTime(night.startMs),
    end: formatTime(night.endMs),
    date: formatDate(night.localDay),
    value: night.totalMin,
    unit: "min",
    source: night.source,
    grouping: "raw",
  };
}

/** Begin of the last bucket that was given, and its unit where one bucket has several. */
type BucketPosition = [startMs: number, unit: string];

async function listBuckets(store: Store, { user, params }: PointsRequest, selection: Selection): Promise<PointsPage> {
  const { view, zone, range, sourceKey } = selection;
  const bucket = params.bucket as Exclude<PointsParameters["bucket"], "raw">;
  const list = [user.id, "buckets", view.name, bucket, zone];
  const after = openCursor<BucketPosition>(list, params.cursor);
  const data: Point[] = [];
  let position: BucketPosition | undefined;
  for await (const { startMs, unit, point } of readBuckets(store, {
    ...{ user, view, zone, range, sourceKey, bucket, agg: params.agg },
    fromMs: after?.[0],
  })) {
    if (after !== undefined && (startMs < after[0] || (startMs === after[0] && unit <= after[1]))) continue;
    if (data.length === params.limit) return { data, next_cursor: sealCursor(list, position) };
    data.push(point);
    position = [startMs, unit];
  }
  return { data, next_cursor: null };
}
