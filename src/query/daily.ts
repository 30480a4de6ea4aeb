/**
 * One row per local day with what every metric came to, without double counting (design section 3).
 *
 * Days are those of the records themselves, wherever the phone was; they are read from the summaries that writing keeps
 * up to date. Nights are in them as `sleep_analysis`, minutes of the date of waking.
 */
import { canonicalMetricName } from "../health/registry.js";
import { formatDate } from "../health/zone.js";
import type { DayRow, Store, User } from "../store/store.js";
import { openCursor, sealCursor } from "./cursor.js";
import { type ListAnswer, type QueryRequest, readAll } from "./page.js";
import { localDay, type Range, readRange } from "./range.js";
import { tidy } from "./text.js";

interface Extent {
  avg: number | null;
  min: number | null;
  max: number | null;
  last: number | null;
}

/** `total` for what adds up, else the four others; of blood pressure these are systolic. */
export interface DayValue extends Partial<Extent> {
  total?: number;
  diastolic?: Extent;
  unit: string | null;
  series: string;
}

export interface Day {
  date: string;
  metrics: Record<string, DayValue>;
}

export interface DailyParameters {
  from?: string | undefined;
  to?: string | undefined;
  metrics?: string[] | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** Days read at once: a month of every metric there is fits into memory easily. */
const daysPerRead = 31;

export async function readDaily(store: Store, request: QueryRequest<DailyParameters>): Promise<ListAnswer<Day>> {
  const { user, params } = request;
  const range = readRange(params, user.timeZone);
  const metrics = params.metrics?.map(canonicalMetricName) ?? null;
  const list = [user.id, "daily"];
  const after = openCursor<number>(list, params.cursor);
  const known = await findKnownDays(store, user, range);
  const data: Day[] = [];
  if (known === null) return { data, next_cursor: null };
  let day = after === undefined ? known.firstDay : Math.max(known.firstDay, after + 1);
  for (; day <= known.lastDay; day += daysPerRead) {
    const lastDay = Math.min(day + daysPerRead - 1, known.lastDay);
    for (const [date, values] of await readDaySpan(store, user, { firstDay: day, lastDay }, metrics)) {
      if (data.length === params.limit) return { data, next_cursor: sealCursor(list, lastDate(data)) };
      data.push({ date: formatDate(date), metrics: values });
    }
  }
  return { data, next_cursor: null };
}

function lastDate(data: readonly Day[]): number {
  return Date.parse(data.at(-1)!.date) / 86_400_000;
}

/** Without `from` or `to`, the days that have records at all; null when there are none. */
async function findKnownDays(store: Store, user: User, range: Range): Promise<Range | null> {
  if (!range.isOpen) return range;
  const catalogue = await store.catalogue(user.userId);
  let firstMs = Math.min(...catalogue.map((row) => row.firstMs));
  let lastMs = Math.max(...catalogue.map((row) => row.lastMs));
  for await (const { endMs } of readAll((page) => store.nights(user.userId, range, page))) {
    firstMs = Math.min(firstMs, endMs);
    lastMs = Math.max(lastMs, endMs);
  }
  if (firstMs > lastMs) return null;
  // A day to either side, for records whose own date differs from the one in the user's zone.
  const firstDay = Math.max(range.firstDay, localDay(user.timeZone, firstMs) - 1);
  return { ...range, firstDay, lastDay: Math.min(range.lastDay, localDay(user.timeZone, lastMs) + 1) };
}

async function readDaySpan(
  store: Store,
  user: User,
  { firstDay, lastDay }: { firstDay: number; lastDay: number },
  metrics: readonly string[] | null,
): Promise<Map<number, Record<string, DayValue>>> {
  const days = new Map<number, Record<string, DayValue>>();
  for (const row of await store.days(user.userId, firstDay, lastDay + 1, metrics)) {
    const values = days.get(row.localDay);
    if (values === undefined) days.set(row.localDay, { [row.metric]: describeDay(row) });
    else values[row.metric] = describeDay(row);
  }
  return days;
}

function describeDay(row: DayRow): DayValue {
  const { unit, series } = row;
  if (row.total !== null) return { total: tidy(row.total), unit, series };
  const systolic = { avg: tidy(row.avg), min: row.min, max: row.max, last: row.last };
  if (row.avg2 === null) return { ...systolic, unit, series };
  return {
    ...systolic,
    diastolic: { avg: tidy(row.avg2), min: row.min2, max: row.max2, last: row.last2 },
    unit,
    series,
  };
}
