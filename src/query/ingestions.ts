/**
 * Receipts as they stand now (contract section 3.1): what became of a delivery.
 *
 * A delivery that is still in work has zeros and `accepted`; one that could not be worked through says `failed` and why.
 */
import { ingestionReceipt, type Receipt } from "../ingest/receipt.js";
import { problem } from "../problem.js";
import type { Ingestion, ReceiptError, RejectedItem, Store } from "../store/store.js";
import { answerList, type ListAnswer, type QueryRequest } from "./page.js";
import { readRange } from "./range.js";
import type { ListParameters } from "./sleep.js";

/** The receipt that the sender got, or would get by now, with what else is known of the delivery. */
export interface IngestionAnswer extends Receipt {
  processed_at: string | null;
  via: "http" | "cli";
  file_name: string | null;
  body_bytes: number;
  /** Why the whole body could not be used, or why working through it failed. */
  problem?: { code: string; detail: string };
}

export function describeIngestion(ingestion: Ingestion): IngestionAnswer {
  const receipt = ingestionReceipt(ingestion);
  const isInWork = receipt.status === "accepted";
  const { problemCode: code, problemDetail: detail, outcome } = ingestion;
  // A delivery that is worked through once more still has its old outcome in the store.
  const failure = isInWork
    ? undefined
    : receipt.status === "failed" && code !== null
      ? { code, detail: detail ?? "" }
      : outcome?.problem;
  return {
    ...receipt,
    processed_at: isInWork ? null : ingestion.processedAt,
    via: ingestion.via,
    file_name: ingestion.fileName,
    body_bytes: ingestion.bodyBytes,
    ...(failure === undefined ? {} : { problem: failure }),
  };
}

export function listIngestions(
  store: Store,
  request: QueryRequest<ListParameters>,
): Promise<ListAnswer<IngestionAnswer>> {
  const { user, params } = request;
  const { fromMs, toMs } = readRange(params, user.timeZone);
  return answerList(
    { name: "ingestions", request },
    (page) => store.ingestions({ userId: user.userId, fromMs, toMs }, page),
    describeIngestion,
  );
}

/** One receipt. Asked for all errors it comes in pieces, since there can be as many as there were items. */
export async function readIngestion(
  store: Store,
  { user, params }: QueryRequest<{ id: string; errors?: "all" | undefined }>,
): Promise<IngestionAnswer | AsyncIterable<string>> {
  const { rows } = await store.ingestions({ userId: user.userId, id: params.id }, { limit: 1 });
  const ingestion = rows[0];
  if (ingestion === undefined) throw problem("not_found", "There is no such delivery.");
  const receipt = describeIngestion(ingestion);
  return params.errors === "all" && receipt.status !== "accepted"
    ? writeWithAllErrors(receipt, readRejected(store, ingestion.arrival))
    : receipt;
}

const itemsPerRead = 1000;

async function* readRejected(store: Store, arrival: number): AsyncGenerator<RejectedItem[]> {
  for (let after = -1; ; ) {
    const items = await store.rejectedItems(arrival, after, itemsPerRead);
    if (items.length === 0) return;
    yield items;
    after = items.at(-1)!.position;
  }
}

async function* writeWithAllErrors(
  receipt: IngestionAnswer,
  pages: AsyncIterable<RejectedItem[]>,
): AsyncGenerator<string> {
  const { errors: _, ...rest } = receipt;
  yield `${JSON.stringify(rest).slice(0, -1)},"errors":[`;
  let separator = "";
  for await (const items of pages) {
    yield separator + items.map((item) => JSON.stringify(describeRejected(item))).join(",");
    separator = ",";
  }
  yield "]}";
}

function describeRejected({ position: _, item: __, ...error }: RejectedItem): ReceiptError {
  return error;
}
