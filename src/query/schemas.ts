/**
 * Every query by name, with the schemas of what it takes and what it gives. The server's routes, the OpenAPI document
 * and `run.ts` read this one table, so none of them can know a query that another does not.
 */
import type { z } from "zod";
import * as answers from "./answers.js";
import * as parameters from "./parameters.js";

export interface QuerySchema {
  /** Parts of the address and the query string together. */
  params: z.ZodObject;
  /** Bodies of a 200 by content type; null where the body is no JSON. */
  answers: Readonly<Record<string, z.ZodType | null>>;
}

export const contentTypes = {
  json: "application/json; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  ndjson: "application/x-ndjson; charset=utf-8",
  geojson: "application/geo+json; charset=utf-8",
  gpx: "application/gpx+xml; charset=utf-8",
} as const;

const json = (schema: z.ZodType) => ({ "application/json": schema });
const pointAnswers = { ...json(answers.points), "text/csv": null, "application/x-ndjson": null };

export const querySchemas = {
  ingestions: { params: parameters.listParameters, answers: json(answers.receipts) },
  ingestion: { params: parameters.ingestionParameters, answers: json(answers.receipt) },
  metrics: { params: parameters.pageParameters, answers: json(answers.catalogue) },
  metric: { params: parameters.metricParameters, answers: pointAnswers },
  daily: { params: parameters.dailyParameters, answers: json(answers.days) },
  heartRate: { params: parameters.pointsParameters, answers: pointAnswers },
  bloodPressure: { params: parameters.pointsParameters, answers: pointAnswers },
  sleep: { params: parameters.listParameters, answers: json(answers.nights) },
  sleepStages: { params: parameters.listParameters, answers: json(answers.stages) },
  events: { params: parameters.eventsParameters, answers: json(answers.events) },
  ecgs: { params: parameters.listParameters, answers: json(answers.ecgs) },
  ecg: { params: parameters.oneParameters, answers: json(answers.ecg) },
  workouts: { params: parameters.workoutsParameters, answers: json(answers.workouts) },
  workout: { params: parameters.oneParameters, answers: json(answers.workout) },
  workoutRoute: {
    params: parameters.routeParameters,
    answers: { "application/geo+json": answers.route, "application/gpx+xml": null },
  },
  workoutSamples: { params: parameters.samplesParameters, answers: json(answers.samples) },
} as const satisfies Record<string, QuerySchema>;

export type QueryName = keyof typeof querySchemas;
