/**
 * What the daemon tells Prometheus, in one place (contract section 3.3).
 *
 * Callers may rely on: every name begins with `selfsensored_`; labels are words of the program (statuses, kinds, route
 * patterns), never an address, a user's name or a value; metrics that the registry does not know count as `other`, so
 * that what people send cannot grow the number of series. Numbers that live in the store are read when somebody looks.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { eventTypes } from "./health/record.js";
import { findMetric } from "./health/registry.js";
import type { Counts, Store } from "./store/store.js";

const prefix = "selfsensored_";
const otherKinds: ReadonlySet<string> = new Set([...eventTypes, "workouts", "sleep", "sleep_analysis", "ecg"]);
const results = ["inserted", "updated", "unchanged", "rejected"] as const;

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix });

  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name: prefix + name, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name: prefix + name, help, registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: readonly L[] = []) =>
    new Histogram<L>({ name: prefix + name, help, buckets, labelNames, registers });

  const ingestions = counter("ingestions_total", "Deliveries by the status of their receipt.", ["status"]);
  const points = counter("points_total", "Items of deliveries by kind and what became of them.", ["kind", "result"]);
  const queueDepth = gauge("queue_depth", "Deliveries that are archived and wait to be processed.");
  const databaseSize = gauge("database_size_bytes", "Size of the database without the archive.");
  const lastIngestion = gauge("last_ingestion_timestamp_seconds", "When the newest delivery came; 0: never.");

  return {
    registry,
    requestSeconds: histogram(
      "http_request_duration_seconds",
      "Duration of answers by route.",
      [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      ["method", "route", "status"],
    ),
    authFailures: counter("auth_failures_total", "Requests without a key that is good."),
    argon2Seconds: histogram("argon2_seconds", "Duration of one check of a secret.", [0.01, 0.025, 0.05, 0.1, 0.5, 2]),
    rateLimited: counter("rate_limited_total", "Requests refused because a key used up its budget."),
    maintenanceRuns: counter("maintenance_runs_total", "Runs of the scheduled maintenance."),

    /** A delivery was answered with this status. */
    noteIngestion(status: string): void {
      ingestions.inc({ status });
    },

    /** A delivery was worked through: the numbers of its receipt by kind. */
    notePoints(byType: Readonly<Record<string, Counts>>): void {
      for (const [name, counts] of Object.entries(byType)) {
        const kind = findMetric(name)?.name ?? (otherKinds.has(name) ? name : "other");
        for (const result of results) if (counts[result] > 0) points.inc({ kind, result }, counts[result]);
      }
    },

    /** Reads what only the store knows. */
    async refresh(store: Pick<Store, "queueDepth" | "summary">): Promise<void> {
      const [queue, summary] = await Promise.all([store.queueDepth(), store.summary()]);
      queueDepth.set(queue.depth);
      databaseSize.set(summary.databaseBytes);
      const times = summary.users.map(({ lastIngestionAt }) => Date.parse(lastIngestionAt ?? "") / 1000);
      lastIngestion.set(Math.max(0, ...times.filter(Number.isFinite)));
    },
  };
}
