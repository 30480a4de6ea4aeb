/** The catalogue: which metrics a user has, in which unit, how many points, from when to when. */
import { findMetric } from "../health/registry.js";
import type { CatalogueRow, Store, User } from "../store/store.js";
import { openCursor, sealCursor } from "./cursor.js";
import { type ListAnswer, type QueryRequest, readAll } from "./page.js";
import { everything } from "./range.js";
import { formatTime } from "./text.js";

const sleepMetric = "sleep_analysis";

export interface CatalogueEntry {
  name: string;
  display_name: string;
  category: string;
  kind: string;
  aggregation: string;
  /** Null for a metric outside the registry, whose points keep the unit they came with. */
  unit: string | null;
  /** False for a metric that the registry does not know: its kind is a guess. */
  known: boolean;
  count: number;
  first: string;
  last: string;
}

export async function listMetrics(
  store: Store,
  { user, params }: QueryRequest<{ limit: number; cursor?: string | undefined }>,
): Promise<ListAnswer<CatalogueEntry>> {
  const list = [user.id, "metrics"];
  const after = openCursor<string>(list, params.cursor) ?? "";
  const rows = [...(await store.catalogue(user.userId)), ...(await describeSleep(store, user))]
    .filter((row) => row.metric > after)
    .sort((a, b) => (a.metric < b.metric ? -1 : 1));
  const data = rows.slice(0, params.limit).map(describeMetric);
  return { data, next_cursor: rows.length > data.length ? sealCursor(list, data.at(-1)!.name) : null };
}

/** Nights are no points, so the store's catalogue of points lacks them; people look for them there all the same. */
async function describeSleep(store: Store, user: User): Promise<CatalogueRow[]> {
  const { displayName, category, kind, aggregation } = findMetric(sleepMetric)!;
  let [count, firstMs, lastMs] = [0, Number.POSITIVE_INFINITY, 0];
  for await (const night of readAll((page) => store.nights(user.userId, everything, page))) {
    count += 1;
    firstMs = Math.min(firstMs, night.startMs);
    lastMs = Math.max(lastMs, night.startMs);
  }
  if (count === 0) return [];
  return [
    {
      ...{ metric: sleepMetric, displayName, category, kind, aggregation, unit: "min", isRegistered: true },
      count,
      firstMs,
      lastMs,
    },
  ];
}

function describeMetric(row: CatalogueRow): CatalogueEntry {
  return {
    name: row.metric,
    display_name: row.displayName,
    category: row.category,
    kind: row.kind,
    aggregation: row.aggregation,
    unit: row.unit,
    known: row.isRegistered,
    count: row.count,
    first: formatTime(row.firstMs),
    last: formatTime(row.lastMs),
  };
}
