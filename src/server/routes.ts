/**
 * Every route there is (contract section 3), in one table.
 *
 * The server registers what stands here and nothing else, and `/openapi.json` and `/docs` tell it to others.
 */
import type { QueryName } from "../query/schemas.js";
import type { KeyedRoute, Route, RouteSchemas } from "./route.js";
import { sendDocs, sendOpenApi } from "./routes-docs.js";
import { showIngestHint, takeDelivery } from "./routes-ingest.js";
import { answerIngestion, answerQuery, sendRawBytes } from "./routes-read.js";
import { exposeMetrics, reportLiveness, reportReadiness } from "./routes-status.js";

type OwnSchemas = typeof import("./schemas.js");

/** One of the server's own schemas as the body of a 200. */
const json = (name: keyof OwnSchemas | null) => async (): Promise<RouteSchemas> => ({
  answers: { 200: { "application/json": name === null ? null : (await import("./schemas.js"))[name] } },
});
/** A body that is no JSON. */
const other = (contentType: string) => async (): Promise<RouteSchemas> => ({
  answers: { 200: { [contentType]: null } },
});

async function receiptSchemas(): Promise<RouteSchemas> {
  const receipt = { "application/json": (await import("./schemas.js")).receiptSchema };
  return { answers: { 200: receipt, 202: receipt, 422: receipt } };
}

async function rawSchemas(): Promise<RouteSchemas> {
  return { ...(await other("*/*")()), params: (await import("../query/parameters.js")).oneParameters };
}

async function schemasOfQuery(name: QueryName): Promise<RouteSchemas> {
  const { params, answers } = (await import("../query/schemas.js")).querySchemas[name];
  return { params, answers: { 200: answers } };
}

/** The contract's address, and the alias that other receivers taught people. */
const ingestRoutes = (["/api/v1/ingest", "/v1/ingest"] as const).flatMap((path): Route[] => [
  {
    method: "POST",
    path,
    scope: "ingest",
    group: "Ingest",
    summary: "Takes one delivery and answers its receipt.",
    schemas: receiptSchemas,
    handle: takeDelivery,
  },
  {
    method: "GET",
    path,
    scope: null,
    group: "Ingest",
    summary: "Says that the address is right, to people who open it in a browser.",
    schemas: json("hintSchema"),
    handle: showIngestHint,
  },
]);

const readRoutes: Route[] = [
  query("/ingestions", "ingestions", "Receipts, newest first."),
  { ...query("/ingestions/{id}", "ingestion", "One receipt."), handle: answerIngestion },
  {
    method: "GET",
    path: "/api/v1/ingestions/{id}/raw",
    scope: "read",
    group: "Read",
    summary: "The exact bytes of a delivery, as an attachment of the content type that was sent.",
    schemas: rawSchemas,
    handle: sendRawBytes,
  },
  query("/metrics", "metrics", "The metrics that there are, with unit, kind, count and range."),
  query("/metrics/{name}", "metric", "Points or buckets of one metric."),
  query("/daily", "daily", "One row per local day, without double counting."),
  query("/sleep", "sleep", "Nights."),
  query("/sleep/stages", "sleepStages", "Stages of sleep."),
  query("/heart-rate", "heartRate", "Points or buckets of the heart rate."),
  query("/blood-pressure", "bloodPressure", "Points or buckets of blood pressure."),
  query("/events", "events", "Symptoms, moods, medications, cycle entries, notifications."),
  query("/ecg", "ecgs", "Electrocardiograms."),
  query("/ecg/{id}", "ecg", "One electrocardiogram with its voltages."),
  query("/workouts", "workouts", "Workouts, also by place."),
  query("/workouts/{id}", "workout", "One workout."),
  query("/workouts/{id}/route", "workoutRoute", "Where a workout went."),
  query("/workouts/{id}/samples", "workoutSamples", "What was measured during a workout."),
];

const statusRoutes: Route[] = [
  { ...open("/health", "Status", "Lives.", json("livenessSchema")), handle: reportLiveness },
  {
    ...open("/ready", "Status", "Store and disk are ready for a delivery.", json("readinessSchema")),
    handle: reportReadiness,
  },
  { ...open("/metrics", "Status", "Numbers for Prometheus.", other("text/plain")), handle: exposeMetrics },
  { ...open("/openapi.json", "Documents", "This document.", json(null)), handle: sendOpenApi },
  { ...open("/docs", "Documents", "This document for people.", other("text/html")), handle: sendDocs },
];

export const routes: readonly Route[] = [...ingestRoutes, ...readRoutes, ...statusRoutes];

function query(path: string, name: QueryName, summary: string): KeyedRoute {
  return {
    method: "GET",
    path: `/api/v1${path}`,
    scope: "read",
    group: "Read",
    summary,
    query: name,
    schemas: () => schemasOfQuery(name),
    handle: answerQuery(name),
  };
}

function open(path: string, group: Route["group"], summary: string, schemas: Route["schemas"]) {
  return { method: "GET", path, scope: null, group, summary, schemas } as const;
}
