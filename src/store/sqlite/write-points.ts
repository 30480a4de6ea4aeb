/**
 * Writes one batch of points in one transaction: look up what is stored, merge (`health/merge.ts`), write what differs,
 * mark the touched days dirty.
 *
 * Read, compare and write instead of one guarded upsert, because SQLite has one writer (the transaction is the guard)
 * and the receipt needs exact counts of new, changed and unchanged. Where the key range is still empty, the common case
 * of an import, the look-up is one seek and rows go in at the speed of plain inserts.
 */
import { type GroupedState, mergeGrouped, mergeSample, type SampleState, valueChanged } from "../../health/merge.js";
import { groupings, isDateKeyed } from "../../health/record.js";
import { belongsToDayOfEnd } from "../../health/registry.js";
import {
  type PointBatch,
  pointColumn,
  pointColumns,
  pointFlags,
  type WriteContext,
  type WriteCounts,
} from "../store.js";
import type { Connection, Statement } from "./connection.js";
import type { Names } from "./names.js";

const dayMs = 86_400_000;
/** Rows per multi-row statement: measured best between 50 and 200. */
const rowsPerStatement = 100;

const column = pointColumn;

export function writePoints(db: Connection, names: Names, context: WriteContext, batch: PointBatch): WriteCounts {
  const counts: WriteCounts = { inserted: 0, updated: 0, unchanged: 0 };
  const metricId = names.metric(batch.metric);
  const variantIds = batch.variants.map((name) => names.variant(name));
  const sourceIds = new Map<number, number>();
  const sourceId = (index: number): number => {
    let id = sourceIds.get(index);
    if (id === undefined) {
      id = names.source(context.userId, batch.sources[index]!);
      sourceIds.set(index, id);
    }
    return id;
  };
  const dirty = new DirtyDays(db, context.userId, metricId);
  const write = batch.grouping === "raw" ? writeSamples : writeGrouped;

  // Runs of one variant: the look-ups are range scans within it.
  let begin = 0;
  while (begin < batch.rowCount) {
    const variant = batch.rows[begin * pointColumns + column.variant]!;
    let end = begin + 1;
    while (end < batch.rowCount && batch.rows[end * pointColumns + column.variant] === variant) end++;
    write({ db, context, batch, metricId, variantId: variantIds[variant]!, sourceId, begin, end, counts, dirty });
    begin = end;
  }
  dirty.flush();
  return counts;
}

interface Run {
  db: Connection;
  context: WriteContext;
  batch: PointBatch;
  metricId: number;
  variantId: number;
  sourceId: (index: number) => number;
  begin: number;
  end: number;
  counts: WriteCounts;
  dirty: DirtyDays;
}

/** Days touched in this transaction, each written once. */
class DirtyDays {
  private readonly days = new Set<number>();
  private last = Number.NaN;
  private readonly db: Connection;
  private readonly userId: number;
  private readonly metricId: number;

  constructor(db: Connection, userId: number, metricId: number) {
    this.db = db;
    this.userId = userId;
    this.metricId = metricId;
  }

  markInstant(ms: number, offsetMin: number): void {
    this.markDay(Math.floor((ms + offsetMin * 60_000) / dayMs));
  }

  markDay(day: number): void {
    if (day === this.last) return;
    this.last = day;
    this.days.add(day);
  }

  flush(): void {
    const statement = this.db.sql(
      "insert into dirty_days (user_id, metric_id, local_day) values (?, ?, ?) on conflict do nothing",
    );
    for (const day of this.days) statement.run(this.userId, this.metricId, day);
  }
}

// Buckets -----------------------------------------------------------------------------------------------------------

const groupedColumns =
  "user_id, metric_id, variant_id, grouping, start, value, value2, value3, lower_bound, source_id, offset_min, first_ms, arrival";

function stateOfRow(run: Run, row: number): GroupedState {
  const { rows } = run.batch;
  const at = row * pointColumns;
  const isLower = (rows[at + column.flags]! & pointFlags.lowerBound) !== 0;
  const value = rows[at + column.value]!;
  return {
    value: isLower ? null : value,
    value2: nullable(rows[at + column.value2]!),
    value3: nullable(rows[at + column.value3]!),
    lowerBound: isLower ? value : null,
    sourceId: run.sourceId(rows[at + column.source]!),
    offsetMin: rows[at + column.offsetMin]!,
    firstMs: Math.floor(run.context.arrival / 1000),
    arrival: run.context.arrival,
  };
}

function nullable(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function isCounted(run: Run, row: number): boolean {
  return (run.batch.rows[row * pointColumns + column.flags]! & pointFlags.uncounted) === 0;
}

function startOf(run: Run, row: number): number {
  return run.batch.rows[row * pointColumns + column.start]!;
}

function writeGrouped(run: Run): void {
  const { db, context, batch, metricId, variantId, counts } = run;
  const grouping = groupings.indexOf(batch.grouping);
  const dateKeyed = isDateKeyed(batch.grouping);
  const feedsDays = !dateKeyed || batch.grouping === "day";
  const mark = (start: number, offsetMin: number) => {
    if (!feedsDays) return;
    if (dateKeyed) run.dirty.markDay(start);
    else run.dirty.markInstant(start, offsetMin);
  };
  const keyText = `${context.userId}, ${metricId}, ${variantId}, ${grouping}`;
  const insert = new RowWriter(
    db,
    `insert into grouped_points (${groupedColumns}) values`,
    `(${keyText}, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    `(${context.userId}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [metricId, variantId, grouping],
    "on conflict (user_id, metric_id, variant_id, grouping, start) do update set value = excluded.value, value2 = excluded.value2, value3 = excluded.value3, lower_bound = excluded.lower_bound, source_id = excluded.source_id, offset_min = excluded.offset_min, first_ms = excluded.first_ms, arrival = excluded.arrival",
    run.end - run.begin,
  );
  const put = (start: number, state: GroupedState) => {
    insert.add(
      start,
      state.value,
      state.value2,
      state.value3,
      state.lowerBound,
      state.sourceId,
      state.offsetMin,
      state.firstMs,
      state.arrival,
    );
    mark(start, state.offsetMin);
  };

  const isEmpty =
    db
      .sql(
        "select 1 from grouped_points where user_id = ? and metric_id = ? and variant_id = ? and grouping = ? and start between ? and ? limit 1",
      )
      .get(context.userId, metricId, variantId, grouping, startOf(run, run.begin), startOf(run, run.end - 1)) ===
    undefined;
  for (let begin = run.begin; begin < run.end; begin += rowsPerStatement) {
    const end = Math.min(begin + rowsPerStatement, run.end);
    const stored = isEmpty ? noStates : storedStates(run, grouping, begin, end);
    for (let row = begin; row < end; row++) {
      const start = startOf(run, row);
      const incoming = stateOfRow(run, row);
      const before = stored.get(start);
      let result: keyof WriteCounts;
      if (!before) {
        put(start, incoming);
        result = "inserted";
      } else {
        const after = mergeGrouped(before, incoming);
        if (!sameState(before, after)) {
          put(start, after);
          if (after.offsetMin !== before.offsetMin) mark(start, before.offsetMin);
        }
        result = valueChanged(before, after) ? "updated" : "unchanged";
      }
      if (isCounted(run, row)) counts[result]++;
    }
  }
  insert.flush();
}

const noStates: ReadonlyMap<number, GroupedState> = new Map();

function sameState(a: GroupedState, b: GroupedState): boolean {
  return (
    a.arrival === b.arrival &&
    a.value === b.value &&
    a.value2 === b.value2 &&
    a.value3 === b.value3 &&
    a.lowerBound === b.lowerBound &&
    a.sourceId === b.sourceId &&
    a.offsetMin === b.offsetMin &&
    a.firstMs === b.firstMs
  );
}

const placeholders = Array.from({ length: rowsPerStatement }, () => "?").join(", ");
const groupedByStart = (list: string) =>
  `select start, value, value2, value3, lower_bound, source_id, offset_min, first_ms, arrival from grouped_points
   where user_id = ? and metric_id = ? and variant_id = ? and grouping = ? and start in (${list})`;
const groupedByStarts = groupedByStart(placeholders);
const groupedByOneStart = groupedByStart("?");

/** Stored rows of the given rows' keys. Each batch holds a key once, so what is written in it need not be seen. */
function storedStates(run: Run, grouping: number, begin: number, end: number): ReadonlyMap<number, GroupedState> {
  const states = new Map<number, GroupedState>();
  const key = [run.context.userId, run.metricId, run.variantId, grouping];
  const take = (row: unknown) => {
    const [start, value, value2, value3, lowerBound, sourceId, offsetMin, firstMs, arrival] = row as number[];
    states.set(start!, {
      value: value!,
      value2: value2!,
      value3: value3!,
      lowerBound: lowerBound!,
      sourceId: sourceId!,
      offsetMin: offsetMin!,
      firstMs: firstMs!,
      arrival: arrival!,
    });
  };
  if (end - begin === rowsPerStatement) {
    const starts = Array.from({ length: rowsPerStatement }, (_, i) => startOf(run, begin + i));
    for (const row of run.db
      .sql(groupedByStarts)
      .raw()
      .all(...key, ...starts))
      take(row);
  } else {
    const statement = run.db.sql(groupedByOneStart).raw();
    for (let row = begin; row < end; row++) {
      const found = statement.get(...key, startOf(run, row));
      if (found) take(found);
    }
  }
  return states;
}

// Samples -----------------------------------------------------------------------------------------------------------

const sampleColumns =
  "user_id, metric_id, variant_id, start, end, source_key_id, value, value2, value3, nth, source_id, offset_min, first_ms, arrival";
const sampleKeyColumns = "start, end, source_key_id, value, value2, value3, nth";
const samplesByStart = `select ${sampleKeyColumns}, source_id, offset_min, first_ms, arrival from samples
  where user_id = ? and metric_id = ? and variant_id = ? and start = ?`;

function writeSamples(run: Run): void {
  const { db, context, batch, metricId, variantId, counts } = run;
  const { rows } = batch;
  const firstMs = Math.floor(context.arrival / 1000);
  const isOfEndDay = belongsToDayOfEnd(batch.metric.name);
  const insert = new RowWriter(
    db,
    `insert into samples (${sampleColumns}) values`,
    `(${context.userId}, ${metricId}, ${variantId}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    `(${context.userId}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [metricId, variantId],
    `on conflict (user_id, metric_id, variant_id, ${sampleKeyColumns}) do update set source_id = excluded.source_id, offset_min = excluded.offset_min, first_ms = excluded.first_ms, arrival = excluded.arrival`,
    run.end - run.begin,
  );
  const isEmpty =
    db
      .sql(
        "select 1 from samples where user_id = ? and metric_id = ? and variant_id = ? and start between ? and ? limit 1",
      )
      .get(context.userId, metricId, variantId, startOf(run, run.begin), startOf(run, run.end - 1)) === undefined;
  let storedStart = Number.NaN;
  let stored = new Map<string, SampleState>();
  for (let row = run.begin; row < run.end; row++) {
    const at = row * pointColumns;
    const start = rows[at + column.start]!;
    const end = rows[at + column.end]!;
    const sourceKeyId = run.sourceId(rows[at + column.sourceKey]!);
    const value = rows[at + column.value]!;
    // No nulls in a primary key: 0 stands for "this metric has none".
    const value2 = nullable(rows[at + column.value2]!) ?? 0;
    const value3 = nullable(rows[at + column.value3]!) ?? 0;
    const nth = rows[at + column.nth]!;
    const incoming: SampleState = {
      sourceId: run.sourceId(rows[at + column.source]!),
      offsetMin: rows[at + column.offsetMin]!,
      firstMs,
      arrival: context.arrival,
    };
    const dayMark = isOfEndDay ? end : start;
    let state = incoming;
    let isChange = true;
    let result: keyof WriteCounts = "inserted";
    if (!isEmpty) {
      if (start !== storedStart) {
        storedStart = start;
        stored = storedSamples(run, start);
      }
      const before = stored.get(sampleKey(end, sourceKeyId, value, value2, value3, nth));
      if (before) {
        state = mergeSample(before, incoming);
        result = "unchanged";
        isChange =
          state.sourceId !== before.sourceId ||
          state.offsetMin !== before.offsetMin ||
          state.firstMs !== before.firstMs ||
          state.arrival !== before.arrival;
        if (isChange && state.offsetMin !== before.offsetMin) run.dirty.markInstant(dayMark, before.offsetMin);
      }
    }
    if (isChange) {
      insert.add(
        start,
        end,
        sourceKeyId,
        value,
        value2,
        value3,
        nth,
        state.sourceId,
        state.offsetMin,
        state.firstMs,
        state.arrival,
      );
      run.dirty.markInstant(dayMark, state.offsetMin);
    }
    if (isCounted(run, row)) counts[result]++;
  }
  insert.flush();
}

function sampleKey(end: number, source: number, value: number, value2: number, value3: number, nth: number): string {
  return `${end}/${source}/${value}/${value2}/${value3}/${nth}`;
}

function storedSamples(run: Run, start: number): Map<string, SampleState> {
  const states = new Map<string, SampleState>();
  const found = run.db
    .sql(samplesByStart)
    .raw()
    .all(run.context.userId, run.metricId, run.variantId, start) as number[][];
  for (const row of found) {
    states.set(sampleKey(row[1]!, row[2]!, row[3]!, row[4]!, row[5]!, row[6]!), {
      sourceId: row[7]!,
      offsetMin: row[8]!,
      firstMs: row[9]!,
      arrival: row[10]!,
    });
  }
  return states;
}

/**
 * Collects rows and writes them `rowsPerStatement` at a time. A long run gets a statement of its own with the key's
 * constants in its text (fewer bound values are faster); a short one uses the cached single-row statement.
 */
class RowWriter {
  private readonly values: unknown[] = [];
  private waiting = 0;
  private readonly many: Statement | null;
  private readonly one: Statement;
  private readonly constants: readonly number[];

  constructor(
    db: Connection,
    head: string,
    rowWithConstants: string,
    rowBound: string,
    constants: readonly number[],
    conflict: string,
    expectedRows: number,
  ) {
    this.constants = constants;
    this.one = db.sql(`${head} ${rowBound} ${conflict}`);
    this.many =
      expectedRows >= rowsPerStatement
        ? (db.raw.prepare(
            `${head} ${Array.from({ length: rowsPerStatement }, () => rowWithConstants).join(", ")} ${conflict}`,
          ) as Statement)
        : null;
  }

  add(...row: unknown[]): void {
    if (!this.many) {
      this.one.run(...this.constants, ...row);
      return;
    }
    for (const value of row) this.values.push(value);
    if (++this.waiting === rowsPerStatement) {
      this.many.run(this.values);
      this.values.length = 0;
      this.waiting = 0;
    }
  }

  flush(): void {
    if (this.waiting === 0) return;
    const width = this.values.length / this.waiting;
    for (let at = 0; at < this.values.length; at += width) {
      this.one.run(...this.constants, ...this.values.slice(at, at + width));
    }
    this.values.length = 0;
    this.waiting = 0;
  }
}
