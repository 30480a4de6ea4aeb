/**
 * Counts a delivery's items into the receipt (contract section 3.1): `received = inserted + updated + unchanged +
 * rejected`, in all and per type, however the items fared. Lists hold the first hundred, totals everything.
 */
import type { ItemError } from "../health/record.js";
import type { Counts, Outcome, ReceiptError, ReceiptWarning, WriteCounts } from "../store/store.js";

const listed = 100;

/** A kind of item as receipts name it. */
export interface ItemKind {
  /** `metric`, `workout`, `symptom`, … in errors and warnings. */
  itemType: string;
  /** Metric name, where the item is an element of a metric. */
  metric?: string;
  /** Name in `by_type`: the metric's, else the kind's. */
  type: string;
  /** Name in `processed`: `metrics`, `workouts`, `sleep`, … */
  processed: string;
}

export function metricKind(name: string): ItemKind {
  return { itemType: "metric", metric: name, type: name, processed: name === "sleep_analysis" ? "sleep" : "metrics" };
}

export class Tally {
  private readonly types = new Map<string, { kind: ItemKind; counts: Counts }>();
  private readonly errors: ReceiptError[] = [];
  private errorsTotal = 0;
  private readonly warnings: ReceiptWarning[] = [];
  private warningsTotal = 0;

  private countsOf(kind: ItemKind): Counts {
    let entry = this.types.get(kind.type);
    if (!entry) {
      entry = { kind, counts: { received: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 } };
      this.types.set(kind.type, entry);
    }
    return entry.counts;
  }

  receive(kind: ItemKind, items = 1): void {
    this.countsOf(kind).received += items;
  }

  reject(kind: ItemKind, index: number, error: ItemError): ReceiptError {
    this.countsOf(kind).rejected++;
    this.errorsTotal++;
    const entry: ReceiptError = {
      item_type: kind.itemType,
      ...(kind.metric === undefined ? {} : { metric: kind.metric }),
      item_index: index,
      error: error.error,
      ...(error.field === undefined ? {} : { field: error.field }),
      message: error.message,
    };
    if (this.errors.length < listed) this.errors.push(entry);
    return entry;
  }

  write(kind: ItemKind, written: WriteCounts): void {
    const counts = this.countsOf(kind);
    counts.inserted += written.inserted;
    counts.updated += written.updated;
    counts.unchanged += written.unchanged;
  }

  warn(warning: ReceiptWarning): void {
    this.warningsTotal++;
    if (this.warnings.length < listed) this.warnings.push(warning);
  }

  outcome(): Outcome {
    const total: Counts = { received: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 };
    const processed: Record<string, number> = { metrics: 0, workouts: 0 };
    const byType: Record<string, Counts> = Object.create(null) as Record<string, Counts>;
    for (const [type, { kind, counts }] of [...this.types].sort(([a], [b]) => (a < b ? -1 : 1))) {
      byType[type] = counts;
      total.received += counts.received;
      total.inserted += counts.inserted;
      total.updated += counts.updated;
      total.unchanged += counts.unchanged;
      total.rejected += counts.rejected;
      processed[kind.processed] = (processed[kind.processed] ?? 0) + counts.received - counts.rejected;
    }
    const isUseless = total.received > 0 && total.rejected === total.received;
    return {
      status: isUseless ? "rejected" : total.rejected > 0 ? "partial" : "processed",
      processed,
      counts: total,
      by_type: byType,
      errors: this.errors,
      errors_total: this.errorsTotal,
      warnings: this.warnings,
      warnings_total: this.warningsTotal,
    };
  }
}

/** What a body gets that could not be used as a whole. */
export function rejectedWhole(code: string, detail: string): Outcome {
  return {
    status: "rejected",
    processed: { metrics: 0, workouts: 0 },
    counts: { received: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 },
    by_type: {},
    errors: [],
    errors_total: 0,
    warnings: [],
    warnings_total: 0,
    problem: { code, detail },
  };
}
