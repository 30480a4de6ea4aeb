/** Receipts (contract section 3.1): what a phone or script is told about a delivery. */
import type { Counts, Delivery, Ingestion, Outcome } from "../store/store.js";

export interface Receipt {
  success: boolean;
  ingestion_id: string;
  status: "processed" | "partial" | "accepted" | "duplicate" | "rejected" | "failed";
  processed: Record<string, number>;
  counts: Counts;
  by_type: Record<string, Counts>;
  errors: Outcome["errors"];
  errors_total: number;
  warnings: Outcome["warnings"];
  warnings_total: number;
  processing_time_ms: number;
  request_id: string | null;
  received_at: string;
  [member: string]: unknown;
}

const nothing: Counts = { received: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 };

function receipt(
  delivery: Pick<Delivery, "id" | "requestId" | "arrival">,
  status: Receipt["status"],
  outcome: Outcome | null,
  processingTimeMs: number,
): Receipt {
  return {
    success: status !== "rejected" && status !== "failed",
    ingestion_id: delivery.id,
    status,
    processed: outcome?.processed ?? { metrics: 0, workouts: 0 },
    counts: outcome?.counts ?? nothing,
    by_type: outcome?.by_type ?? {},
    errors: outcome?.errors ?? [],
    errors_total: outcome?.errors_total ?? 0,
    warnings: outcome?.warnings ?? [],
    warnings_total: outcome?.warnings_total ?? 0,
    processing_time_ms: processingTimeMs,
    request_id: delivery.requestId,
    received_at: new Date(Math.floor(delivery.arrival / 1000)).toISOString(),
  };
}

/** Durable, still being processed: the numbers follow. */
export function acceptedReceipt(delivery: Delivery): Receipt {
  return receipt(delivery, "accepted", null, 0);
}

export function outcomeReceipt(delivery: Delivery, outcome: Outcome, processingTimeMs: number): Receipt {
  return receipt(delivery, outcome.status, outcome, processingTimeMs);
}

/** The very same bytes again: the earlier delivery's received and rejected, the rest as unchanged. */
export function duplicateReceipt(delivery: Delivery, outcome: Outcome): Receipt {
  const asUnchanged = (counts: Counts): Counts => ({
    received: counts.received,
    inserted: 0,
    updated: 0,
    unchanged: counts.received - counts.rejected,
    rejected: counts.rejected,
  });
  return {
    ...receipt(delivery, "duplicate", outcome, 0),
    counts: asUnchanged(outcome.counts),
    by_type: Object.fromEntries(Object.entries(outcome.by_type).map(([type, counts]) => [type, asUnchanged(counts)])),
  };
}

/** The receipt of a stored delivery, whatever its state (`pending` and `processing` read as `accepted`). */
export function ingestionReceipt(ingestion: Ingestion): Receipt {
  const status = ingestion.status === "pending" || ingestion.status === "processing" ? "accepted" : ingestion.status;
  const outcome = status === "accepted" || status === "failed" ? null : ingestion.outcome;
  return receipt(ingestion, status, outcome, ingestion.processingTimeMs ?? 0);
}
