/**
 * Everything derived that people can see, as text: what convergence (contract promise 2) is about.
 *
 * Read through the public views, so that surrogate numbers do not count; without the ids of deliveries, which differ
 * between two stores that were sent the same.
 */
import Database from "better-sqlite3";

const views = [
  "heart_rate_metrics",
  "blood_pressure_metrics",
  "activity_metrics",
  "quantity_metrics",
  "sleep_metrics",
  "sleep_stages",
  "events",
  "ecg_recordings",
  "workouts",
  "workout_routes",
  "workout_samples",
  "daily_summaries",
];
const deliveryColumns = new Set(["ingestion_id"]);

/** `withDeliveries`: also the id of the delivery that each record came with, for comparisons within one store. */
export function dumpDerived(path: string, options: { withDeliveries?: boolean } = {}): Record<string, string[]> {
  const db = new Database(path, { readonly: true });
  try {
    const dump: Record<string, string[]> = {};
    for (const view of views) {
      const rows = db.prepare(`select * from ${view}`).all() as Record<string, unknown>[];
      dump[view] = rows
        .map((row) =>
          JSON.stringify(
            Object.entries(row).filter(([column]) => options.withDeliveries === true || !deliveryColumns.has(column)),
          ),
        )
        .sort();
    }
    return dump;
  } finally {
    db.close();
  }
}
