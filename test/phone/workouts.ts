/**
 * The person's workouts: one every other day, with a minute-by-minute series, recovery after the end, and a route when
 * they lead outdoors. How they look on the wire is in `workout-wire.ts`.
 *
 * A workout lies within one local day. Its route is a circle of the workout's own distance through a fixed place.
 */
import { hourMs, type LocalDay, minuteMs } from "./clock.js";
import { type Random, randomFor } from "./random.js";

export interface WorkoutMinute {
  atMs: number;
  steps: number;
  activeKcal: number;
  basalKcal: number;
  km: number;
  heartRate: { min: number; avg: number; max: number };
}

export interface RoutePoint {
  atMs: number;
  latitude: number;
  longitude: number;
  altitudeM: number;
  speedMps: number;
  courseDeg: number;
}

export interface WorkoutDone {
  id: string;
  name: string;
  location: "Indoor" | "Outdoor" | "Pool";
  startMs: number;
  endMs: number;
  /** Pauses excluded, so at most the time between start and end. */
  durationS: number;
  activeKcal: number;
  totalKcal: number;
  /** Null where nothing was covered. */
  distanceKm: number | null;
  elevationUpM: number | null;
  heartRate: { min: number; avg: number; max: number };
  minutes: WorkoutMinute[];
  recovery: { atMs: number; bpm: number }[];
  route: RoutePoint[];
}

const kinds = [
  { name: "Outdoor Run", location: "Outdoor", kmPerHour: 10, kcalPerMinute: 11, stepsPerMinute: 165 },
  { name: "Outdoor Walk", location: "Outdoor", kmPerHour: 5, kcalPerMinute: 4.5, stepsPerMinute: 112 },
  { name: "Outdoor Cycling", location: "Outdoor", kmPerHour: 22, kcalPerMinute: 9, stepsPerMinute: 0 },
  { name: "Indoor Cycling", location: "Indoor", kmPerHour: 0, kcalPerMinute: 8, stepsPerMinute: 0 },
  { name: "Pool Swim", location: "Pool", kmPerHour: 2.4, kcalPerMinute: 9, stepsPerMinute: 0 },
  { name: "Functional Strength Training", location: "Indoor", kmPerHour: 0, kcalPerMinute: 5, stepsPerMinute: 0 },
] as const;

const home = { latitude: 0.25, longitude: 0.5 };
const metresPerDegree = 111_320;

export function workoutsOfDay(seed: number, day: LocalDay, density: number): WorkoutDone[] {
  const random = randomFor(seed, "workout", day.date);
  if (day.endMs - day.startMs < 22 * hourMs || !random.chance(0.5)) return [];
  const kind = random.pick(kinds);
  const startMs = day.startMs + 17 * hourMs + random.whole(0, 5400) * 1000;
  const endMs = startMs + random.whole(18 * 60, 55 * 60) * 1000;
  const pausedS = random.chance(0.3) ? random.whole(10, 240) : 0;
  const minutes = minutesOf(kind, startMs, endMs, random);
  const sum = (of: (minute: WorkoutMinute) => number): number => minutes.reduce((total, m) => total + of(m), 0);
  const distanceKm = kind.kmPerHour > 0 ? sum((m) => m.km) : null;
  const activeKcal = sum((m) => m.activeKcal);
  const rates = minutes.map((m) => m.heartRate);
  return [
    {
      id: random.uuid(),
      name: kind.name,
      location: kind.location,
      startMs,
      endMs,
      durationS: (endMs - startMs) / 1000 - pausedS + random.between(0, 0.9) * Math.sign(pausedS),
      activeKcal,
      totalKcal: activeKcal + sum((m) => m.basalKcal),
      distanceKm,
      elevationUpM: kind.location === "Outdoor" ? random.whole(3, 180) : null,
      heartRate: {
        min: Math.min(...rates.map((r) => r.min)),
        avg: sum((m) => m.heartRate.avg) / minutes.length,
        max: Math.max(...rates.map((r) => r.max)),
      },
      minutes,
      recovery: Array.from({ length: 24 }, (_, i) => ({
        atMs: endMs + i * 5000,
        bpm: 140 - i * 2 + random.whole(-1, 1),
      })),
      route: kind.location === "Outdoor" && distanceKm ? circle(distanceKm, startMs, endMs, density) : [],
    },
  ];
}

function minutesOf(kind: (typeof kinds)[number], startMs: number, endMs: number, random: Random): WorkoutMinute[] {
  const made: WorkoutMinute[] = [];
  for (let atMs = Math.floor(startMs / minuteMs) * minuteMs; atMs < endMs; atMs += minuteMs) {
    const fromMs = Math.max(atMs, startMs);
    const share = (Math.min(atMs + minuteMs, endMs) - fromMs) / minuteMs;
    const effort = random.between(0.8, 1.15) * share;
    const avg = random.between(115, 160);
    made.push({
      atMs: fromMs,
      steps: kind.stepsPerMinute * effort,
      activeKcal: kind.kcalPerMinute * effort,
      basalKcal: 1.2 * share,
      km: (kind.kmPerHour / 60) * effort,
      heartRate: { min: Math.floor(avg) - random.whole(1, 8), avg, max: Math.ceil(avg) + random.whole(1, 9) },
    });
  }
  return made;
}

function circle(distanceKm: number, startMs: number, endMs: number, density: number): RoutePoint[] {
  const radius = (distanceKm * 1000) / (2 * Math.PI) / metresPerDegree;
  const stepMs = Math.max(1, Math.round(5 / density)) * 1000;
  const speedMps = (distanceKm * 1000) / ((endMs - startMs) / 1000);
  const points: RoutePoint[] = [];
  for (let atMs = startMs; atMs <= endMs; atMs += stepMs) {
    const angle = (2 * Math.PI * (atMs - startMs)) / (endMs - startMs);
    points.push({
      atMs,
      latitude: home.latitude + radius * Math.sin(angle),
      longitude: home.longitude + radius * (1 - Math.cos(angle)),
      altitudeM: 30 + 8 * Math.sin(angle * 3),
      speedMps,
      // It starts northwards and turns to the east.
      courseDeg: (angle * 180) / Math.PI,
    });
  }
  return points;
}
