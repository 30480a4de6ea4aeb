/**
 * Turns one element of `sleep_analysis` into a night or a stage segment (spec section 4.3).
 *
 * Both come under the same metric name. An element with a stage (`value`), a start and an end is a segment; one with any
 * of a night's fields is a night, in one of three generations: `date` means something else in each, so it is only used
 * where nothing better came. Parts of a night are minutes here, null where not sent. A night in which nobody slept is a
 * night of 0 minutes, not a refusal: it was received, and a later delivery with more will win. Which of overlapping
 * nights count is for `sleep.ts` and `night.ts`.
 */
import {
  accept,
  endFields,
  findField,
  type ItemContext,
  type ItemWarning,
  isAbsent,
  isObject,
  type Moment,
  type RawItem,
  type Refusal,
  type Result,
  readInterval,
  readMoment,
  readSource,
  readText,
  refuse,
  refuseDate,
  refuseMissing,
  startFields,
} from "./item.js";
import type { Arrival, SleepSegment, SleepSummary } from "./record.js";
import { parseSleepStage, roundMin, sleepTotalMin } from "./sleep.js";
import { normaliseSource } from "./source.js";
import { parseNumber } from "./text.js";
import { convert } from "./units.js";

export type SleepItem =
  | { kind: "summary"; night: Omit<SleepSummary, keyof Arrival | "position"> }
  | { kind: "segment"; segment: Omit<SleepSegment, keyof Arrival | "position"> };

const partFields = ["totalSleep", "core", "deep", "rem", "asleep", "awake", "inBed"] as const;
type PartField = (typeof partFields)[number];
type Parts = Record<PartField, number | null>;

const summaryFields = [...partFields, "sleepStart", "sleepEnd", "inBedStart", "inBedEnd"];
const longestPartMin = 24 * 60;
const longestTotalMin = 20 * 60;
const msPerMinute = 60_000;
const msPerDay = 86_400_000;

/** `units` are those of the metric, for the numbers of nights: hours where none were sent. */
export function normaliseSleepItem(raw: unknown, context: ItemContext, units?: unknown): Result<SleepItem> {
  if (!isObject(raw)) {
    return { ok: false, error: { error: "unsupported_shape", message: "An element of data has to be an object." } };
  }
  const hasStage = typeof raw["value"] === "string" && !isAbsent(raw["value"]);
  const hasSpan = findField(raw, startFields) !== undefined && findField(raw, endFields) !== undefined;
  if (hasStage && hasSpan) return normaliseSegment(raw, context);
  if (findField(raw, summaryFields) !== undefined) return normaliseSummary(raw, context, units);
  if (hasStage) return refuseMissing(findField(raw, startFields) === undefined ? "start" : "end");
  const message = "An element of sleep_analysis has to be a night or a stage.";
  return { ok: false, error: { error: "unsupported_shape", message } };
}

function normaliseSegment(raw: RawItem, context: ItemContext): Result<SleepItem> {
  const interval = readInterval(raw, context);
  if (!interval.ok) return interval;
  const { startMs } = interval.value;
  const end = readMoment(findField(raw, endFields)?.raw, context)!;
  const source = readSource(raw["source"]);
  const lengthMin = (end.epochMs - startMs) / msPerMinute;
  return accept(
    {
      kind: "segment",
      segment: {
        startMs,
        endMs: end.epochMs,
        // Nights belong to the day of waking, so of two offsets the later one counts.
        offsetMin: end.offsetMin,
        stage: parseSleepStage(readText(raw["value"]) ?? ""),
        sourceKey: normaliseSource(source),
        source,
      },
    },
    lengthMin > longestPartMin ? [warnLong("A sleep stage lasts longer than a day.", lengthMin)] : [],
  );
}

function normaliseSummary(raw: RawItem, context: ItemContext, units: unknown): Result<SleepItem> {
  const parts = readParts(raw, units);
  if (!parts.ok) return parts;
  const totalMin = sumParts(parts.value);
  const span = readSleepSpan(raw, context, totalMin);
  if (!span.ok) return span;
  const bed = readBedSpan(raw, context);
  const source = readSource(raw["source"]) ?? readSource(raw["sleepSource"]) ?? readSource(raw["inBedSource"]);
  const { core, deep, rem, asleep, awake, inBed } = parts.value;
  return accept(
    {
      kind: "summary",
      night: {
        ...span.value,
        inBedStartMs: bed.startMs,
        inBedEndMs: bed.endMs,
        totalMin,
        coreMin: core,
        deepMin: deep,
        remMin: rem,
        asleepMin: asleep,
        awakeMin: awake,
        inBedMin: inBed,
        sourceKey: normaliseSource(source),
        source,
      },
    },
    [...bed.warnings, ...listLongParts(parts.value, totalMin)],
  );
}

/** Minutes of each part, null where absent. */
function readParts(raw: RawItem, units: unknown): { ok: true; value: Parts } | Refusal {
  const unit = readText(units) ?? "hr";
  const minutesPerUnit = convert(1, unit, "time", "min");
  if (minutesPerUnit === undefined) return refuse("unknown_unit", "units", "The unit of sleep_analysis is no time.");
  const parts: Parts = { totalSleep: null, core: null, deep: null, rem: null, asleep: null, awake: null, inBed: null };
  for (const field of partFields) {
    if (isAbsent(raw[field])) continue;
    const value = parseNumber(raw[field]);
    if (value === undefined) return refuse("invalid_value", field, `The field ${field} holds no number.`);
    if (value < 0) return refuse("out_of_range", field, `The field ${field} is negative.`);
    parts[field] = roundMin(value * minutesPerUnit);
  }
  return { ok: true, value: parts };
}

/** 0 where nothing says that anybody slept. */
function sumParts({ totalSleep, core, deep, rem, asleep }: Parts): number {
  const toHours = (minutes: number | null) => (minutes === null ? null : minutes / 60);
  const hours = { totalSleep: toHours(totalSleep), core: toHours(core), deep: toHours(deep) };
  return sleepTotalMin({ ...hours, rem: toHours(rem), asleep: toHours(asleep) }) ?? 0;
}

type SleepSpan = Pick<SleepSummary, "sleepStartMs" | "sleepEndMs" | "offsetMin">;

function readSleepSpan(raw: RawItem, context: ItemContext, totalMin: number): { ok: true; value: SleepSpan } | Refusal {
  const sentEnd = findField(raw, ["sleepEnd", "inBedEnd"]);
  const end = sentEnd === undefined ? readWakingDate(raw, context) : readMoment(sentEnd.raw, context);
  if (end === undefined) return sentEnd === undefined ? refuseMissing("sleepEnd") : refuseDate(sentEnd.field);

  const sentStart = findField(raw, ["sleepStart", "inBedStart"]);
  // Without any start, the night is taken to have had no gap: its end is the key, and its length the best there is.
  const startMs =
    sentStart === undefined ? end.epochMs - totalMin * msPerMinute : readMoment(sentStart.raw, context)?.epochMs;
  if (sentStart === undefined && totalMin === 0) return refuseMissing("sleepStart");
  if (startMs === undefined) return refuseDate(sentStart?.field ?? "sleepStart");
  if (end.epochMs < startMs) {
    const field = sentEnd?.field ?? "date";
    return refuse("invalid_date", field, `The field ${field} lies before the start of the night.`);
  }
  return { ok: true, value: { sleepStartMs: Math.round(startMs), sleepEndMs: end.epochMs, offsetMin: end.offsetMin } };
}

/** Old builds stamped a night with its end; newer ones with the midnight of its day, which is no time at all. */
function readWakingDate(raw: RawItem, context: ItemContext): Moment | undefined {
  const date = readMoment(raw["date"], context);
  return date === undefined || date.isDateOnly || date.localMs % msPerDay === 0 ? undefined : date;
}

/** The time in bed is an extra that some builds drop or get wrong: it never costs the night. */
function readBedSpan(
  raw: RawItem,
  context: ItemContext,
): { startMs: number | null; endMs: number | null; warnings: ItemWarning[] } {
  const start = readMoment(raw["inBedStart"], context);
  const end = readMoment(raw["inBedEnd"], context);
  const isUnreadable =
    (start === undefined && !isAbsent(raw["inBedStart"])) || (end === undefined && !isAbsent(raw["inBedEnd"]));
  const isReversed = start !== undefined && end !== undefined && end.epochMs < start.epochMs;
  const warnings: ItemWarning[] = [];
  if (isUnreadable || isReversed) {
    const message = "The fields inBedStart and inBedEnd are no span of time and were left out.";
    warnings.push({ warning: "suspicious_value", message });
  }
  if (isReversed) return { startMs: null, endMs: null, warnings };
  return { startMs: start?.epochMs ?? null, endMs: end?.epochMs ?? null, warnings };
}

function listLongParts(parts: Parts, totalMin: number): ItemWarning[] {
  const warnings: ItemWarning[] = [];
  for (const field of partFields) {
    const minutes = parts[field];
    if (minutes !== null && minutes > longestPartMin) {
      warnings.push(warnLong(`The field ${field} is longer than a day.`, minutes));
    }
  }
  if (totalMin > longestTotalMin) warnings.push(warnLong("The night holds more than 20 hours of sleep.", totalMin));
  return warnings;
}

function warnLong(message: string, value: number): ItemWarning {
  return { warning: "suspicious_value", message, value };
}
