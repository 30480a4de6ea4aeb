/**
 * The route of a workout as GeoJSON or GPX 1.1.
 *
 * What the phone could not tell (altitude, speed, course) is left out or null, never invented.
 */
import { routeColumns, type WorkoutRoute } from "../health/record.js";
import { problem } from "../problem.js";
import type { Store, WorkoutRow } from "../store/store.js";
import type { QueryRequest } from "./page.js";
import { escapeXml, formatTime } from "./text.js";
import { findWorkout } from "./workouts.js";

export interface RouteFeature {
  type: "Feature";
  /** `[lon, lat, altitude]`, the altitude in metres and only where it is known. A Point where there is only one. */
  geometry: { type: "LineString"; coordinates: number[][] } | { type: "Point"; coordinates: number[] };
  /** Arrays have one member per position; times are epoch seconds. */
  properties: {
    workout_id: string;
    name: string | null;
    type: string;
    start: string;
    end: string;
    times: number[];
    speeds_kmh?: (number | null)[];
    courses_deg?: (number | null)[];
    horizontal_accuracies_m?: (number | null)[];
    vertical_accuracies_m?: (number | null)[];
  };
}

interface RoutePoint {
  timeMs: number;
  latitude: number;
  longitude: number;
  altitudeM: number | null;
  speedKmh: number | null;
  courseDeg: number | null;
  horizontalAccuracyM: number | null;
  verticalAccuracyM: number | null;
}

export async function readRoute(
  store: Store,
  { user, params }: QueryRequest<{ id: string; format: "geojson" | "gpx" }>,
): Promise<RouteFeature | string> {
  const workout = await findWorkout(store, user, params.id);
  const rows = await store.workoutRoute(user.userId, workout.id);
  const points = rows === null ? [] : pointsOf(rows);
  if (points.length === 0) throw problem("not_found", "This workout has no route.");
  return params.format === "gpx" ? writeGpx([writeTrack(workout, points)]) : describeRoute(workout, points);
}

/** Points with a position, in the order of time. */
function pointsOf(rows: WorkoutRoute["rows"]): RoutePoint[] {
  const points: RoutePoint[] = [];
  for (let at = 0; at < rows.length; at += routeColumns) {
    const [timeMs, latitude, longitude, ...others] = rows.subarray(at, at + routeColumns) as unknown as number[];
    if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) continue;
    const [altitudeM, speedKmh, courseDeg, horizontalAccuracyM, verticalAccuracyM] = others.map((value) =>
      Number.isFinite(value) ? value : null,
    ) as [number | null, number | null, number | null, number | null, number | null];
    points.push({
      ...{ timeMs: timeMs!, latitude: latitude!, longitude: longitude! },
      ...{ altitudeM, speedKmh, courseDeg, horizontalAccuracyM, verticalAccuracyM },
    });
  }
  return points.sort((a, b) => a.timeMs - b.timeMs);
}

function describeRoute(workout: WorkoutRow, points: readonly RoutePoint[]): RouteFeature {
  const coordinates = points.map(({ longitude, latitude, altitudeM }) =>
    altitudeM === null ? [longitude, latitude] : [longitude, latitude, altitudeM],
  );
  return {
    type: "Feature",
    geometry:
      coordinates.length === 1 ? { type: "Point", coordinates: coordinates[0]! } : { type: "LineString", coordinates },
    properties: {
      workout_id: workout.id,
      name: workout.name,
      type: workout.type,
      start: formatTime(workout.startMs),
      end: formatTime(workout.endMs),
      times: points.map(({ timeMs }) => timeMs / 1000),
      ...columnIfKnown(
        "speeds_kmh",
        points.map((point) => point.speedKmh),
      ),
      ...columnIfKnown(
        "courses_deg",
        points.map((point) => point.courseDeg),
      ),
      ...columnIfKnown(
        "horizontal_accuracies_m",
        points.map((point) => point.horizontalAccuracyM),
      ),
      ...columnIfKnown(
        "vertical_accuracies_m",
        points.map((point) => point.verticalAccuracyM),
      ),
    },
  };
}

function columnIfKnown(name: string, values: (number | null)[]): Record<string, (number | null)[]> {
  return values.some((value) => value !== null) ? { [name]: values } : {};
}

/** One `trk`, indented for a document of `writeGpx`. */
function writeTrack({ name, type }: Pick<WorkoutRow, "name" | "type">, points: readonly RoutePoint[]): string {
  const lines = points.map(({ timeMs, latitude, longitude, altitudeM }) => {
    const altitude = altitudeM === null ? "" : `<ele>${altitudeM}</ele>`;
    return `      <trkpt lat="${latitude}" lon="${longitude}">${altitude}<time>${formatTime(timeMs)}</time></trkpt>\n`;
  });
  return [
    "  <trk>\n",
    ...(name === null ? [] : [`    <name>${escapeXml(name)}</name>\n`]),
    `    <type>${escapeXml(type)}</type>\n`,
    `    <trkseg>\n${lines.join("")}    </trkseg>\n`,
    "  </trk>\n",
  ].join("");
}

const gpxHead =
  '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="selfsensored" xmlns="http://www.topografix.com/GPX/1/1">\n';
const gpxFoot = "</gpx>\n";

function writeGpx(tracks: readonly string[]): string {
  return gpxHead + tracks.join("") + gpxFoot;
}
