/**
 * The stored points of one metric, day after day: what buckets are made of.
 *
 * A day bucket keeps the date it came with, in whatever zone; everything finer belongs to the day in which it begins in
 * the zone that was asked for. Days come in order, each whole, and only one day is held at a time, however many
 * years are read.
 */
import { type Grouping, groupings } from "../health/record.js";
import { localDayStart } from "../health/zone.js";
import type { NightRow, PointRow, Store } from "../store/store.js";
import { RowReader, readPages } from "./page.js";
import { readPointPages } from "./point-rows.js";
import { localDay, type Range, rangeOfDays } from "./range.js";

export interface DayRows {
  day: number;
  rows: PointRow[];
}

export interface DaySelection {
  userId: number;
  metric: string;
  sourceKey?: string | undefined;
  firstDay: number;
  /** Included. */
  lastDay: number;
  zone: string;
  /** Leaves out day buckets, which nothing shorter can be cut out of, or hours too. */
  coarsest: Extract<Grouping, "minute" | "hour" | "day">;
}

export async function* readDays(store: Store, selection: DaySelection): AsyncGenerator<DayRows> {
  const { userId, metric, sourceKey, zone } = selection;
  const range = rangeOfDays(zone, selection.firstDay, selection.lastDay);
  const finer = groupings.slice(0, groupings.indexOf(selection.coarsest) + 1);
  const points = { userId, metric, sourceKey, groupings: finer, range };
  const fine = new RowReader(
    metric === "sleep_analysis" ? readNightPages(store, selection, range) : readPointPages(store, points, "instants"),
  );
  const dated = new RowReader(readPointPages(store, points, "dates"));

  for (;;) {
    const first = await fine.load();
    const nearest = await dated.load();
    if (first === undefined && nearest === undefined) return;
    const day = Math.min(
      first === undefined ? Number.POSITIVE_INFINITY : localDay(zone, first.startMs),
      nearest?.localDay ?? Number.POSITIVE_INFINITY,
    );
    const rows: PointRow[] = [];
    for (let row = nearest; row !== undefined && row.localDay === day; row = dated.head ?? (await dated.load())) {
      rows.push(row);
      dated.drop();
    }
    const endMs = localDayStart(zone, day + 1);
    for (let row = first; row !== undefined && row.startMs < endMs; row = fine.head ?? (await fine.load())) {
      rows.push(row);
      fine.drop();
    }
    yield { day, rows };
  }
}

/** Nights as samples at the moment of waking, because that is the day they belong to. */
async function* readNightPages(store: Store, selection: DaySelection, range: Range): AsyncGenerator<PointRow[]> {
  const { fromMs, toMs } = range;
  for await (const nights of readPages((page) => store.nights(selection.userId, { fromMs, toMs }, page))) {
    yield nights
      .filter((night) => selection.sourceKey === undefined || selection.sourceKey === night.sourceKey)
      .map(sampleOf);
  }
}

function sampleOf(night: NightRow): PointRow {
  return {
    grouping: "raw",
    variant: "",
    startMs: night.endMs,
    endMs: null,
    offsetMin: night.offsetMin,
    localDay: night.localDay,
    value: night.totalMin,
    value2: null,
    value3: null,
    fullValue: night.totalMin,
    lowerBound: null,
    source: night.source,
    sourceKey: night.sourceKey,
    arrival: 0,
    cursor: night.id,
  };
}
