/**
 * What the normalisers of single items share: the form of their results, and how they read a time, a text or a source
 * out of JSON that nobody has checked.
 *
 * Nothing here throws, whatever JSON comes in. Messages name fields and never repeat what was sent (health values stay
 * out of receipts' texts and logs). Parsing of stamps and numbers themselves is in `time.ts` and `text.ts`.
 */
import type { ItemError, ItemErrorCode, WarningCode } from "./record.js";
import { cleanText } from "./text.js";
import { nearestEpochBase, parseEpoch, parseStamp } from "./time.js";
import { instantOfLocal, offsetAt } from "./zone.js";

/** What an item's meaning depends on besides the item: the user's zone, for stamps without an offset. */
export interface ItemContext {
  zone: string;
}

export interface ItemWarning {
  warning: WarningCode;
  message: string;
  value?: number;
}

export type Refusal = { ok: false; error: ItemError };
export type Result<T> = { ok: true; value: T; warnings: ItemWarning[] } | Refusal;

export type RawItem = Record<string, unknown>;

export function accept<T>(value: T, warnings: ItemWarning[] = []): Result<T> {
  return { ok: true, value, warnings };
}

export function refuse(error: ItemErrorCode, field: string, message: string): Refusal {
  return { ok: false, error: { error, field, message } };
}

export function refuseMissing(field: string): Refusal {
  return refuse("missing_field", field, `The field ${field} is missing.`);
}

export function refuseDate(field: string): Refusal {
  return refuse("invalid_date", field, `The field ${field} holds no date that can be read.`);
}

/** For an element of the array `what` that is no object: there is no field to name. */
export function refuseShape(what: string): Refusal {
  return { ok: false, error: { error: "unsupported_shape", message: `An element of ${what} has to be an object.` } };
}

export function isObject(raw: unknown): raw is RawItem {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

/** True for what the app sends instead of leaving a field out (spec section 5.4). */
export function isAbsent(raw: unknown): boolean {
  return raw === undefined || raw === null || (typeof raw === "string" && raw.trim() === "");
}

/** The first of `names` that the item has a value for, with its name; undefined where all are absent. */
export function findField(item: RawItem, names: readonly string[]): { field: string; raw: unknown } | undefined {
  for (const field of names) {
    if (Object.hasOwn(item, field) && !isAbsent(item[field])) return { field, raw: item[field] };
  }
  return undefined;
}

export interface Moment {
  epochMs: number;
  offsetMin: number;
  /** Wall clock as if it were UTC. */
  localMs: number;
  isDateOnly: boolean;
}

/** An instant from a stamp in any form of spec section 5.1, or from an epoch number; undefined where it is neither. */
export function readMoment(raw: unknown, context: ItemContext): Moment | undefined {
  if (typeof raw === "number") {
    const epochMs = parseEpoch(raw);
    if (epochMs === undefined) return undefined;
    const offsetMin = offsetAt(context.zone, epochMs);
    return { epochMs, offsetMin, localMs: epochMs + offsetMin * 60_000, isDateOnly: false };
  }
  if (typeof raw !== "string") return undefined;
  const stamp = parseStamp(raw);
  if (stamp === undefined) return undefined;
  const { localMs, isDateOnly } = stamp;
  if (stamp.offsetMin !== null) return { epochMs: stamp.epochMs, offsetMin: stamp.offsetMin, localMs, isDateOnly };
  return { ...instantOfLocal(context.zone, localMs), localMs, isDateOnly };
}

/** Epoch seconds of either base are below this, epoch milliseconds of this century above. */
const largestEpochSeconds = 1e11;

/**
 * The instant of an inner stamp, of which numbers count from 1970 or from 2001: the one nearer to the item counts (spec
 * section 5.1). Undefined where it is no stamp.
 */
export function readInstantNear(raw: unknown, nearMs: number, context: ItemContext): number | undefined {
  const seconds = readEpochNumber(raw);
  if (seconds === undefined) return readMoment(raw, context)?.epochMs;
  return seconds < largestEpochSeconds ? parseEpoch(nearestEpochBase(seconds, nearMs) / 1000) : parseEpoch(seconds);
}

/** A stamp that is a number, or a text of digits alone; undefined for every other form. */
export function readEpochNumber(raw: unknown): number | undefined {
  if (typeof raw === "number") return Number.isFinite(raw) ? raw : undefined;
  return typeof raw === "string" && /^\d{6,}(?:\.\d+)?$/.test(raw) ? Number(raw) : undefined;
}

export interface Interval {
  startMs: number;
  endMs: number | null;
  /** Offset of the start. */
  offsetMin: number;
}

export const startFields = ["start", "startDate"] as const;
export const endFields = ["end", "endDate"] as const;

/**
 * The start and the end of an item. An end may be absent (spec section 7.6); one that cannot be read, or that lies
 * before the start, refuses the item: which of the two stamps is wrong cannot be known.
 */
export function readInterval(item: RawItem, context: ItemContext): { ok: true; value: Interval } | Refusal {
  const start = findField(item, startFields);
  if (start === undefined) return refuseMissing("start");
  const startMoment = readMoment(start.raw, context);
  if (startMoment === undefined) return refuseDate(start.field);
  const { epochMs: startMs, offsetMin } = startMoment;

  const end = findField(item, endFields);
  if (end === undefined) return { ok: true, value: { startMs, endMs: null, offsetMin } };
  const endMoment = readMoment(end.raw, context);
  if (endMoment === undefined) return refuseDate(end.field);
  if (endMoment.epochMs < startMs) {
    return refuse("invalid_date", end.field, `The field ${end.field} lies before the start.`);
  }
  return { ok: true, value: { startMs, endMs: endMoment.epochMs, offsetMin } };
}

/** Text for people: well-formed and trimmed; numbers and booleans as text; null where there is none. */
export function readText(raw: unknown): string | null {
  if (typeof raw === "number" || typeof raw === "boolean") return String(raw);
  if (typeof raw !== "string") return null;
  const text = cleanText(raw).trim();
  return text === "" ? null : text;
}

/** The source as sent: a text, or an object with a name (spec section 7.5); several are joined as the app joins them. */
export function readSource(raw: unknown): string | null {
  if (Array.isArray(raw)) {
    const names = raw.filter((one) => !Array.isArray(one)).map(readSource);
    return readText(names.filter((name) => name !== null).join("|"));
  }
  if (isObject(raw)) return readText(raw["name"]) ?? readText(raw["identifier"]);
  if (typeof raw !== "string" || isAbsent(raw)) return null;
  const source = cleanText(raw);
  return source.trim() === "" ? null : source;
}

/** True or false in any of the forms that JSON writers use; undefined for everything else. */
export function readBoolean(raw: unknown): boolean | undefined {
  if (raw === true || raw === 1 || raw === "true" || raw === "1") return true;
  if (raw === false || raw === 0 || raw === "false" || raw === "0") return false;
  return undefined;
}

/** Deeper levels are cut, so that no input can exhaust the stack. Decoders refuse such documents before. */
const deepestLevel = 200;

/**
 * A copy whose texts, keys too, can be stored. Keys are sorted: the app shuffles them with every send (spec section 0),
 * and the same item has to give the same copy. A field named `__proto__` stays a field.
 */
export function copyJson(raw: unknown, level = 0): unknown {
  if (typeof raw === "string") return cleanText(raw);
  if (typeof raw !== "object" || raw === null) return raw;
  if (level >= deepestLevel) return null;
  if (Array.isArray(raw)) return raw.map((one) => copyJson(one, level + 1));
  const entries = Object.entries(raw).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [cleanText(key), copyJson(value, level + 1)]));
}

/** Everything that was sent, but for the fields that are kept elsewhere in the record. */
export function copyDetail(item: RawItem, exceptFields: readonly string[] = []): RawItem {
  const kept = Object.entries(item).filter(([field]) => !exceptFields.includes(field));
  return copyJson(Object.fromEntries(kept)) as RawItem;
}

/**
 * Reduces a text to what tells one name from another: letters and digits in lower case without accents, words parted by
 * one space. `EggWhite`, `egg_white` and `Egg White` with a no-break space become one.
 */
export function foldText(text: string): string {
  return text
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/œ/g, "oe")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** From folded texts to slugs. */
export type NameTable = ReadonlyMap<string, string>;

/**
 * A table from each slug's texts, parted by `|`; the slug itself is always one of them. Throws where one text would
 * mean two things: that is a mistake in the table, and shows as soon as the program is loaded.
 */
export function buildNameTable(texts: Readonly<Record<string, string>>): NameTable {
  const table = new Map<string, string>();
  for (const [slug, aliases] of Object.entries(texts)) {
    for (const alias of [slug, ...aliases.split("|")]) {
      const folded = foldText(alias);
      const other = table.get(folded);
      if (folded === "" || (other !== undefined && other !== slug)) {
        throw new Error(`"${alias}" stands for ${slug} and for ${other ?? "nothing"}`);
      }
      table.set(folded, slug);
    }
  }
  return table;
}

export function findSlug(table: NameTable, text: string): string | undefined {
  return table.get(foldText(text));
}
