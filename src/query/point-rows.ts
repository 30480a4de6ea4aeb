/**
 * The stored points of one metric in a range, in the order of time, read page by page.
 *
 * Two streams of the store are merged: records placed by an instant, and buckets of a day or longer, which are placed by
 * their date and may lie outside the range's instants when the phone was in another zone. A position holds the cursor of
 * both, so reading goes on exactly behind the last row.
 */
import type { Grouping } from "../health/record.js";
import { isDateKeyed } from "../health/record.js";
import type { PointRow, Store } from "../store/store.js";
import { RowReader } from "./page.js";
import { holdsDated, type Range, widenForDates } from "./range.js";

export interface PointRowSelection {
  userId: number;
  metric: string;
  groupings: readonly Grouping[];
  sourceKey?: string | undefined;
  range: Range;
}

/** Cursors of the store behind the last row of each stream. */
export type PointPosition = [instants: string | null, dates: string | null];

export interface PlacedRow {
  row: PointRow;
  position: PointPosition;
}

interface ReadOptions {
  after?: PointPosition | undefined;
  rowsPerPage?: number;
}

export async function* readPointRows(
  store: Store,
  selection: PointRowSelection,
  options: ReadOptions = {},
): AsyncGenerator<PlacedRow> {
  const instants = new RowReader(readPointPages(store, selection, "instants", options));
  const dates = new RowReader(readPointPages(store, selection, "dates", options));
  let position: PointPosition = options.after ?? [null, null];
  for (;;) {
    const fine = instants.head ?? (await instants.load());
    const dated = dates.head ?? (await dates.load());
    if (dated !== undefined && (fine === undefined || dated.startMs < fine.startMs)) {
      position = [position[0], dated.cursor];
      dates.drop();
      yield { row: dated, position };
    } else if (fine !== undefined) {
      position = [fine.cursor, position[1]];
      instants.drop();
      yield { row: fine, position };
    } else {
      return;
    }
  }
}

/** One of the two streams, a page at a time. */
export async function* readPointPages(
  store: Store,
  { userId, metric, groupings, sourceKey, range }: PointRowSelection,
  stream: "instants" | "dates",
  { after, rowsPerPage = 5000 }: ReadOptions = {},
): AsyncGenerator<PointRow[]> {
  const isDated = stream === "dates";
  const wanted = groupings.filter((grouping) => isDateKeyed(grouping) === isDated);
  if (wanted.length === 0) return;
  const span = isDated ? widenForDates(range) : { fromMs: range.fromMs, toMs: range.toMs };
  const selection = { userId, metric, groupings: wanted, ...span, ...(sourceKey === undefined ? {} : { sourceKey }) };
  let cursor = after?.[isDated ? 1 : 0] ?? undefined;
  for (;;) {
    const page = await store.points(selection, { limit: rowsPerPage, cursor });
    yield isDated
      ? page.rows.filter((row) => holdsDated(range, { atMs: row.startMs, localDay: row.localDay }))
      : page.rows;
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
  }
}
