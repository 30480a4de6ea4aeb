/**
 * Runs a query by name: checks its parameters, asks the store, writes the answer down as text.
 *
 * The same table serves the reader thread, the command line and tests, so an answer is the same whoever asked. Failures
 * are `Problem`s: `invalid_parameter`, `not_found`, or what the store throws.
 */
import { problem } from "../problem.js";
import type { Store, User } from "../store/store.js";
import { readDaily } from "./daily.js";
import { listEcgs, readEcg } from "./ecg.js";
import { listEvents } from "./events.js";
import { listIngestions, readIngestion } from "./ingestions.js";
import { listMetrics } from "./metrics.js";
import type { PointsParameters } from "./parameters.js";
import { readParameters } from "./parameters.js";
import { type PointsAnswer, readMetric } from "./points.js";
import { contentTypes, type QueryName, querySchemas } from "./schemas.js";
import { listNights, listStages } from "./sleep.js";
import { csvTable, ndjson } from "./text.js";
import { readRoute } from "./workout-route.js";
import { listSamples, listWorkouts, readWorkout } from "./workouts.js";

/** Parameters as they were sent: the parts of the address and the query string together. */
export interface SentQuery {
  user: User;
  params: Record<string, unknown>;
}

export interface QueryResult {
  contentType: string;
  /** In pieces where it may be too long to be held. */
  body: string | AsyncIterable<string>;
  /** Where the body has no place for it (CSV, ndjson): the cursor of the next page, null on the last. */
  nextCursor?: string | null;
}

type Params<N extends QueryName> = (typeof querySchemas)[N]["params"]["_output"];
type Query<N extends QueryName> = (store: Store, request: { user: User; params: Params<N> }) => Promise<QueryResult>;

/** The functions behind the names. */
export const queries: { [N in QueryName]: Query<N> } = {
  ingestions: async (store, request) => writeJson(await listIngestions(store, request)),
  ingestion: async (store, request) => {
    const answer = await readIngestion(store, request);
    return Symbol.asyncIterator in answer ? { contentType: contentTypes.json, body: answer } : writeJson(answer);
  },
  metrics: async (store, request) => writeJson(await listMetrics(store, request)),
  metric: async (store, request) => writePoints(await readMetric(store, request), request.params),
  daily: async (store, request) => writeJson(await readDaily(store, request)),
  heartRate: (store, request) => readOneMetric(store, request, "heart_rate"),
  bloodPressure: (store, request) => readOneMetric(store, request, "blood_pressure"),
  sleep: async (store, request) => writeJson(await listNights(store, request)),
  sleepStages: async (store, request) => writeJson(await listStages(store, request)),
  events: async (store, request) => writeJson(await listEvents(store, request)),
  ecgs: async (store, request) => writeJson(await listEcgs(store, request)),
  ecg: async (store, request) => writeJson(await readEcg(store, request)),
  workouts: async (store, request) => writeJson(await listWorkouts(store, request)),
  workout: async (store, request) => writeJson(await readWorkout(store, request)),
  workoutRoute: async (store, request) => {
    const answer = await readRoute(store, request);
    return typeof answer === "string"
      ? { contentType: contentTypes.gpx, body: answer }
      : { contentType: contentTypes.geojson, body: JSON.stringify(answer) };
  },
  workoutSamples: async (store, request) => writeJson(await listSamples(store, request)),
};

export function isQueryName(name: string): name is QueryName {
  return Object.hasOwn(queries, name);
}

export async function runQuery(store: Store, name: string, { user, params }: SentQuery): Promise<QueryResult> {
  if (!isQueryName(name)) throw problem("not_found", "There is no such query.");
  return runChecked(store, name, { user, params });
}

/** Apart, so that schema and function are seen to be of one and the same name. */
function runChecked<N extends QueryName>(store: Store, name: N, { user, params }: SentQuery): Promise<QueryResult> {
  const checked = readParameters(querySchemas[name].params, params) as Params<N>;
  return queries[name](store, { user, params: checked });
}

async function readOneMetric(
  store: Store,
  { user, params }: { user: User; params: PointsParameters },
  name: string,
): Promise<QueryResult> {
  return writePoints(await readMetric(store, { user, params: { ...params, name } }), params);
}

function writeJson(answer: unknown): QueryResult {
  return { contentType: contentTypes.json, body: JSON.stringify(answer) };
}

function writePoints(answer: PointsAnswer, { format, bucket }: PointsParameters): QueryResult {
  if (format === "json") return writeJson(answer);
  const { data, next_cursor: nextCursor } = answer;
  if (format === "ndjson") return { contentType: contentTypes.ndjson, body: ndjson(data), nextCursor };
  const body = csvTable(
    pointColumns(bucket !== "raw"),
    data.map((point) => ({ ...point })),
  );
  return { contentType: contentTypes.csv, body, nextCursor };
}

/** The same columns for every metric, so that one reader reads them all. */
function pointColumns(isBucket: boolean): string[] {
  const values = ["value", "min", "avg", "max", "systolic", "diastolic"];
  return ["time", "end", "date", ...values, "unit", "source", ...(isBucket ? ["series"] : ["grouping", "variant"])];
}
