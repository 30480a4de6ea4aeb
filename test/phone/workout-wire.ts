/** A workout as the phone exports it: version 2 and the older version 1 (spec section 6). */
import { workoutUnits } from "./catalogue.js";
import { sources } from "./samples.js";
import type { ExportView } from "./view.js";
import type { Json, JsonObject } from "./wire.js";
import type { WorkoutDone, WorkoutMinute } from "./workouts.js";

export function writeWorkout(workout: WorkoutDone, view: ExportView): JsonObject {
  return view.version === "v2" ? writeV2(workout, view) : writeV1(workout, view);
}

function writeV2(workout: WorkoutDone, view: ExportView): JsonObject {
  const units = workoutUnits[view.units];
  const source = view.source([sources.watch]);
  const rate = (qty: number): JsonObject => ({ qty, units: "count/min" });
  const series = (unit: string, of: (minute: WorkoutMinute) => number): Json[] =>
    workout.minutes.map((m) => ({ date: view.stamp(m.atMs), qty: of(m), units: unit, ...source }));
  const { heartRate } = workout;
  return {
    id: workout.id,
    name: workout.name,
    location: workout.location,
    isIndoor: workout.location !== "Outdoor",
    start: view.stamp(workout.startMs),
    end: view.stamp(workout.endMs),
    duration: workout.durationS,
    activeEnergyBurned: { qty: units.energy.from(workout.activeKcal), units: units.energy.text },
    totalEnergy: { qty: units.energy.from(workout.totalKcal), units: units.energy.text },
    intensity: { qty: 8.25, units: "kcal/hr·kg" },
    ...distance(workout, view),
    ...(workout.elevationUpM === null
      ? {}
      : { elevationUp: { qty: units.length.from(workout.elevationUpM), units: units.length.text } }),
    temperature: { qty: units.temperature.from(11.5), units: units.temperature.text },
    humidity: { qty: 71, units: "%" },
    heartRate: { min: rate(heartRate.min), avg: rate(heartRate.avg), max: rate(heartRate.max) },
    avgHeartRate: rate(heartRate.avg),
    maxHeartRate: rate(heartRate.max),
    activeEnergy: series(units.energy.text, (m) => units.energy.from(m.activeKcal)),
    basalEnergy: series(units.energy.text, (m) => units.energy.from(m.basalKcal)),
    ...(hasSteps(workout)
      ? {
          stepCount: series("count", (m) => m.steps),
          walkingAndRunningDistance: series(units.distance.text, (m) => units.distance.from(m.km)),
        }
      : {}),
    heartRateData: workout.minutes.map(({ atMs, heartRate: { min, avg, max } }) => ({
      date: view.stamp(atMs),
      Min: min,
      Avg: avg,
      Max: max,
      units: "count/min",
      ...source,
    })),
    heartRateRecovery: workout.recovery.map(({ atMs, bpm }) => ({
      date: view.stamp(atMs),
      Min: bpm,
      Avg: bpm,
      Max: bpm,
      units: "count/min",
      ...source,
    })),
    ...(workout.route.length === 0
      ? {}
      : {
          route: workout.route.map((point, i) => ({
            latitude: point.latitude,
            longitude: point.longitude,
            altitude: point.altitudeM,
            course: point.courseDeg,
            // CoreLocation does not know the course at once: 180 stands for no idea, negative for invalid.
            courseAccuracy: i === 0 ? -1 : 9.1,
            horizontalAccuracy: 4.7,
            verticalAccuracy: 3.1,
            timestamp: view.stamp(point.atMs),
            speed: point.speedMps,
            speedAccuracy: 0.4,
          })),
        }),
    // Filled it is an object, empty it is an array (spec section 6.1).
    metadata: workout.location === "Outdoor" ? { HKWeatherCondition: "1" } : [],
  };
}

function writeV1(workout: WorkoutDone, view: ExportView): JsonObject {
  const units = workoutUnits[view.units];
  const sum = (of: (minute: WorkoutMinute) => number): number => workout.minutes.reduce((total, m) => total + of(m), 0);
  return {
    name: workout.name,
    start: view.stamp(workout.startMs),
    end: view.stamp(workout.endMs),
    activeEnergy: { qty: units.energy.from(workout.activeKcal), units: units.energy.text },
    totalEnergy: { qty: units.energy.from(workout.totalKcal), units: units.energy.text },
    ...(hasSteps(workout) ? { stepCount: { qty: sum((m) => m.steps), units: "steps" } } : {}),
    ...distance(workout, view),
    ...(workout.elevationUpM === null
      ? {}
      : { elevation: { ascent: units.length.from(workout.elevationUpM), descent: 0, units: units.length.text } }),
    avgHeartRate: { qty: workout.heartRate.avg, units: "bpm" },
    maxHeartRate: { qty: workout.heartRate.max, units: "bpm" },
    heartRateData: workout.minutes.map((m) => ({ date: view.stamp(m.atMs), qty: m.heartRate.avg, units: "bpm" })),
    heartRateRecovery: workout.recovery.map((r) => ({ date: view.stamp(r.atMs), qty: r.bpm, units: "bpm" })),
    ...(workout.route.length === 0
      ? {}
      : {
          route: workout.route.map((point) => ({
            lat: point.latitude,
            lon: point.longitude,
            altitude: point.altitudeM,
            timestamp: view.stamp(point.atMs),
          })),
        }),
  };
}

function distance(workout: WorkoutDone, view: ExportView): JsonObject {
  const unit = workoutUnits[view.units].distance;
  return workout.distanceKm === null ? {} : { distance: { qty: unit.from(workout.distanceKm), units: unit.text } };
}

function hasSteps(workout: WorkoutDone): boolean {
  return workout.minutes.some((m) => m.steps > 0);
}
