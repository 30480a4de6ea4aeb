/**
 * Workouts: the list with what each came to, one, its samples. Where a route has been decides `near` and `bbox`
 * (`geodesy.ts`); the route itself is answered by `workout-route.ts`.
 */
import { seriesColumns } from "../health/record.js";
import { problem } from "../problem.js";
import type { Store, User, WorkoutRow } from "../store/store.js";
import { openCursor, sealCursor } from "./cursor.js";
import { type Box, distanceM, mayBeNear, mayMeet, meetsBox, type Place, placesOf } from "./geodesy.js";
import { answerList, type ListAnswer, type QueryRequest } from "./page.js";
import { readRange } from "./range.js";
import type { ListParameters } from "./sleep.js";
import { formatTime } from "./text.js";

/** Further members are the scalars of the workout, in canonical units. */
export interface WorkoutAnswer {
  id: string;
  name: string | null;
  type: string;
  start: string;
  end: string;
  duration_s: unknown;
  distance: unknown;
  energy: unknown;
  has_route: boolean;
  /** Names of the series that `/samples` has. */
  series: string[];
  [scalar: string]: unknown;
}

export interface SampleAnswer {
  series: string;
  time: string;
  value: number;
  min?: number;
  max?: number;
  unit: string;
}

export interface WorkoutsParameters extends ListParameters {
  type?: string | undefined;
  near?: (Place & { metres: number }) | undefined;
  bbox?: Box | undefined;
}

export function listWorkouts(
  store: Store,
  request: QueryRequest<WorkoutsParameters>,
): Promise<ListAnswer<WorkoutAnswer>> {
  const { user, params } = request;
  const { fromMs, toMs } = readRange(params, user.timeZone);
  const asksForPlace = params.near !== undefined || params.bbox !== undefined;
  return answerList(
    { name: "workouts", request },
    (page) => store.workouts(user.userId, { fromMs, toMs, type: params.type }, page),
    describeWorkout,
    asksForPlace ? (workout) => wasThere(store, user, workout, params) : undefined,
  );
}

async function wasThere(store: Store, user: User, workout: WorkoutRow, { near, bbox }: WorkoutsParameters) {
  const { bounds } = workout;
  // Most routes are elsewhere, and reading one takes far longer than looking at its bounds.
  if (bounds === null || (bbox && !mayMeet(bounds, bbox)) || (near && !mayBeNear(bounds, near, near.metres)))
    return false;
  const rows = await store.workoutRoute(user.userId, workout.id);
  if (rows === null) return false;
  const line = placesOf(rows);
  return (bbox === undefined || meetsBox(line, bbox)) && (near === undefined || distanceM(near, line) <= near.metres);
}

export async function readWorkout(
  store: Store,
  { user, params }: QueryRequest<{ id: string }>,
): Promise<WorkoutAnswer> {
  return describeWorkout(await findWorkout(store, user, params.id));
}

export async function findWorkout(store: Store, user: User, id: string): Promise<WorkoutRow> {
  const workout = await store.workout(user.userId, id);
  if (workout === null) throw problem("not_found", "There is no such workout.");
  return workout;
}

export function describeWorkout(workout: WorkoutRow): WorkoutAnswer {
  const { id, name, type, startMs, endMs, scalars, bounds, series } = workout;
  return {
    // Absent is null for what every workout has in principle, so that a reader need not ask.
    ...{ duration_s: (endMs - startMs) / 1000, distance: null, energy: null },
    ...scalars,
    ...{ id, name, type, start: formatTime(startMs), end: formatTime(endMs), has_route: bounds !== null, series },
  };
}

/** Name of the series, time, and how many samples of that time were given. */
type SamplePosition = [series: string, timeMs: number, nth: number];

export async function listSamples(
  store: Store,
  {
    user,
    params,
  }: QueryRequest<{ id: string; series?: string | undefined; limit: number; cursor?: string | undefined }>,
): Promise<ListAnswer<SampleAnswer>> {
  const workout = await findWorkout(store, user, params.id);
  const list = [user.id, "samples", workout.id];
  const after = openCursor<SamplePosition>(list, params.cursor);
  const data: SampleAnswer[] = [];
  let position: SamplePosition | undefined;
  for (const { place, sample } of samplesInOrder((await store.workoutSeries(user.userId, workout.id)) ?? [])) {
    if (params.series !== undefined && sample.series !== params.series) continue;
    if (after !== undefined && comparePlaces(place, after) <= 0) continue;
    if (data.length === params.limit) return { data, next_cursor: sealCursor(list, position) };
    data.push(sample);
    position = place;
  }
  return { data, next_cursor: null };
}

function* samplesInOrder(series: readonly { name: string; unit: string; rows: Float64Array }[]) {
  for (const { name, unit, rows } of [...series].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    let [lastMs, nth] = [Number.NaN, 0];
    for (const row of sortedRows(rows)) {
      const [timeMs, value, min, max] = row as unknown as [number, number, number, number];
      nth = timeMs === lastMs ? nth + 1 : 1;
      lastMs = timeMs;
      const sample: SampleAnswer = {
        ...{ series: name, time: formatTime(timeMs), value },
        ...(Number.isNaN(min) ? {} : { min }),
        ...(Number.isNaN(max) ? {} : { max }),
        unit,
      };
      yield { place: [name, timeMs, nth] satisfies SamplePosition as SamplePosition, sample };
    }
  }
}

function sortedRows(rows: Float64Array): Float64Array[] {
  const count = Math.floor(rows.length / seriesColumns);
  return Array.from({ length: count }, (_, i) => rows.subarray(i * seriesColumns, (i + 1) * seriesColumns)).sort(
    (a, b) => a[0]! - b[0]!,
  );
}

function comparePlaces(a: SamplePosition, b: SamplePosition): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1] || a[2] - b[2];
}
