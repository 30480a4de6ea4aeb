/**
 * Turns one element of `ecg` into a recording (spec section 7.1).
 *
 * A recording is 15,000 voltages and more, so decoders hand them over in parts, before the rest of the element is known:
 *
 *     addVoltages(part) … → finish(element)
 *
 * Callers may rely on: the element whole, or in parts of any size, gives the same recording; voltages are microvolts in
 * the order of their dates; a voltage that cannot be read keeps its place as NaN, because times follow from the
 * sampling frequency. A unit that is unknown refuses the recording: a waveform a thousand times too high helps nobody.
 */
import { ecgClassifications, mapText, symptomValues } from "./event-names.js";
import {
  accept,
  copyDetail,
  type ItemContext,
  type ItemWarning,
  isAbsent,
  isObject,
  type Result,
  readEpochNumber,
  readInterval,
  readMoment,
  readSource,
  readText,
  refuse,
  refuseShape,
} from "./item.js";
import type { EcgRecording } from "./record.js";
import { normaliseSource } from "./source.js";
import { parseNumber } from "./text.js";
import { conversionFrom } from "./units.js";

const voltage = { unit: "mcV", dimension: "voltage" } as const;
const voltagesField = "voltageMeasurements";

export class EcgBuilder {
  #context: ItemContext;
  #voltagesUv = new Float32Array(1024);
  /** Where each voltage belongs in time, in milliseconds from any base; NaN where that is not known. */
  #positions = new Float64Array(1024);
  #count = 0;
  #unreadableCount = 0;
  #numberDateCount = 0;
  #textDateCount = 0;
  #isUnitMissing = false;
  #isUnitUnknown = false;
  #unit: string | null = null;
  #factor = 1;

  constructor(context: ItemContext) {
    this.#context = context;
  }

  addVoltages(elements: readonly unknown[]): void {
    this.#reserve(this.#count + elements.length);
    for (const element of elements) {
      const sample = isObject(element) ? element : { voltage: element };
      const value = this.#readVoltage(sample["voltage"], sample["units"]);
      if (Number.isNaN(value)) this.#unreadableCount += 1;
      this.#voltagesUv[this.#count] = value;
      this.#positions[this.#count] = this.#readPosition(sample["date"]);
      this.#count += 1;
    }
  }

  finish(raw: unknown): Result<EcgRecording> {
    if (!isObject(raw)) return refuseShape("ecg");
    if (Array.isArray(raw[voltagesField])) this.addVoltages(raw[voltagesField]);
    const interval = readInterval(raw, this.#context);
    if (!interval.ok) return interval;
    if (this.#isUnitUnknown) {
      return refuse("unknown_unit", `${voltagesField}.units`, "The unit of the voltages is unknown.");
    }
    const averageHeartRate = readPositive(raw["averageHeartRate"]);
    if (averageHeartRate === undefined) {
      return refuse("out_of_range", "averageHeartRate", "The field averageHeartRate is negative.");
    }
    const samplingFrequencyHz = readPositive(raw["samplingFrequency"]);
    if (samplingFrequencyHz === undefined) {
      return refuse("out_of_range", "samplingFrequency", "The field samplingFrequency is negative.");
    }
    const source = readSource(raw["source"]);
    const classificationText = readText(raw["classification"]);
    const severity = readText(raw["severity"]);
    return accept(
      {
        ...interval.value,
        classification: classificationText === null ? null : mapText(ecgClassifications, classificationText),
        classificationText,
        severity: severity === null ? null : mapText(symptomValues, severity),
        averageHeartRate,
        samplingFrequencyHz,
        sourceKey: normaliseSource(source),
        source,
        voltagesUv: this.#orderVoltages(),
        detail: copyDetail(raw, [voltagesField]),
      },
      this.#listWarnings(raw["numberOfVoltageMeasurements"]),
    );
  }

  #readVoltage(raw: unknown, unit: unknown): number {
    const value = parseNumber(raw);
    if (value === undefined) return Number.NaN;
    if (typeof unit !== "string" || isAbsent(unit)) {
      this.#isUnitMissing = true;
      return value;
    }
    if (unit !== this.#unit) {
      const conversion = conversionFrom(unit, voltage);
      if (conversion === undefined) this.#isUnitUnknown = true;
      this.#unit = unit;
      this.#factor = conversion?.factor ?? Number.NaN;
    }
    return value * this.#factor;
  }

  /** Which base an epoch number counts from does not matter here: only the order does. */
  #readPosition(date: unknown): number {
    const seconds = readEpochNumber(date);
    if (seconds !== undefined) {
      this.#numberDateCount += 1;
      return seconds * 1000;
    }
    const moment = readMoment(date, this.#context);
    if (moment === undefined) return Number.NaN;
    this.#textDateCount += 1;
    return moment.epochMs;
  }

  /** By date where every voltage has one, all of one kind; else as they came. Equal dates keep their order. */
  #orderVoltages(): Float32Array {
    const voltagesUv = this.#voltagesUv.slice(0, this.#count);
    const positions = this.#positions;
    if (this.#numberDateCount !== this.#count && this.#textDateCount !== this.#count) return voltagesUv;
    const order = Uint32Array.from(voltagesUv, (_, index) => index);
    if (order.every((index) => index === 0 || positions[index - 1]! <= positions[index]!)) return voltagesUv;
    order.sort((a, b) => positions[a]! - positions[b]! || a - b);
    return Float32Array.from(order, (index) => voltagesUv[index]!);
  }

  #listWarnings(announced: unknown): ItemWarning[] {
    const warnings: ItemWarning[] = [];
    if (this.#isUnitMissing) {
      warnings.push({ warning: "unit_assumed", message: "Voltages without a unit were taken as microvolts." });
    }
    if (this.#unreadableCount > 0) {
      const message = `${this.#unreadableCount} elements of ${voltagesField} hold no voltage.`;
      warnings.push({ warning: "suspicious_value", message });
    }
    const announcedCount = parseNumber(announced);
    if (this.#count > 0 && announcedCount !== undefined && announcedCount !== this.#count) {
      const message = `The number of ${voltagesField} is not the one that numberOfVoltageMeasurements names.`;
      warnings.push({ warning: "suspicious_value", message });
    }
    return warnings;
  }

  #reserve(count: number): void {
    if (count <= this.#voltagesUv.length) return;
    const capacity = Math.max(count, this.#voltagesUv.length * 2);
    const voltagesUv = new Float32Array(capacity);
    const positions = new Float64Array(capacity);
    voltagesUv.set(this.#voltagesUv.subarray(0, this.#count));
    positions.set(this.#positions.subarray(0, this.#count));
    this.#voltagesUv = voltagesUv;
    this.#positions = positions;
  }
}

/** Null where there is no number (it survives in `detail`), undefined where it is negative. */
function readPositive(raw: unknown): number | null | undefined {
  const value = parseNumber(isObject(raw) ? raw["qty"] : raw);
  if (value === undefined) return null;
  return value < 0 ? undefined : value;
}
