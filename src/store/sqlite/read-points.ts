/**
 * Reads points in the order of time, buckets and samples together, a page at a time.
 *
 * The primary keys put variant (and grouping) before start, so each combination is a stream of its own that is already
 * sorted; a page is merged from one look at each. The order is total and made of stored values only, so that a cursor
 * neither skips nor repeats while deliveries arrive: (sort time, grouping, variant, rest of the key). The sort time of
 * day and longer buckets is their date, not their instant: offsets of travel could turn two dates round.
 */
import { countingValue, type GroupedState } from "../../health/merge.js";
import { groupings, isDateKeyed } from "../../health/record.js";
import { belongsToDayOfEnd } from "../../health/registry.js";
import { normaliseSource } from "../../health/source.js";
import { problem } from "../../problem.js";
import type { Page, PageRequest, PointRow, PointSelection } from "../store.js";
import type { Connection } from "./connection.js";

const dayMs = 86_400_000;

interface Stream {
  grouping: number;
  variantId: number;
  variant: string;
}

interface Candidate {
  order: number[];
  row: PointRow;
}

/** Shape of a metric's second and third value: samples keep 0 where a metric has none. */
interface Shape {
  hasSecond: boolean;
  hasThird: boolean;
  isRegistered: boolean;
  isOfEndDay: boolean;
}

function compareOrder(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

const orderLength = 9;

function parseCursor(cursor: string | undefined): number[] | null {
  if (cursor === undefined) return null;
  try {
    const parsed: unknown = JSON.parse(cursor);
    if (Array.isArray(parsed) && parsed.length === orderLength && parsed.every((part) => typeof part === "number")) {
      return parsed as number[];
    }
  } catch {
    // Falls through to the refusal.
  }
  throw problem("invalid_parameter", "The parameter cursor is not one of this list.");
}

export function readPoints(db: Connection, selection: PointSelection, page: PageRequest): Page<PointRow> {
  const metric = db
    .sql("select metric_id, name, is_registered from metric_definitions where name = ?")
    .get(selection.metric) as { metric_id: number; name: string; is_registered: number } | undefined;
  if (!metric) return { rows: [], nextCursor: null };
  const shape: Shape = {
    hasSecond: metric.name === "heart_rate" || metric.name === "blood_pressure",
    hasThird: metric.name === "heart_rate",
    isRegistered: metric.is_registered === 1,
    isOfEndDay: belongsToDayOfEnd(metric.name),
  };
  const after = parseCursor(page.cursor);
  const wanted = selection.groupings?.map((name) => groupings.indexOf(name));
  const candidates: Candidate[] = [];
  for (const stream of streams(db, selection.userId, metric.metric_id)) {
    if (wanted && !wanted.includes(stream.grouping)) continue;
    const read = stream.grouping === 0 ? readSamples : readBuckets;
    candidates.push(...read(db, selection, metric.metric_id, stream, shape, after, page.limit + 1));
  }
  candidates.sort((a, b) => compareOrder(a.order, b.order));
  const more = candidates.length > page.limit;
  const shown = candidates.slice(0, page.limit);
  return { rows: shown.map(({ row }) => row), nextCursor: more ? shown.at(-1)!.row.cursor : null };
}

/** The combinations of grouping and variant that a metric has, each found by one seek. */
function streams(db: Connection, userId: number, metricId: number): Stream[] {
  const found: { grouping: number; variant_id: number }[] = [];
  let last = { variant_id: -1, grouping: 99 };
  while (true) {
    const next = db
      .sql(
        `select variant_id, grouping from grouped_points
         where user_id = ? and metric_id = ? and (variant_id, grouping) > (?, ?) order by variant_id, grouping limit 1`,
      )
      .get(userId, metricId, last.variant_id, last.grouping) as typeof last | undefined;
    if (!next) break;
    found.push(next);
    last = next;
  }
  let variantId = -1;
  while (true) {
    const next = db
      .sql(
        "select variant_id from samples where user_id = ? and metric_id = ? and variant_id > ? order by variant_id limit 1",
      )
      .pluck()
      .get(userId, metricId, variantId) as number | undefined;
    if (next === undefined) break;
    found.push({ variant_id: next, grouping: 0 });
    variantId = next;
  }
  return found.map(({ variant_id, grouping }) => ({
    grouping,
    variantId: variant_id,
    variant: db.sql("select name from variants where variant_id = ?").pluck().get(variant_id) as string,
  }));
}

/** Whether a stream comes before (-1), is (0) or comes after (1) the one that the cursor stopped in. */
function compareToCursor(stream: Stream, after: readonly number[]): number {
  return Math.sign(stream.grouping - after[1]! || stream.variantId - after[2]!);
}

const bucketSelect = `select p.start, p.value, p.value2, p.value3, p.lower_bound, p.offset_min, p.arrival, s.name
  from grouped_points p left join sources s on s.source_id = p.source_id
  where p.user_id = ? and p.metric_id = ? and p.variant_id = ? and p.grouping = ? and p.start >= ? and p.start < ? order by p.start limit ?`;

function readBuckets(
  db: Connection,
  selection: PointSelection,
  metricId: number,
  stream: Stream,
  shape: Shape,
  after: readonly number[] | null,
  limit: number,
): Candidate[] {
  const grouping = groupings[stream.grouping]!;
  const dateKeyed = isDateKeyed(grouping);
  const unit = dateKeyed ? dayMs : 1;
  // Dates within a day of the range: which of them lie inside is decided by the instant at which they begin.
  let from = dateKeyed ? Math.floor(selection.fromMs / dayMs) - 1 : Math.ceil(selection.fromMs);
  const to = dateKeyed ? Math.ceil(selection.toMs / dayMs) + 1 : Math.ceil(selection.toMs);
  if (after) {
    const next = after[0]! / unit + (compareToCursor(stream, after) > 0 ? 0 : 1 / unit);
    from = Math.max(from, Math.ceil(next));
  }
  const candidates: Candidate[] = [];
  while (candidates.length < limit) {
    const rows = db
      .sql(bucketSelect)
      .raw()
      .all(selection.userId, metricId, stream.variantId, stream.grouping, from, to, limit) as unknown[][];
    for (const [start, value, value2, value3, lowerBound, offsetMin, arrival, source] of rows as [
      number,
      number | null,
      number | null,
      number | null,
      number | null,
      number,
      number,
      string | null,
    ][]) {
      const sortMs = start * unit;
      const startMs = dateKeyed ? sortMs - offsetMin * 60_000 : start;
      if (startMs < selection.fromMs || startMs >= selection.toMs) continue;
      const sourceKey = source === null ? "" : sourceKeyOf(db, source);
      if (selection.sourceKey !== undefined && selection.sourceKey !== sourceKey) continue;
      const order = [sortMs, stream.grouping, stream.variantId, 0, 0, 0, 0, 0, 0];
      candidates.push({
        order,
        row: {
          grouping,
          variant: stream.variant,
          startMs,
          endMs: null,
          offsetMin,
          localDay: dateKeyed ? start : localDay(startMs, offsetMin),
          value: countingValue({ value, lowerBound } as GroupedState),
          value2: value2 ?? (shape.hasSecond && value !== null ? value : null),
          value3: value3 ?? (shape.hasThird && value !== null ? value : null),
          fullValue: value,
          lowerBound,
          source,
          sourceKey,
          arrival,
          cursor: JSON.stringify(order),
        },
      });
      if (candidates.length === limit) break;
    }
    if (rows.length < limit) break;
    from = (rows.at(-1)![0] as number) + 1;
  }
  return candidates;
}

function localDay(startMs: number, offsetMin: number): number {
  return Math.floor((startMs + offsetMin * 60_000) / dayMs);
}

const sampleSelect = (condition: string) =>
  `select p.start, p.end, p.source_key_id, p.value, p.value2, p.value3, p.nth, p.offset_min, p.arrival, s.name, k.name
   from samples p left join sources s on s.source_id = p.source_id left join sources k on k.source_id = p.source_key_id
   where p.user_id = ? and p.metric_id = ? and p.variant_id = ? and p.start < ? and ${condition}
   order by p.start, p.end, p.source_key_id, p.value, p.value2, p.value3, p.nth limit ?`;
const samplesFrom = sampleSelect("p.start >= ?");
const samplesAfter = sampleSelect(
  "p.start >= ? and (p.start, p.end, p.source_key_id, p.value, p.value2, p.value3, p.nth) > (?, ?, ?, ?, ?, ?, ?)",
);

function readSamples(
  db: Connection,
  selection: PointSelection,
  metricId: number,
  stream: Stream,
  shape: Shape,
  after: readonly number[] | null,
  limit: number,
): Candidate[] {
  const key = [selection.userId, metricId, stream.variantId, Math.ceil(selection.toMs)];
  let position: number[] | null = null;
  let from = Math.ceil(selection.fromMs);
  if (after) {
    const side = compareToCursor(stream, after);
    if (side === 0) position = [after[0]!, ...after.slice(3)];
    from = Math.max(from, side < 0 ? after[0]! + 1 : after[0]!);
  }
  const candidates: Candidate[] = [];
  while (candidates.length < limit) {
    const rows = (
      position
        ? db
            .sql(samplesAfter)
            .raw()
            .all(...key, from, ...position, limit)
        : db
            .sql(samplesFrom)
            .raw()
            .all(...key, from, limit)
    ) as [number, number, number, number, number, number, number, number, number, string | null, string | null][];
    for (const [start, end, sourceKeyId, value, value2, value3, nth, offsetMin, arrival, source, sourceKey] of rows) {
      position = [start, end, sourceKeyId, value, value2, value3, nth];
      if (selection.sourceKey !== undefined && selection.sourceKey !== (sourceKey ?? "")) continue;
      const order = [start, 0, stream.variantId, end, sourceKeyId, value, value2, value3, nth];
      const hasBounds = value2 !== 0 || value3 !== 0;
      candidates.push({
        order,
        row: {
          grouping: "raw",
          variant: stream.variant,
          startMs: start,
          endMs: end === start ? null : end,
          offsetMin,
          localDay: localDay(shape.isOfEndDay ? end : start, offsetMin),
          value,
          value2: shape.hasSecond || (hasBounds && !shape.isRegistered) ? value2 : null,
          value3: shape.hasThird || (hasBounds && !shape.isRegistered) ? value3 : null,
          fullValue: value,
          lowerBound: null,
          source,
          sourceKey: sourceKey ?? "",
          arrival,
          cursor: JSON.stringify(order),
        },
      });
      if (candidates.length === limit) break;
    }
    if (rows.length < limit) break;
  }
  return candidates;
}

const sourceKeys = new WeakMap<Connection, Map<string, string>>();

function sourceKeyOf(db: Connection, source: string): string {
  let known = sourceKeys.get(db);
  if (!known) {
    known = new Map();
    sourceKeys.set(db, known);
  }
  let key = known.get(source);
  if (key === undefined) {
    key = normaliseSource(source);
    known.set(source, key);
  }
  return key;
}
