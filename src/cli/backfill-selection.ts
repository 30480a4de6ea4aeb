/** Which deliveries a backfill is about, and which of them can be read at all. */
import { hostTimeZone } from "../health/zone.js";
import { readRange } from "../query/range.js";
import type { Delivery, IngestionSelection, IngestionStatus, Store, User } from "../store/store.js";

export interface QueuedDelivery extends Pick<Delivery, "id" | "arrival" | "bodyBytes"> {
  status: IngestionStatus;
  /** UTC month of its receive time: the unit in which raw bytes are kept and dropped. */
  month: string;
}

const pageRows = 200;

/** Bare dates are days of the user, or of this machine where it is about several. */
export function chooseRange(
  { from, to }: { from?: string; to?: string },
  user: User | undefined,
): Pick<IngestionSelection, "fromMs" | "toMs"> {
  const range = readRange({ from, to }, user?.timeZone ?? hostTimeZone());
  return {
    ...(from === undefined ? {} : { fromMs: range.fromMs }),
    ...(to === undefined ? {} : { toMs: range.toMs }),
  };
}

/** All that are selected, oldest first. */
export async function listDeliveries(store: Store, selection: IngestionSelection): Promise<QueuedDelivery[]> {
  const found: QueuedDelivery[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.ingestions(selection, { limit: pageRows, cursor });
    for (const { id, arrival, bodyBytes, status, receivedMs } of page.rows) {
      found.push({ id, arrival, bodyBytes, status, month: monthOf(receivedMs) });
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found.reverse();
}

function monthOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 7);
}

/** Months whose raw bytes were dropped. A month goes as a whole, so one delivery of it tells. */
export async function missingMonths(store: Store, deliveries: readonly QueuedDelivery[]): Promise<string[]> {
  const missing: string[] = [];
  for (const [month, delivery] of new Map(deliveries.map((one) => [one.month, one]))) {
    if (!(await hasBytes(store, delivery))) missing.push(month);
  }
  return missing.sort();
}

async function hasBytes(store: Store, delivery: QueuedDelivery): Promise<boolean> {
  for await (const piece of store.rawBytes(delivery)) return piece.byteLength > 0;
  return false;
}

/** Sets what is selected to `pending`, but for the missing months. */
export async function requeueAll(
  store: Store,
  selection: IngestionSelection,
  deliveries: readonly QueuedDelivery[],
  missing: readonly string[],
): Promise<void> {
  if (missing.length === 0) {
    await store.requeue(selection);
    return;
  }
  for (const month of new Set(deliveries.map((one) => one.month))) {
    const [year, number] = month.split("-").map(Number);
    const fromMs = Math.max(selection.fromMs ?? Number.NEGATIVE_INFINITY, Date.UTC(year!, number! - 1));
    const toMs = Math.min(selection.toMs ?? Number.POSITIVE_INFINITY, Date.UTC(year!, number!));
    await store.requeue({ ...selection, fromMs, toMs });
  }
}
