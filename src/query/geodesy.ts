/**
 * Where a route is: how far from a place, and whether it meets a box. Pure.
 *
 * A route is the line through its points, so a box between two of them is met. Distances are geodesic on WGS 84 (what
 * phones send and PostGIS measures): everything is done in space, where neither poles nor the date line are special,
 * and the shortest chord is turned into an arc. Below 1,000 km the error is under a hundred-thousandth, plus half a metre
 * where two neighbouring points of a route lie 100 km apart.
 */
import { routeColumns } from "../health/record.js";

export interface Place {
  latitude: number;
  longitude: number;
}

export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

type Vector = [x: number, y: number, z: number];

const equatorM = 6_378_137;
const poleM = 6_356_752.314245;
const meanRadiusM = 6_371_008.8;

/** Places along the route, in order; points without a position are left out. */
export function placesOf(rows: Float64Array): Place[] {
  const places: Place[] = [];
  for (let at = 0; at < rows.length; at += routeColumns) {
    const latitude = rows[at + 1]!;
    const longitude = rows[at + 2]!;
    if (Number.isFinite(latitude) && Number.isFinite(longitude)) places.push({ latitude, longitude });
  }
  return places;
}

/** Metres from a place to the line; Infinity for a line without places. */
export function distanceM(place: Place, line: readonly Place[]): number {
  const from = vectorOf(place);
  let shortest = Number.POSITIVE_INFINITY;
  let previous: Vector | undefined;
  for (const next of line) {
    const end = vectorOf(next);
    shortest = Math.min(shortest, chord(from, previous === undefined ? end : nearestOn(previous, end, from)));
    previous = end;
  }
  return shortest === Number.POSITIVE_INFINITY
    ? shortest
    : 2 * meanRadiusM * Math.asin(Math.min(1, shortest / (2 * meanRadiusM)));
}

function vectorOf({ latitude, longitude }: Place): Vector {
  const phi = (latitude * Math.PI) / 180;
  const lambda = (longitude * Math.PI) / 180;
  const flat = (poleM * poleM) / (equatorM * equatorM);
  const normal = equatorM / Math.sqrt(1 - (1 - flat) * Math.sin(phi) ** 2);
  return [
    normal * Math.cos(phi) * Math.cos(lambda),
    normal * Math.cos(phi) * Math.sin(lambda),
    normal * flat * Math.sin(phi),
  ];
}

/** The point of a segment nearest to `from`, lifted from the chord to the ground. */
function nearestOn(start: Vector, end: Vector, from: Vector): Vector {
  const [x, y, z] = minus(end, start);
  const along = minus(from, start);
  const length2 = x * x + y * y + z * z;
  const part = length2 === 0 ? 0 : (along[0] * x + along[1] * y + along[2] * z) / length2;
  if (part <= 0) return start;
  if (part >= 1) return end;
  const on: Vector = [start[0] + part * x, start[1] + part * y, start[2] + part * z];
  const lift = 1 / Math.hypot(on[0] / equatorM, on[1] / equatorM, on[2] / poleM);
  return [on[0] * lift, on[1] * lift, on[2] * lift];
}

function minus(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function chord(a: Vector, b: Vector): number {
  return Math.hypot(...minus(a, b));
}

/** Does the line itself meet the box, its edges included? A box whose west lies east of its east crosses 180°. */
export function meetsBox(line: readonly Place[], box: Box): boolean {
  const west = box.west;
  const east = box.east < west ? box.east + 360 : box.east;
  let previous: Place | undefined;
  for (const next of line) {
    // The short way round: a step over the date line is a step, not a journey around the world.
    const turn = previous === undefined ? 0 : Math.round((next.longitude - previous.longitude) / 360) * 360;
    const end = { latitude: next.latitude, longitude: next.longitude - turn };
    for (const shift of [-360, 0, 360]) {
      const start = previous ?? end;
      if (
        crosses(start.longitude + shift, start.latitude, end.longitude + shift, end.latitude, { ...box, west, east })
      ) {
        return true;
      }
    }
    previous = end;
  }
  return false;
}

/** Liang and Barsky: clips the segment at each side in turn; something is left when it meets the box. */
function crosses(x1: number, y1: number, x2: number, y2: number, box: Box): boolean {
  let enter = 0;
  let leave = 1;
  for (const [step, room] of [
    [x1 - x2, x1 - box.west],
    [x2 - x1, box.east - x1],
    [y1 - y2, y1 - box.south],
    [y2 - y1, box.north - y1],
  ] as const) {
    if (step === 0) {
      if (room < 0) return false;
    } else if (step < 0) {
      enter = Math.max(enter, room / step);
    } else {
      leave = Math.min(leave, room / step);
    }
  }
  return enter <= leave;
}

/** False only where a route within these bounds cannot meet the box. */
export function mayMeet(bounds: Box, box: Box): boolean {
  if (bounds.north < box.south || bounds.south > box.north) return false;
  // Bounds that cross 180° are the long way round, and so is such a box: both are left to the line itself.
  if (box.east < box.west || bounds.east - bounds.west > 180) return true;
  return [-360, 0, 360].some((turn) => bounds.west + turn <= box.east && bounds.east + turn >= box.west);
}

/** The shortest degree of latitude is 110,574 m long. */
const leastDegreeM = 110_500;

/** False only where a route within these bounds cannot come this near. */
export function mayBeNear(bounds: Box, { latitude, longitude }: Place, metres: number): boolean {
  // Half round the world the arc of a chord is not exact enough to rule anything out by.
  if (metres > 1_000_000) return true;
  const gap = Math.max(0, bounds.south - latitude, latitude - bounds.north);
  if (gap * leastDegreeM > metres) return false;
  if (bounds.east - bounds.west > 180) return true;
  const east = (bounds.west - longitude + 720) % 360;
  const west = (longitude - bounds.east + 720) % 360;
  const isBeside = east + (bounds.east - bounds.west) >= 360 || east === 0;
  const turn = isBeside ? 0 : Math.min(east, west, 90);
  // Distance from the place to the nearest meridian of the bounds.
  const radians = Math.asin(Math.sin((turn * Math.PI) / 180) * Math.cos((latitude * Math.PI) / 180));
  return ((radians * 180) / Math.PI) * leastDegreeM <= metres;
}
