/**
 * What every metric means: its names, unit, kind and plausible range (spec section 3, table in `registry-data.ts`).
 *
 * Callers may rely on names being unique, on every alias leading to exactly one of them, and on names that nobody knows
 * coming back in one stable spelling: unknown metrics are stored, not dropped. Sexual activity is sent both as a metric
 * and as a cycle entry and has one definition, so the 188 rows of the spec are 187 definitions. Which display text a
 * localised symptom or cycle entry has is not known here; JSON metric names are never localised (spec section 5.5).
 */
import {
  diastolicRange,
  displayNames,
  type EntryRow,
  entryRows,
  loggedNames,
  type MetricRow,
  metricRows,
  type RowKind,
} from "./registry-data.js";
import { cleanText } from "./text.js";
import { convert, type Dimension } from "./units.js";

/** `cumulative` adds up over a day, `discrete` is measured now and then, `event` has a record type of its own. */
export type MetricKind = "cumulative" | "discrete" | "event";
export type Aggregation = "sum" | "average" | "min_avg_max" | "last" | "duration" | "count" | "object";

export interface Range {
  min: number;
  max: number;
}

export interface MetricDefinition {
  name: string;
  /** English text as the app shows it. */
  displayName: string;
  /** Other spellings, as they come out of the canonicaliser. */
  aliases: readonly string[];
  /** Full HealthKit identifier. */
  healthKitType: string;
  category: string;
  kind: MetricKind;
  aggregation: Aggregation;
  /** Canonical unit: values are stored and answered in it. */
  unit: string;
  /** What the app sends by default; counts where a delivery names no unit. */
  wireUnit: string;
  dimension: Dimension;
  /** Generous plausible range in the canonical unit; null for events. Outside it is flagged, never dropped. */
  range: Range | null;
  /** Range of the second value, the diastolic pressure; null for all others. */
  secondRange: Range | null;
  rangePer: "reading" | "day";
  /** True for temperatures: elsewhere a negative value is impossible (spec section 5.2). */
  allowsNegative: boolean;
  /** True where people write entries down themselves: sources add up. What devices measure overlaps between sources. */
  isLogged: boolean;
}

const dimensions: Record<string, Dimension> = {
  count: "count",
  "count/min": "rate",
  kcal: "energy",
  "kcal/hr·kg": "effort",
  "ml/(kg·min)": "vo2",
  km: "distance",
  m: "distance",
  cm: "distance",
  "km/h": "speed",
  kg: "mass",
  g: "mass",
  mg: "mass",
  mcg: "mass",
  mL: "volume",
  degC: "temperature",
  mmHg: "pressure",
  "mmol/L": "glucose",
  "%": "percent",
  dBASPL: "sound",
  min: "time",
  ms: "time",
  W: "power",
  "L/min": "flow",
  S: "conductance",
  IU: "insulin",
  appleEffortScore: "score",
};

const kinds: Record<RowKind, { kind: MetricKind; aggregation: Aggregation }> = {
  sum: { kind: "cumulative", aggregation: "sum" },
  dur: { kind: "cumulative", aggregation: "duration" },
  cnt: { kind: "cumulative", aggregation: "count" },
  avg: { kind: "discrete", aggregation: "average" },
  mma: { kind: "discrete", aggregation: "min_avg_max" },
  last: { kind: "discrete", aggregation: "last" },
  obj: { kind: "discrete", aggregation: "object" },
};

/** The objects differ: blood pressure is measured, sexual activity counted, sleep has records of its own. */
const objectKinds: Record<string, MetricKind> = { sexual_activity: "cumulative", sleep_analysis: "event" };

function defineMetric(category: string, row: MetricRow): MetricDefinition {
  const [name, healthKit, rowKind, wireUnit, unit, min, max, ...aliases] = row;
  const dimension = dimensions[unit]!;
  const kind = objectKinds[name] ?? kinds[rowKind].kind;
  const toCanonical = (value: number) => Number(convert(value, wireUnit, dimension, unit)!.toPrecision(12));
  return {
    name,
    displayName: displayNames[name] ?? capitalise(name),
    aliases: listAliases(name, healthKit, aliases, category),
    healthKitType: nameHealthKitType(healthKit),
    category,
    kind,
    aggregation: kinds[rowKind].aggregation,
    unit,
    wireUnit,
    dimension,
    range: { min: toCanonical(min), max: toCanonical(max) },
    secondRange: name === "blood_pressure" ? diastolicRange : null,
    rangePer: kind === "cumulative" ? "day" : "reading",
    allowsNegative: dimension === "temperature",
    isLogged: category === "nutrition" || loggedNames.includes(name),
  };
}

function defineEntry(category: string, [name, healthKit, displayName]: EntryRow): MetricDefinition {
  return {
    name,
    displayName: displayName ?? capitalise(name),
    aliases: listAliases(name, healthKit, displayName === undefined ? [] : [spellName(displayName)], category),
    healthKitType: nameHealthKitType(`C:${healthKit}`),
    category,
    kind: "event",
    aggregation: "object",
    unit: "",
    wireUnit: "",
    dimension: "none",
    range: null,
    secondRange: null,
    rangePer: "reading",
    allowsNegative: false,
    isLogged: true,
  };
}

/** `time_in_daylight` to `Time in Daylight`. */
function capitalise(name: string): string {
  return name
    .split("_")
    .map((word, i) =>
      i > 0 && ["and", "in", "of", "or"].includes(word) ? word : word[0]!.toUpperCase() + word.slice(1),
    )
    .join(" ");
}

function nameHealthKitType(healthKit: string): string {
  if (healthKit.startsWith("C:")) return `HKCategoryTypeIdentifier${healthKit.slice(2)}`;
  if (healthKit.startsWith("K:")) return `HKCorrelationTypeIdentifier${healthKit.slice(2)}`;
  return `HKQuantityTypeIdentifier${healthKit}`;
}

/** Aliases of the table and the snake case of the HealthKit type; of nutrients each with and without `dietary_`. */
function listAliases(name: string, healthKit: string, aliases: readonly string[], category: string): string[] {
  const snake = healthKit
    .replace(/^[CK]:/, "")
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();
  const all = new Set([...aliases, snake]);
  if (category === "nutrition") {
    for (const spelling of [name, ...all]) {
      const bare = spelling.replace(/^dietary_/, "");
      all.add(`dietary_${bare}`);
      // Energy without a word before it may as well be active energy.
      if (bare !== "energy") all.add(bare);
    }
  }
  all.delete(name);
  return [...all];
}

export const metricDefinitions: readonly MetricDefinition[] = [
  ...Object.entries(metricRows).flatMap(([category, rows]) => rows.map((row) => defineMetric(category, row))),
  ...Object.entries(entryRows).flatMap(([category, rows]) => rows.map((row) => defineEntry(category, row))),
];

/**
 * All spellings without underscores, because senders disagree on where words end: `vo2max`, `stepCount`,
 * `apple_standtime`, `HKQuantityTypeIdentifierStepCount`.
 */
const bySpelling = new Map<string, MetricDefinition>();
for (const definition of metricDefinitions) {
  for (const spelling of [definition.name, ...definition.aliases, definition.healthKitType]) {
    bySpelling.set(squashName(spellName(spelling)), definition);
  }
}

/** The canonicaliser of spec section 2.1. */
function spellName(wireName: string): string {
  return cleanText(wireName)
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFKC")
    .replace(/[&+/:,()]/g, " ")
    .replace(/[\s\p{Pd}_]+/gu, "_")
    .replace(/^_|_$/g, "");
}

function squashName(name: string): string {
  return name.replaceAll("_", "");
}

/**
 * The registry's name of a metric, however it was spelt; of an unknown metric its canonical spelling, `unnamed` where
 * nothing is left of it.
 */
export function canonicalMetricName(wireName: string): string {
  const spelt = spellName(wireName);
  return bySpelling.get(squashName(spelt))?.name ?? (spelt || "unnamed");
}

/** Definition of a metric by any of its spellings; undefined for metrics that the registry does not know. */
export function findMetric(name: string): MetricDefinition | undefined {
  return bySpelling.get(squashName(spellName(name)));
}

/**
 * True for what is measured through a night and belongs to the morning after: the day of its samples is that of their
 * end (spec sections 3.3 and 4.2).
 */
export function belongsToDayOfEnd(name: string): boolean {
  return name === "apple_sleeping_wrist_temperature";
}
