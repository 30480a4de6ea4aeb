/**
 * The metrics that the simulated person has, with the units that the truth is told in and those that phones send.
 *
 * Written down from the spec (section 3) and the contract (canonical units) a second time, on purpose: a wrong factor
 * in the program under test must not be wrong here too.
 */

/**
 * `measured`: devices count it, overlap between sources is removed, pro rata. `counted`: one category sample each,
 * by its start. `logged`: all of it adds up. The rest is discrete: `average`, `latest`, and two with shapes of
 * their own.
 */
export type Shape = "measured" | "counted" | "logged" | "average" | "latest" | "heart_rate" | "blood_pressure";

export interface WireUnit {
  text: string;
  /** From the canonical unit to this one. */
  from(value: number): number;
}

export interface Metric {
  name: string;
  shape: Shape;
  /** Canonical unit: that of all samples and of the truth. */
  unit: string;
  metric: WireUnit;
  us: WireUnit;
  /** Field of a point that tells its variant; `keys`: the variants are the fields (sexual activity). */
  variantField: "reason" | "mealTime" | "value" | "keys" | null;
}

const same = (text: string): WireUnit => ({ text, from: (value) => value });
const times = (text: string, factor: number): WireUnit => ({ text, from: (value) => value * factor });

const kcal = { unit: "kcal", metric: times("kJ", 4.184), us: same("kcal") };
const km = { unit: "km", metric: same("km"), us: times("mi", 1 / 1.609344) };
const kg = { unit: "kg", metric: same("kg"), us: times("lb", 1 / 0.45359237) };
const degC = { unit: "degC", metric: same("degC"), us: { text: "degF", from: (value: number) => value * 1.8 + 32 } };
const glucose = { unit: "mmol/L", metric: same("mmol/L"), us: times("mg/dL", 18.0156) };
const volume = { unit: "mL", metric: same("mL"), us: times("fl_oz_us", 1 / 29.5735295625) };
const seconds = { unit: "min", metric: times("s", 60), us: times("s", 60) };
const plain = (text: string) => ({ unit: text, metric: same(text), us: same(text) });

type Units = Pick<Metric, "unit" | "metric" | "us">;

function metric(name: string, shape: Shape, units: Units, variantField: Metric["variantField"] = null): Metric {
  return { name, shape, ...units, variantField };
}

export const metrics: readonly Metric[] = [
  metric("step_count", "measured", plain("count")),
  metric("active_energy", "measured", kcal),
  metric("basal_energy_burned", "measured", kcal),
  metric("walking_running_distance", "measured", km),
  metric("flights_climbed", "measured", plain("count")),
  metric("apple_exercise_time", "measured", plain("min")),
  metric("apple_stand_hour", "counted", plain("count")),
  metric("dietary_energy", "logged", kcal),
  metric("protein", "logged", plain("g")),
  metric("dietary_water", "logged", volume),
  metric("insulin_delivery", "logged", plain("IU"), "reason"),
  metric("handwashing", "logged", seconds, "value"),
  metric("toothbrushing", "logged", seconds, "value"),
  metric("sexual_activity", "logged", { unit: "count", metric: same("times"), us: same("times") }, "keys"),
  metric("heart_rate", "heart_rate", plain("count/min")),
  metric("resting_heart_rate", "average", plain("count/min")),
  metric("heart_rate_variability", "average", plain("ms")),
  metric("respiratory_rate", "average", plain("count/min")),
  metric("blood_oxygen_saturation", "average", plain("%")),
  metric("environmental_audio_exposure", "average", plain("dBASPL")),
  metric("apple_sleeping_wrist_temperature", "average", degC),
  metric("weight_body_mass", "latest", kg),
  metric("vo2_max", "latest", plain("ml/(kg·min)")),
  metric("blood_glucose", "latest", glucose, "mealTime"),
  metric("blood_pressure", "blood_pressure", plain("mmHg")),
];

/** Sleep is exported as a metric but made elsewhere (`sleep.ts`). */
export const sleepMetric = "sleep_analysis";
export const metricNames: readonly string[] = [...metrics.map((m) => m.name), sleepMetric];

/** For workouts, which carry units of their own. */
export const workoutUnits = {
  metric: { energy: kcal.metric, distance: km.metric, temperature: degC.metric, length: same("m") },
  us: { energy: kcal.us, distance: km.us, temperature: degC.us, length: times("ft", 1 / 0.3048) },
};

export function findMetric(name: string): Metric {
  const found = metrics.find((m) => m.name === name);
  if (!found) throw new Error(`phone: there is no metric ${name} here`);
  return found;
}

export function isTotal(shape: Shape): boolean {
  return shape === "measured" || shape === "counted" || shape === "logged";
}
