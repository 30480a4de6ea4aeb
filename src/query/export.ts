/**
 * Everything that a user has, row by row: points of every metric, nights, stages, events, workouts, electrocardiograms.
 *
 * What a caller may rely on: every row carries `metric`, `time` and `end`; rows come metric by metric in the order of
 * the alphabet, each in the order of time, and two stores with the same records give the same rows in the same order (no
 * row names a delivery). Memory does not grow with the number of rows.
 */
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { eventTypes, groupings } from "../health/record.js";
import { canonicalMetricName, findMetric } from "../health/registry.js";
import type { CatalogueRow, PointRow, Store, User } from "../store/store.js";
import { describeEcg } from "./ecg.js";
import { describeEvent } from "./events.js";
import { viewOfStored } from "./metric-view.js";
import { readAll } from "./page.js";
import { readPointRows } from "./point-rows.js";
import { describeNightPoint, describeRow } from "./points.js";
import { holdsDated, type Range, readRange, widenForDates } from "./range.js";
import { refuseParameter } from "./refuse.js";
import { describeNight, describeStage } from "./sleep.js";
import { csvLine, shortenFloat32 } from "./text.js";
import { describeWorkout } from "./workouts.js";

export interface ExportRow {
  metric: string;
  time: string;
  end: string | null;
  [member: string]: unknown;
}

export interface ExportSelection {
  from?: string | undefined;
  to?: string | undefined;
  /** Names of metrics and of the other kinds (`sleep_stages`, `workouts`, `ecg`, `symptoms`, …); all when absent. */
  metrics?: readonly string[] | undefined;
}

type ReadRows = (store: Store, user: User, range: Range) => AsyncIterable<ExportRow>;

/** Kinds of record that are no points, by the name that their rows have as `metric`. */
const kinds: Record<string, ReadRows> = {
  sleep_analysis: exportNights,
  sleep_stages: exportStages,
  ecg: exportEcgs,
  workouts: exportWorkouts,
  ...Object.fromEntries(
    eventTypes.map((type): [string, ReadRows] => [
      type,
      (store, user, range) => exportEvents(store, user, range, type),
    ]),
  ),
};

export async function* exportRows(store: Store, user: User, selection: ExportSelection): AsyncGenerator<ExportRow> {
  const range = readRange(selection, user.timeZone);
  const stored = new Map((await store.catalogue(user.userId)).map((row) => [row.metric, row]));
  const names = readNames(selection.metrics, stored) ?? [...stored.keys(), ...Object.keys(kinds)];
  for (const name of [...new Set(names)].sort()) {
    const row = stored.get(name);
    if (kinds[name] !== undefined) yield* kinds[name](store, user, range);
    else if (row !== undefined) yield* exportPoints(store, user, range, row);
  }
}

/** A metric without data has no rows; a name that means nothing at all is a mistake. */
function readNames(names: readonly string[] | undefined, stored: ReadonlyMap<string, CatalogueRow>) {
  return names?.map((wireName, index) => {
    const name = Object.hasOwn(kinds, wireName) ? wireName : canonicalMetricName(wireName);
    const isKnown = Object.hasOwn(kinds, name) || findMetric(name) !== undefined || stored.has(name);
    if (!isKnown) throw refuseParameter("metrics", `Nothing is known by name ${index + 1} of the parameter metrics.`);
    return name;
  });
}

async function* exportPoints(store: Store, user: User, range: Range, stored: CatalogueRow): AsyncGenerator<ExportRow> {
  const view = viewOfStored(stored);
  const selection = { userId: user.userId, metric: view.name, groupings, range };
  let together: PointRow[] = [];
  for await (const { row } of readPointRows(store, selection)) {
    if (together.length > 0 && together[0]!.startMs !== row.startMs) {
      for (const each of sortTogether(together)) yield { metric: view.name, ...describeRow(view, each) };
      together = [];
    }
    together.push(row);
  }
  for (const each of sortTogether(together)) yield { metric: view.name, ...describeRow(view, each) };
}

/** Rows of one instant: stores order them by numbers of their own, which differ from store to store. */
function sortTogether(rows: PointRow[]): PointRow[] {
  const keyOf = ({ grouping, variant, endMs, sourceKey, value, value2, value3 }: PointRow) =>
    JSON.stringify([groupings.indexOf(grouping), variant, endMs, sourceKey, value, value2, value3]);
  return rows.length < 2 ? rows : rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

async function* exportNights(store: Store, user: User, range: Range): AsyncGenerator<ExportRow> {
  for await (const night of readAll((page) => store.nights(user.userId, widenForDates(range), page))) {
    if (!holdsDated(range, { atMs: night.endMs, localDay: night.localDay })) continue;
    const { start: _, total_min: __, ...others } = describeNight(night);
    const { grouping: ___, ...point } = describeNightPoint(night);
    yield { metric: "sleep_analysis", ...point, ...others };
  }
}

async function* exportStages(store: Store, user: User, range: Range): AsyncGenerator<ExportRow> {
  for await (const stage of readAll((page) => store.stages(user.userId, range, page))) {
    yield rowOf("sleep_stages", describeStage(stage));
  }
}

async function* exportEvents(
  store: Store,
  user: User,
  { fromMs, toMs }: Range,
  type: (typeof eventTypes)[number],
): AsyncGenerator<ExportRow> {
  for await (const event of readAll((page) => store.events(user.userId, { fromMs, toMs, type }, page))) {
    const { type: _, ...others } = describeEvent(event);
    yield rowOf(type, others);
  }
}

async function* exportEcgs(store: Store, user: User, range: Range): AsyncGenerator<ExportRow> {
  for await (const listed of readAll((page) => store.ecgs(user.userId, range, page))) {
    const ecg = await store.ecg(user.userId, listed.id);
    const voltages = ecg === null ? [] : Array.from(ecg.voltagesUv, shortenFloat32);
    yield rowOf("ecg", { ...describeEcg(listed), voltages_uv: voltages });
  }
}

async function* exportWorkouts(store: Store, user: User, { fromMs, toMs }: Range): AsyncGenerator<ExportRow> {
  for await (const workout of readAll((page) => store.workouts(user.userId, { fromMs, toMs }, page))) {
    yield rowOf("workouts", describeWorkout(workout));
  }
}

function rowOf<T extends { start: string; end: string | null }>(metric: string, record: T): ExportRow {
  const { start, end, ...others } = record;
  return { metric, time: start, end, ...others };
}

const columns = [
  ...["metric", "time", "end", "date", "name", "value", "min", "avg", "max", "systolic", "diastolic", "unit", "source"],
  ...["grouping", "variant", "id", "detail"],
];

/**
 * Writes rows as ndjson or CSV and says how many there were. As slow as the reader of the stream is; the stream is left
 * open, because it may be standard output.
 *
 * A CSV has columns for what points have; whatever else a row holds is JSON in `detail`, but not the voltages of an
 * electrocardiogram: no program that reads CSV takes a field of fifteen thousand numbers.
 */
export async function writeExport(
  format: "ndjson" | "csv",
  rows: AsyncIterable<ExportRow>,
  writable: Writable,
): Promise<number> {
  let count = 0;
  const lines = async function* () {
    let text = format === "csv" ? csvLine(columns) : "";
    for await (const row of rows) {
      count += 1;
      text += format === "csv" ? csvLine(csvFields(row)) : `${JSON.stringify(row)}\n`;
      if (text.length < pieceLength) continue;
      yield text;
      text = "";
    }
    if (text !== "") yield text;
  };
  await pipeline(Readable.from(lines()), writable, { end: false });
  return count;
}

const pieceLength = 64 * 1024;

function csvFields({ voltages_uv: _, ...row }: ExportRow): unknown[] {
  const { detail, ...others } = Object.fromEntries(
    Object.entries(row).filter(([name]) => !columns.includes(name) || name === "detail"),
  );
  const rest = detail === undefined ? others : { ...others, sent: detail };
  return columns.map((column) =>
    column === "detail" ? (Object.keys(rest).length === 0 ? null : rest) : (row as Record<string, unknown>)[column],
  );
}
