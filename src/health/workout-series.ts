/**
 * The arrays of a workout: series of points, and the route (spec sections 6.1, 6.2).
 *
 * Both take their elements in parts of any size and give rows sorted by time (`record.ts` says which columns). Elements
 * without a date or a number are left out and counted in one warning. Nothing is left out for lying outside the workout:
 * `insideCount` says how many lie inside, because builds of the app have sent the recovery in place of the workout's own
 * heart rate (spec section 6.3), and merging must prefer the right one.
 */
import {
  type ItemContext,
  type ItemWarning,
  isAbsent,
  isObject,
  type RawItem,
  readEpochNumber,
  readInstantNear,
  readMoment,
  readText,
} from "./item.js";
import { routeColumns, seriesColumns, type WorkoutRoute, type WorkoutSeries } from "./record.js";
import { countInside, RowCollector } from "./rows.js";
import { parseNumber } from "./text.js";
import { type Conversion, conversionFrom } from "./units.js";
import type { QuantityField } from "./workout-fields.js";

export interface Span {
  startMs: number;
  endMs: number;
}

/**
 * Rows whose dates are texts, and apart from them rows whose dates are numbers: from which year those count is only
 * known when the workout's start is (spec section 5.1).
 */
class DatedRows {
  /** Filled anew for each point: a million points need not be a million arrays. Its first number is the time. */
  readonly row: Float64Array;
  #context: ItemContext;
  #dated: RowCollector;
  #numbered: RowCollector;

  constructor(context: ItemContext, columns: number) {
    this.#context = context;
    this.row = new Float64Array(columns);
    this.#dated = new RowCollector(columns);
    this.#numbered = new RowCollector(columns);
  }

  /** Adds what `row` holds under a date; false where the date is none. */
  addRow(date: unknown): boolean {
    const seconds = readEpochNumber(date);
    if (seconds !== undefined) {
      this.row[0] = seconds;
      this.#numbered.add(this.row);
      return true;
    }
    const moment = readMoment(date, this.#context);
    if (moment === undefined) return false;
    this.row[0] = moment.epochMs;
    this.#dated.add(this.row);
    return true;
  }

  /** The rows in the order of time, and how many had to be left out because their number is no date. */
  join(nearMs: number): { rows: Float64Array; leftOutCount: number } {
    let leftOutCount = 0;
    const numbered = this.#numbered.join();
    for (let at = 0; at < numbered.length; at += this.row.length) {
      const row = numbered.subarray(at, at + this.row.length);
      const timeMs = readInstantNear(row[0], nearMs, this.#context);
      if (timeMs === undefined) leftOutCount += 1;
      else {
        row[0] = timeMs;
        this.#dated.add(row);
      }
    }
    return { rows: this.#dated.join(), leftOutCount };
  }
}

function readDate(point: RawItem): unknown {
  return point["timestamp"] ?? point["date"] ?? point["start"] ?? point["startDate"] ?? point["time"];
}

function readValue(point: RawItem): unknown {
  return point["Avg"] ?? point["avg"] ?? point["qty"];
}

/** True for what can only be a point of a series, so that arrays of unknown fields are recognised by their first. */
export function isSeriesPoint(raw: unknown): boolean {
  return isObject(raw) && !isAbsent(readDate(raw)) && parseNumber(readValue(raw)) !== undefined;
}

export class SeriesBuilder {
  #name: string;
  #field: string;
  #quantity: QuantityField | undefined;
  #rows: DatedRows;
  #unit: string | null = null;
  /** The last unit met; most series have but one. */
  #sentUnit: string | null | undefined;
  #conversion: Conversion | undefined;
  #isUnitMissing = false;
  #leftOutCount = 0;
  #otherUnitCount = 0;

  /** Without a quantity the series is of a kind that nobody knows: unit and values stay as they are. */
  constructor(name: string, field: string, quantity: QuantityField | undefined, context: ItemContext) {
    this.#name = name;
    this.#field = field;
    this.#quantity = quantity;
    this.#rows = new DatedRows(context, seriesColumns);
  }

  add(elements: readonly unknown[]): void {
    for (const element of elements) {
      if (!isObject(element) || !this.#addPoint(element)) this.#leftOutCount += 1;
    }
  }

  #addPoint(point: RawItem): boolean {
    const value = parseNumber(readValue(point));
    if (
      value === undefined ||
      (value < 0 && this.#quantity !== undefined && this.#quantity.dimension !== "temperature")
    ) {
      return false;
    }
    const conversion = this.#findConversion(readText(point["units"] ?? point["unit"]));
    if (conversion === undefined) {
      this.#otherUnitCount += 1;
      return true;
    }
    const { factor, offset } = conversion;
    const { row } = this.#rows;
    row[1] = value * factor + offset;
    row[2] = (parseNumber(point["Min"] ?? point["min"]) ?? Number.NaN) * factor + offset;
    row[3] = (parseNumber(point["Max"] ?? point["max"]) ?? Number.NaN) * factor + offset;
    return this.#rows.addRow(readDate(point));
  }

  /** The first point settles the series' unit: the canonical one, or the one sent where that is unknown. */
  #findConversion(unit: string | null): Conversion | undefined {
    if (unit === this.#sentUnit) return this.#conversion;
    this.#sentUnit = unit;
    if (unit === null) this.#isUnitMissing = true;
    const quantity = this.#quantity;
    const known = quantity === undefined ? undefined : conversionFrom(unit ?? quantity.wireUnit, quantity);
    this.#unit ??= known === undefined ? (unit ?? "") : (quantity?.unit ?? "");
    if (known !== undefined && this.#unit === quantity?.unit) this.#conversion = known;
    else this.#conversion = (unit ?? "") === this.#unit ? { factor: 1, offset: 0 } : undefined;
    return this.#conversion;
  }

  /** Null where no point could be used: an empty series must not stand for one. */
  finish({ startMs, endMs }: Span): { series: WorkoutSeries | null; warnings: ItemWarning[] } {
    const { rows, leftOutCount } = this.#rows.join(startMs);
    const insideCount = countInside(rows, seriesColumns, startMs, endMs);
    const unit = this.#unit ?? "";
    const series = rows.length === 0 ? null : { name: this.#name, unit, rows, insideCount };
    const isLate = countInside(rows, seriesColumns, endMs + 1, Number.POSITIVE_INFINITY) > insideCount;
    return { series, warnings: this.#listWarnings(this.#leftOutCount + leftOutCount, isLate) };
  }

  #listWarnings(leftOutCount: number, isLate: boolean): ItemWarning[] {
    const warnings: ItemWarning[] = [];
    if (leftOutCount > 0) {
      const message = `${leftOutCount} points of ${this.#field} hold no date or no possible number and were left out.`;
      warnings.push({ warning: "suspicious_value", message });
    }
    if (this.#otherUnitCount > 0) {
      const message = `${this.#otherUnitCount} points of ${this.#field} have another unit and were left out.`;
      warnings.push({ warning: "unit_assumed", message });
    }
    if (this.#quantity !== undefined && this.#unit !== null && this.#unit !== this.#quantity.unit) {
      warnings.push({ warning: "unit_assumed", message: `The unit of ${this.#field} is unknown; it is kept as sent.` });
    }
    if (this.#isUnitMissing && this.#quantity?.isUnitDoubtful) {
      const message = `Points of ${this.#field} have no unit; ${this.#quantity.wireUnit} was taken.`;
      warnings.push({ warning: "unit_assumed", message });
    }
    if (isLate && this.#name === "heart_rate") {
      const message = `Most points of ${this.#field} lie after the end of the workout.`;
      warnings.push({ warning: "suspicious_value", message });
    }
    return warnings;
  }
}

const kmhPerMs = 3.6;

export class RouteBuilder {
  #rows: DatedRows;
  #leftOutCount = 0;
  #offGlobeCount = 0;

  constructor(context: ItemContext) {
    this.#rows = new DatedRows(context, routeColumns);
  }

  add(elements: readonly unknown[]): void {
    for (const element of elements) {
      if (!isObject(element) || !this.#addPoint(element)) this.#leftOutCount += 1;
    }
  }

  #addPoint(point: RawItem): boolean {
    const latitude = parseNumber(point["latitude"] ?? point["lat"]);
    const longitude = parseNumber(point["longitude"] ?? point["lon"]);
    if (latitude === undefined || longitude === undefined) return false;
    if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) {
      this.#offGlobeCount += 1;
      return true;
    }
    const { row } = this.#rows;
    row[1] = latitude;
    row[2] = longitude;
    row[3] = parseNumber(point["altitude"] ?? point["elevation"]) ?? Number.NaN;
    row[4] = readValid(point["speed"]) * kmhPerMs;
    row[5] = readValid(point["course"]);
    row[6] = readValid(point["horizontalAccuracy"] ?? point["hAcc"]);
    row[7] = readValid(point["verticalAccuracy"] ?? point["vAcc"]);
    return this.#rows.addRow(readDate(point));
  }

  finish({ startMs, endMs }: Span): { route: WorkoutRoute | null; warnings: ItemWarning[] } {
    const { rows, leftOutCount } = this.#rows.join(startMs);
    const warnings: ItemWarning[] = [];
    if (this.#leftOutCount + leftOutCount > 0) {
      const message = `${this.#leftOutCount + leftOutCount} points of route hold no date or no place and were left out.`;
      warnings.push({ warning: "suspicious_value", message });
    }
    if (this.#offGlobeCount > 0) {
      const message = `${this.#offGlobeCount} points of route lie outside the globe and were left out.`;
      warnings.push({ warning: "suspicious_value", message });
    }
    const insideCount = countInside(rows, routeColumns, startMs, endMs);
    return { route: rows.length === 0 ? null : { rows, insideCount }, warnings };
  }
}

/** CoreLocation marks what it does not know by negative numbers (spec section 6.1). */
function readValid(raw: unknown): number {
  const value = parseNumber(raw);
  return value === undefined || value < 0 ? Number.NaN : value;
}
