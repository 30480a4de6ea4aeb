/**
 * Elements of a metric's `data` → rows of numbers in canonical units (spec section 4).
 *
 * One `PointReader` per metric entry of a delivery; `read` is called once per element, a million times per import, so it
 * checks by hand, allocates nothing on the common path and hands rows to a sink. It never throws, whatever JSON comes.
 * An element that cannot be used gives an `ItemError` that names position and field, never the value.
 *
 * Grouping is not decided here: it needs the whole delivery (`health/grouping.ts`).
 */
import { type ItemContext, isObject, readMoment } from "./item.js";
import type { ItemError, WarningCode } from "./record.js";
import type { MetricDefinition } from "./registry.js";
import { cleanText, parseQuantity } from "./text.js";
import { parseStamp } from "./time.js";
import { type Conversion, conversionFrom } from "./units.js";
import { instantOfLocal } from "./zone.js";

/** Where rows go. `variant`, `sourceKey` and `source` are indexes of the delivery's tables of text. */
export interface RowSink {
  add(
    variant: number,
    startMs: number,
    endMs: number,
    sourceKey: number,
    value: number,
    value2: number,
    value3: number,
    source: number,
    offsetMin: number,
    index: number,
    isCounted: boolean,
  ): void;
}

/** Tables of text that rows refer to; the same text has the same index in a delivery. */
export interface TextTables {
  variant(text: string): number;
  /** Index of the text as sent, and of its normalised form. */
  source(text: string): { verbatim: number; key: number };
}

export interface PointWarning {
  warning: WarningCode;
  message: string;
  /** Absent where the whole metric is meant. */
  index?: number;
  value?: number;
}

export interface PointReaderOptions {
  metric: { name: string; definition: MetricDefinition | null };
  units: unknown;
  context: ItemContext;
  receivedMs: number;
  tables: TextTables;
  sink: RowSink;
  warn(warning: PointWarning): void;
}

const identity: Conversion = { factor: 1, offset: 0 };
/** Clocks of phones and servers differ a little; what lies further ahead is a date of the future. */
const futureToleranceMs = 10 * 60_000;
/** Longest text that makes a variant: it becomes part of a key. */
const longestVariant = 100;
const sexualActivityFields = ["Unspecified", "Protection Used", "Protection Not Used"] as const;

type RawPoint = Record<string, unknown>;

export class PointReader {
  private readonly options: PointReaderOptions;
  private readonly definition: MetricDefinition | null;
  private readonly conversion: Conversion | undefined;
  private readonly conversions = new Map<string, Conversion | undefined>();
  private readonly unitVariant: string;
  private readonly shape: "quantity" | "heart_rate" | "blood_pressure" | "sexual_activity";
  // What `readTimes` found: fields instead of an object, because this runs once per point.
  private startMs = 0;
  private endMs = 0;
  private offsetMin = 0;
  private lastSource: unknown;
  private lastSourceIndexes = { verbatim: 0, key: 0 };

  constructor(options: PointReaderOptions) {
    this.options = options;
    this.definition = options.metric.definition;
    const units = typeof options.units === "string" ? cleanText(options.units).trim() : "";
    const { name } = options.metric;
    this.shape = name === "heart_rate" || name === "blood_pressure" || name === "sexual_activity" ? name : "quantity";
    // An unknown metric keeps the unit that was sent: it is the variant, so that miles and kilometres stay apart.
    this.unitVariant = this.definition ? "" : units.slice(0, longestVariant);
    if (!this.definition) {
      this.conversion = identity;
      options.warn({
        warning: "unknown_metric",
        message: `The metric ${name.slice(0, 100)} is not known; it is stored as it came.`,
      });
    } else {
      // A missing unit is the registry's: what the app sends by default, never that of earlier deliveries.
      const { wireUnit, dimension } = this.definition;
      this.conversion = conversionFrom(units === "" ? wireUnit : units, this.definition);
      if (units === "" && dimension !== "count") {
        options.warn({ warning: "unit_assumed", message: `No units were sent; ${wireUnit} is assumed.` });
      }
    }
  }

  /** Reads one element. Null when its rows went to the sink. */
  read(raw: unknown, index: number): ItemError | null {
    if (!isObject(raw)) {
      return { error: "unsupported_shape", message: "A point has to be an object." };
    }
    const timeError = this.readTimes(raw);
    if (timeError) return timeError;
    if (this.startMs > this.options.receivedMs + futureToleranceMs) {
      this.options.warn({ warning: "future_date", message: "The point lies in the future.", index });
    }
    if (this.shape === "quantity") return this.readQuantity(raw, index);
    if (this.shape === "heart_rate") return this.readHeartRate(raw, index);
    if (this.shape === "blood_pressure") return this.readBloodPressure(raw, index);
    return this.readSexualActivity(raw, index);
  }

  private readTimes(raw: RawPoint): ItemError | null {
    const { date } = raw;
    const start = raw["start"] ?? raw["startDate"];
    const end = raw["end"] ?? raw["endDate"];
    const field = typeof start === "string" ? "start" : "date";
    const text = typeof start === "string" ? start : (date ?? start);
    if (text === undefined || text === null || text === "") {
      return { error: "missing_field", field: "date", message: "The field date is missing." };
    }
    if (!this.readStamp(text)) {
      return { error: "invalid_date", field, message: `The field ${field} holds no date that can be read.` };
    }
    this.endMs = this.startMs;
    if (end === undefined || end === null || end === "") return null;
    const moment = readMoment(end, this.options.context);
    if (!moment)
      return { error: "invalid_date", field: "end", message: "The field end holds no date that can be read." };
    if (moment.epochMs < this.startMs) {
      return { error: "invalid_date", field: "end", message: "The field end lies before the start." };
    }
    this.endMs = moment.epochMs;
    return null;
  }

  private readStamp(text: unknown): boolean {
    if (typeof text !== "string") {
      const moment = readMoment(text, this.options.context);
      if (!moment) return false;
      this.startMs = moment.epochMs;
      this.offsetMin = moment.offsetMin;
      return true;
    }
    const stamp = parseStamp(text);
    if (!stamp) return false;
    if (stamp.offsetMin !== null) {
      this.startMs = stamp.epochMs;
      this.offsetMin = stamp.offsetMin;
      return true;
    }
    const local = instantOfLocal(this.options.context.zone, stamp.localMs);
    this.startMs = local.epochMs;
    this.offsetMin = local.offsetMin;
    return true;
  }

  private readQuantity(raw: RawPoint, index: number): ItemError | null {
    const conversion = this.conversionOf(raw);
    if (!conversion) return this.unknownUnit();
    const average =
      raw["qty"] ?? raw["Avg"] ?? raw["avg"] ?? (typeof raw["value"] === "number" ? raw["value"] : undefined);
    const field = raw["qty"] === undefined && average !== undefined ? "Avg" : "qty";
    const value = this.number(average, conversion);
    if (value === undefined) return refuseNumber(average, field);
    const error = this.judge(value, field, index);
    if (error) return error;
    let value2 = Number.NaN;
    let value3 = Number.NaN;
    if (!this.definition && raw["qty"] === undefined) {
      value2 = this.number(raw["Min"] ?? raw["min"], conversion) ?? Number.NaN;
      value3 = this.number(raw["Max"] ?? raw["max"], conversion) ?? Number.NaN;
    }
    this.add(raw, index, this.variantOf(raw), value, value2, value3, true);
    return null;
  }

  private readHeartRate(raw: RawPoint, index: number): ItemError | null {
    const conversion = this.conversionOf(raw);
    if (!conversion) return this.unknownUnit();
    const average = raw["Avg"] ?? raw["avg"] ?? raw["qty"];
    const field = raw["Avg"] === undefined && raw["avg"] === undefined && raw["qty"] !== undefined ? "qty" : "Avg";
    const value = this.number(average, conversion);
    if (value === undefined) return refuseNumber(average, field);
    const sentMin = raw["Min"] ?? raw["min"] ?? undefined;
    const sentMax = raw["Max"] ?? raw["max"] ?? undefined;
    // A single reading is its own minimum and maximum.
    const value2 = sentMin === undefined ? value : this.number(sentMin, conversion);
    if (value2 === undefined) return refuseNumber(sentMin, "Min");
    const value3 = sentMax === undefined ? value : this.number(sentMax, conversion);
    if (value3 === undefined) return refuseNumber(sentMax, "Max");
    const error = this.judge(value, field, index) ?? judgeImpossible(value2, "Min") ?? judgeImpossible(value3, "Max");
    if (error) return error;
    this.add(raw, index, "", value, value2, value3, true);
    return null;
  }

  private readBloodPressure(raw: RawPoint, index: number): ItemError | null {
    const conversion = this.conversionOf(raw);
    if (!conversion) return this.unknownUnit();
    const systolic = this.number(raw["systolic"], conversion);
    if (systolic === undefined) return refuseNumber(raw["systolic"], "systolic");
    const diastolic = this.number(raw["diastolic"], conversion);
    if (diastolic === undefined) return refuseNumber(raw["diastolic"], "diastolic");
    const error = this.judge(systolic, "systolic", index) ?? judgeImpossible(diastolic, "diastolic");
    if (error) return error;
    const range = this.definition?.secondRange;
    if (range && (diastolic < range.min || diastolic > range.max)) {
      this.options.warn({
        warning: "suspicious_value",
        message: "The diastolic pressure is implausible.",
        index,
        value: diastolic,
      });
    }
    this.add(raw, index, "", systolic, diastolic, Number.NaN, true);
    return null;
  }

  /** One element has a count per kind of protection; each is a variant, and together they are one item. */
  private readSexualActivity(raw: RawPoint, index: number): ItemError | null {
    const found: [variant: string, value: number][] = [];
    for (const field of raw["qty"] === undefined ? sexualActivityFields : ["qty"]) {
      const sent = raw[field];
      if (sent === undefined || sent === null) continue;
      const value = this.number(sent, identity);
      if (value === undefined) return refuseNumber(sent, field);
      const error = judgeImpossible(value, field);
      if (error) return error;
      found.push([field === "qty" ? "" : field, value]);
    }
    if (found.length === 0) return { error: "missing_field", field: "qty", message: "The field qty is missing." };
    for (const [i, [variant, value]] of found.entries())
      this.add(raw, index, variant, value, Number.NaN, Number.NaN, i === 0);
    return null;
  }

  private number(sent: unknown, conversion: Conversion): number | undefined {
    // Adding 0 turns -0 into 0: the two are one value, but different keys.
    if (typeof sent === "number") {
      return Number.isFinite(sent) ? sent * conversion.factor + conversion.offset + 0 : undefined;
    }
    const quantity = parseQuantity(sent);
    if (!quantity) return undefined;
    const own = quantity.unit !== null && this.definition ? conversionFrom(quantity.unit, this.definition) : undefined;
    const used = own ?? conversion;
    return quantity.value * used.factor + used.offset + 0;
  }

  /** Points may carry units of their own (spec section 4.1). */
  private conversionOf(raw: RawPoint): Conversion | undefined {
    const { units } = raw;
    if (typeof units !== "string" || units === "" || !this.definition) return this.conversion;
    if (!this.conversions.has(units)) this.conversions.set(units, conversionFrom(cleanText(units), this.definition));
    return this.conversions.get(units);
  }

  private unknownUnit(): ItemError {
    return {
      error: "unknown_unit",
      field: "units",
      message: `The units are not known for this metric; ${this.definition!.unit} is stored.`,
    };
  }

  private judge(value: number, field: string, index: number): ItemError | null {
    const { definition } = this;
    if (!definition) return null;
    if (value < 0 && !definition.allowsNegative) return judgeImpossible(value, field);
    const { range } = definition;
    if (range && (value > range.max || (value < range.min && definition.rangePer === "reading"))) {
      this.options.warn({
        warning: "suspicious_value",
        message: "The value is implausible; it is stored.",
        index,
        value,
      });
    }
    return null;
  }

  private variantOf(raw: RawPoint): string {
    if (!this.definition) return this.unitVariant;
    const sent = raw["reason"] ?? raw["mealTime"] ?? raw["value"];
    return typeof sent === "string" ? cleanText(sent).trim().slice(0, longestVariant) : "";
  }

  private add(
    raw: RawPoint,
    index: number,
    variant: string,
    value: number,
    value2: number,
    value3: number,
    isCounted: boolean,
  ): void {
    const { source } = raw;
    if (source !== this.lastSource) {
      this.lastSource = source;
      const text = typeof source === "string" ? source : isObject(source) ? String(source["name"] ?? "") : "";
      this.lastSourceIndexes = this.options.tables.source(cleanText(text));
    }
    const { tables, sink } = this.options;
    sink.add(
      variant === "" ? 0 : tables.variant(variant),
      this.startMs,
      this.endMs,
      this.lastSourceIndexes.key,
      value,
      value2,
      value3,
      this.lastSourceIndexes.verbatim,
      this.offsetMin,
      index,
      isCounted,
    );
  }
}

function refuseNumber(sent: unknown, field: string): ItemError {
  return sent === undefined || sent === null
    ? { error: "missing_field", field, message: `The field ${field} is missing.` }
    : { error: "invalid_value", field, message: `The field ${field} is not a number.` };
}

function judgeImpossible(value: number, field: string): ItemError | null {
  return value < 0 ? { error: "out_of_range", field, message: `The field ${field} cannot be negative.` } : null;
}
