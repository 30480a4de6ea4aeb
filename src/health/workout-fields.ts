/**
 * The single values of a workout: from the fields of both export versions (spec sections 6.1, 6.2) to API names and
 * canonical units.
 *
 * A field is read by its shape (`{qty, units}`, bare number, text), never by the export version, because mixed exports
 * exist. What cannot be read, has an unknown unit or is impossible is kept as it came, under `extra`, and a warning says
 * so; fields that nobody knows are kept there too. Fields that are absent, null or empty give nothing, so that they
 * cannot wipe out what an earlier delivery had. Arrays of points are for `workout-series.ts`.
 */
import {
  copyJson,
  findSlug,
  type ItemWarning,
  isAbsent,
  isObject,
  type RawItem,
  readBoolean,
  readSource,
  readText,
} from "./item.js";
import type { WorkoutScalars } from "./record.js";
import { parseQuantity, type Quantity } from "./text.js";
import { convert, type Dimension } from "./units.js";
import { findPlace, readWorkoutName, salinities, strokeStyles } from "./workout-names.js";

/** What a quantity is called, and what it is measured in. */
export interface QuantityField {
  name: string;
  /** Name of the series when the field holds an array of points; else the field's own name. */
  seriesName?: string;
  dimension: Dimension;
  unit: string;
  /** What the app sends by default: taken where no unit came. */
  wireUnit: string;
  /** False where there is only one unit that it could be, so that assuming it deserves no warning. */
  isUnitDoubtful: boolean;
}

const energy = { dimension: "energy", unit: "kcal", wireUnit: "kJ", isUnitDoubtful: true } as const;
const distance = { dimension: "distance", unit: "km", wireUnit: "km", isUnitDoubtful: true } as const;
const swimDistance = { dimension: "distance", unit: "km", wireUnit: "m", isUnitDoubtful: true } as const;
const metres = { dimension: "distance", unit: "m", wireUnit: "m", isUnitDoubtful: true } as const;
const speed = { dimension: "speed", unit: "km/h", wireUnit: "km/hr", isUnitDoubtful: true } as const;
const temperature = { dimension: "temperature", unit: "degC", wireUnit: "degC", isUnitDoubtful: true } as const;
const rate = { dimension: "rate", unit: "count/min", wireUnit: "count/min", isUnitDoubtful: false } as const;
const count = { dimension: "count", unit: "count", wireUnit: "count", isUnitDoubtful: false } as const;
const effort = { dimension: "effort", unit: "kcal/hr·kg", wireUnit: "kcal/hr·kg", isUnitDoubtful: false } as const;
const percent = { dimension: "percent", unit: "%", wireUnit: "%", isUnitDoubtful: false } as const;
const power = { dimension: "power", unit: "W", wireUnit: "W", isUnitDoubtful: false } as const;
const seconds = { dimension: "time", unit: "s", wireUnit: "s", isUnitDoubtful: false } as const;

/** In order of precedence: of two fields of one name the upper counts. */
export const quantityFields: ReadonlyMap<string, QuantityField> = new Map<string, QuantityField>([
  ["duration", { name: "duration_s", ...seconds }],
  ["activeEnergyBurned", { name: "energy", ...energy }],
  ["activeEnergy", { name: "energy", seriesName: "active_energy", ...energy }],
  ["basalEnergy", { name: "basal_energy", seriesName: "basal_energy", ...energy }],
  ["totalEnergy", { name: "total_energy", ...energy }],
  ["totalEnergyBurned", { name: "total_energy", ...energy }],
  ["intensity", { name: "intensity", ...effort }],
  ["intesity", { name: "intensity", ...effort }], // The app's own misspelling in version 1.
  ["distance", { name: "distance", ...distance }],
  ["totalDistance", { name: "distance", ...distance }],
  ["avgSpeed", { name: "avg_speed", ...speed }],
  ["speed", { name: "avg_speed", ...speed }],
  ["maxSpeed", { name: "max_speed", ...speed }],
  ["elevationUp", { name: "elevation_up", ...metres }],
  ["elevationDown", { name: "elevation_down", ...metres }],
  ["temperature", { name: "temperature", ...temperature }],
  ["humidity", { name: "humidity", ...percent }],
  ["avgHeartRate", { name: "avg_heart_rate", ...rate }],
  ["maxHeartRate", { name: "max_heart_rate", ...rate }],
  ["minHeartRate", { name: "min_heart_rate", ...rate }],
  ["flightsClimbed", { name: "flights_climbed", ...count }],
  ["stepCount", { name: "step_count", seriesName: "step_count", ...count }],
  ["stepCadence", { name: "step_cadence", ...rate }],
  ["swimCadence", { name: "swim_cadence", ...rate }],
  ["totalSwimmingStrokeCount", { name: "swim_stroke_count", ...count }],
  ["lapLength", { name: "lap_length", ...metres }],
  ["swolfScore", { name: "swolf_score", ...count }],
  ["heartRateData", { name: "avg_heart_rate", seriesName: "heart_rate", ...rate }],
  ["heartRateRecovery", { name: "heart_rate_recovery", seriesName: "heart_rate_recovery", ...rate }],
  [
    "walkingAndRunningDistance",
    { name: "walking_running_distance", seriesName: "walking_running_distance", ...distance },
  ],
  ["cyclingDistance", { name: "cycling_distance", seriesName: "cycling_distance", ...distance }],
  ["cyclingCadence", { name: "cycling_cadence", seriesName: "cycling_cadence", ...rate }],
  ["cyclingPower", { name: "cycling_power", seriesName: "cycling_power", ...power }],
  ["cyclingSpeed", { name: "cycling_speed", seriesName: "cycling_speed", ...speed }],
  ["swimDistance", { name: "swim_distance", seriesName: "swim_distance", ...swimDistance }],
  ["swimStroke", { name: "swim_stroke", seriesName: "swim_stroke", ...count }],
]);

/** Fields that are no quantities, and those that the workout itself reads. */
const otherFields = new Set([
  ...["id", "name", "start", "startDate", "end", "endDate", "route"],
  ...["location", "isIndoor", "strokeStyle", "salinity", "source", "metadata", "heartRate", "elevation"],
]);

export interface ReadScalars {
  scalars: WorkoutScalars;
  warnings: ItemWarning[];
}

/** `leftovers` are arrays that are no series; they join what is kept under `extra`. */
export function readScalars(raw: RawItem, leftovers: ReadonlyMap<string, unknown[]>): ReadScalars {
  const reader = new ScalarReader(leftovers);
  // An array may have come in parts and be empty here, so the builder alone reads arrays.
  const item = Object.fromEntries(Object.entries(raw).filter(([, value]) => !Array.isArray(value)));
  reader.readNames(item);
  for (const [field, quantity] of quantityFields) {
    if (Object.hasOwn(item, field)) reader.readField(field, quantity, item[field]);
  }
  reader.readHeartRate(item["heartRate"]);
  reader.readElevation(item["elevation"]);
  reader.readMetadata(item["metadata"]);
  for (const [field, value] of Object.entries(item)) {
    if (!quantityFields.has(field) && !otherFields.has(field)) reader.keep(field, value);
  }
  return reader.finish();
}

class ScalarReader {
  #scalars: WorkoutScalars = {};
  #warnings: ItemWarning[] = [];
  #extra: Map<string, unknown>;

  constructor(leftovers: ReadonlyMap<string, unknown[]>) {
    this.#extra = new Map(leftovers);
  }

  finish(): ReadScalars {
    if (this.#extra.size > 0) this.#scalars["extra"] = copyJson(Object.fromEntries(this.#extra)) as RawItem;
    return { scalars: this.#scalars, warnings: this.#warnings };
  }

  keep(field: string, raw: unknown): void {
    if (!isAbsent(raw)) this.#extra.set(field, raw);
  }

  readNames(item: RawItem): void {
    const name = this.#readTextField(item, "name");
    const known = name === null ? null : readWorkoutName(name);
    if (name !== null) this.#scalars["name"] = name;
    if (known !== null) this.#scalars["type"] = known.type;

    const location = this.#readTextField(item, "location");
    const isIndoor = readBoolean(item["isIndoor"]);
    // Not being indoor does not say where: the switch is off for swimming too.
    const place = location === null ? (known?.place ?? (isIndoor === true ? "indoor" : null)) : findPlace(location);
    if (place ?? location) this.#scalars["location"] = place ?? location;
    if (isIndoor !== undefined) this.#scalars["is_indoor"] = isIndoor;
    else this.keep("isIndoor", item["isIndoor"]);

    const strokeStyle = this.#readTextField(item, "strokeStyle");
    if (strokeStyle !== null) this.#scalars["stroke_style"] = findSlug(strokeStyles, strokeStyle) ?? strokeStyle;
    const salinity = this.#readTextField(item, "salinity");
    if (salinity !== null) this.#scalars["salinity"] = findSlug(salinities, salinity) ?? salinity;
    const source = readSource(item["source"]);
    if (source !== null) this.#scalars["source"] = source;
    else this.keep("source", item["source"]);
  }

  #readTextField(item: RawItem, field: string): string | null {
    const text = readText(item[field]);
    if (text === null) this.keep(field, item[field]);
    return text;
  }

  readField(field: string, quantity: QuantityField, raw: unknown): void {
    if (isAbsent(raw)) return;
    const sent = readQuantity(raw);
    if (sent === undefined) {
      this.keep(field, raw);
      this.#warnings.push({ warning: "suspicious_value", message: `The field ${field} holds no number.` });
      return;
    }
    const value = convert(sent.value, sent.unit ?? quantity.wireUnit, quantity.dimension, quantity.unit);
    if (value === undefined) {
      this.keep(field, raw);
      this.#warnings.push({ warning: "unit_assumed", message: `The unit of ${field} is unknown; it is kept as sent.` });
      return;
    }
    if (value < 0 && quantity.dimension !== "temperature") {
      this.keep(field, raw);
      this.#warnings.push({ warning: "suspicious_value", message: `The field ${field} is negative.`, value });
      return;
    }
    if (sent.unit === null && quantity.isUnitDoubtful) {
      const message = `The field ${field} has no unit; ${quantity.wireUnit} was taken.`;
      this.#warnings.push({ warning: "unit_assumed", message });
    }
    if (!(quantity.name in this.#scalars)) this.#scalars[quantity.name] = value;
    else if (this.#scalars[quantity.name] !== value) this.keep(field, raw);
  }

  /** `{min, avg, max}` of quantities, or one quantity that can only be the average. */
  readHeartRate(raw: unknown): void {
    if (!isObject(raw)) {
      this.readField("heartRate", { name: "avg_heart_rate", ...rate }, raw);
      return;
    }
    const parts = (["avg", "max", "min"] as const).map((part) => {
      const value = raw[part] ?? raw[`${part[0]!.toUpperCase()}${part.slice(1)}`];
      return { part, value: isObject(value) || isAbsent(value) ? value : { qty: value, units: raw["units"] } };
    });
    if (parts.every(({ value }) => isAbsent(value))) {
      this.readField("heartRate", { name: "avg_heart_rate", ...rate }, raw);
      return;
    }
    for (const { part, value } of parts) {
      this.readField(`heartRate.${part}`, { name: `${part}_heart_rate`, ...rate }, value);
    }
  }

  /** Version 1: `{ascent, descent, units}`. */
  readElevation(raw: unknown): void {
    if (!isObject(raw)) {
      this.keep("elevation", raw);
      return;
    }
    for (const [part, name] of [
      ["ascent", "elevation_up"],
      ["descent", "elevation_down"],
    ] as const) {
      const value = raw[part];
      const quantity = isObject(value) || isAbsent(value) ? value : { qty: value, units: raw["units"] };
      this.readField(`elevation.${part}`, { name, ...metres }, quantity);
    }
  }

  /** Filled it is an object, empty an array (spec section 6.1); empty it must not wipe out an earlier one. */
  readMetadata(raw: unknown): void {
    if (!isObject(raw)) this.keep("metadata", raw);
    else if (Object.keys(raw).length > 0) this.#scalars["metadata"] = copyJson(raw) as RawItem;
  }
}

function readQuantity(raw: unknown): Quantity | undefined {
  if (!isObject(raw)) return parseQuantity(raw);
  const quantity = parseQuantity(raw["qty"] ?? raw["value"]);
  if (quantity === undefined) return undefined;
  return { value: quantity.value, unit: quantity.unit ?? readText(raw["units"] ?? raw["unit"]) };
}
