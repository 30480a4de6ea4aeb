/**
 * Turns the elements of `symptoms`, `stateOfMind`, `medications`, `heartRateNotifications` and `cycleTracking` into
 * events (spec section 7).
 *
 * Callers may rely on: one symptom, dose or cycle entry has one key in whatever language it was sent, because names are
 * mapped before the key is made; text that nobody mapped is kept as it was sent; `detail` holds every field that came.
 * An item is refused for want of what its key needs, for a date that cannot be read, for an end before its start, and
 * for the impossible (a valence of 2); anything else is kept. Which of two deliveries wins is for `merge.ts`.
 */
import {
  cycleNames,
  cycleValues,
  mapText,
  medicationStatuses,
  moodClassifications,
  notificationTypes,
  symptomNames,
  symptomValues,
} from "./event-names.js";
import {
  accept,
  copyDetail,
  findField,
  foldText,
  type Interval,
  type ItemContext,
  type ItemWarning,
  isAbsent,
  isObject,
  type NameTable,
  type RawItem,
  type Refusal,
  type Result,
  readInstantNear,
  readInterval,
  readMoment,
  readSource,
  readText,
  refuse,
  refuseDate,
  refuseMissing,
  refuseShape,
  startFields,
} from "./item.js";
import type { HealthEvent } from "./record.js";
import { normaliseSource } from "./source.js";
import { parseNumber } from "./text.js";

/** Key: name, start, end, source (spec section 7.3). */
export function normaliseSymptom(raw: unknown, context: ItemContext): Result<HealthEvent> {
  if (!isObject(raw)) return refuseShape("symptoms");
  const sentName = readText(raw["name"]);
  if (sentName === null) return refuseMissing("name");
  const interval = readInterval(raw, context);
  if (!interval.ok) return interval;
  const name = mapText(symptomNames, sentName);
  const source = readSource(raw["source"]);
  const { startMs, endMs } = interval.value;
  return accept({
    type: "symptoms",
    key: joinKey(spellForKey(name), startMs, endMs, normaliseSource(source)),
    name,
    ...interval.value,
    value: readMapped(symptomValues, raw["severity"]),
    quantity: null,
    source,
    detail: copyDetail(raw),
  });
}

/** Key: name, start (spec section 7.6). */
export function normaliseCycleTracking(raw: unknown, context: ItemContext): Result<HealthEvent> {
  if (!isObject(raw)) return refuseShape("cycleTracking");
  const sentName = readText(raw["name"]);
  if (sentName === null) return refuseMissing("name");
  const interval = readInterval(raw, context);
  if (!interval.ok) return interval;
  const name = mapText(cycleNames, sentName);
  return accept({
    type: "cycle_tracking",
    key: joinKey(spellForKey(name), interval.value.startMs),
    name,
    ...interval.value,
    value: readMapped(cycleValues, raw["value"]),
    quantity: null,
    source: readSource(raw["source"]),
    detail: copyDetail(raw),
  });
}

/** Key: the app's id, else kind and start (spec section 7.2). The name is the kind, the value the classification. */
export function normaliseStateOfMind(raw: unknown, context: ItemContext): Result<HealthEvent> {
  if (!isObject(raw)) return refuseShape("stateOfMind");
  const interval = readInterval(raw, context);
  if (!interval.ok) return interval;
  const valence = readNumber(raw["valence"]);
  if (valence === undefined) return refuse("invalid_value", "valence", "The field valence holds no number.");
  if (valence !== null && Math.abs(valence) > 1) {
    return refuse("out_of_range", "valence", "The field valence lies outside -1 to 1.");
  }
  const name = foldText(readText(raw["kind"]) ?? "").replaceAll(" ", "_") || "state_of_mind";
  const id = readText(raw["id"])?.toUpperCase();
  return accept({
    type: "state_of_mind",
    key: id === undefined ? joinKey(name, interval.value.startMs) : joinKey(id),
    name,
    ...interval.value,
    value: readMapped(moodClassifications, raw["valenceClassification"]),
    quantity: valence,
    source: readSource(raw["source"]),
    detail: copyDetail(raw),
  });
}

/**
 * Key: name, time that it was scheduled for, else start (spec section 7.4): the status of a dose changes later, and so
 * may its start, from the scheduled time to that of taking it.
 */
export function normaliseMedication(raw: unknown, context: ItemContext): Result<HealthEvent> {
  if (!isObject(raw)) return refuseShape("medications");
  const name = readText(raw["displayText"]) ?? readText(raw["nickname"]);
  if (name === null) return refuseMissing("displayText");
  const interval = readDoseInterval(raw, context);
  if (!interval.ok) return interval;
  const dosage = readNumber(raw["dosage"]);
  if (dosage !== undefined && dosage !== null && dosage < 0) {
    return refuse("out_of_range", "dosage", "The field dosage is negative.");
  }
  const { scheduledMs, ...times } = interval.value;
  return accept(
    {
      type: "medications",
      key: joinKey(spellForKey(name), scheduledMs),
      name,
      ...times,
      value: readMapped(medicationStatuses, raw["status"]),
      quantity: dosage ?? null,
      source: readSource(raw["source"]),
      detail: copyDetail(raw),
    },
    dosage === undefined ? [warnNoNumber("dosage")] : [],
  );
}

function readDoseInterval(
  raw: RawItem,
  context: ItemContext,
): { ok: true; value: Interval & { scheduledMs: number } } | Refusal {
  const sent = findField(raw, ["scheduledDate"]);
  const scheduled = readMoment(sent?.raw, context);
  if (sent !== undefined && scheduled === undefined) return refuseDate("scheduledDate");
  // A dose that nobody has touched may have a schedule alone.
  const hasStart = findField(raw, startFields) !== undefined;
  const interval = readInterval(hasStart ? raw : { ...raw, start: sent?.raw }, context);
  if (!interval.ok) return interval;
  return { ok: true, value: { ...interval.value, scheduledMs: scheduled?.epochMs ?? interval.value.startMs } };
}

/**
 * Key: type, start (spec section 7.5). The documented form has no type at all. Readings are added to `detail` with
 * proper times: what the app sends as such counts seconds from a base that it does not name.
 */
export function normaliseHeartRateNotification(raw: unknown, context: ItemContext): Result<HealthEvent> {
  if (!isObject(raw)) return refuseShape("heartRateNotifications");
  const interval = readInterval(raw, context);
  if (!interval.ok) return interval;
  const { startMs } = interval.value;
  const type = readText(raw["heartNotification"]) ?? readText(raw["type"]);
  const name = type === null ? "heart_rate_notification" : mapText(notificationTypes, type);
  const threshold = readNumber(raw["threshold"]);
  if (threshold !== undefined && threshold !== null && threshold < 0) {
    return refuse("out_of_range", "threshold", "The field threshold is negative.");
  }
  const detail = {
    ...nameReadings("heart_rate_readings", [raw["heartRate"], raw["heartRateData"]], startMs, context),
    ...nameReadings("heart_rate_variability_readings", [raw["heartRateVariation"]], startMs, context),
    ...copyDetail(raw),
  };
  return accept(
    {
      type: "heart_rate_notifications",
      key: joinKey(spellForKey(name), startMs),
      name,
      ...interval.value,
      value: null,
      quantity: threshold ?? null,
      source: readSource(raw["source"]),
      detail,
    },
    threshold === undefined ? [warnNoNumber("threshold")] : [],
  );
}

function nameReadings(name: string, series: unknown[], nearMs: number, context: ItemContext): RawItem {
  const readings = series
    .flatMap((one) => (Array.isArray(one) ? one : []))
    .map((point) => readReading(point, nearMs, context))
    .filter((reading) => reading !== undefined);
  return readings.length === 0 ? {} : { [name]: readings };
}

/** Documented as `{hr, timestamp: {start, end}}`, live as `{date, qty}`. */
function readReading(raw: unknown, nearMs: number, context: ItemContext): RawItem | undefined {
  if (!isObject(raw)) return undefined;
  const value = findField(raw, ["qty", "hr", "hrv", "Avg", "avg"]);
  const stamp = findField(raw, ["date", "timestamp", "start"])?.raw;
  const start = isObject(stamp) ? findField(stamp, ["start", "date"])?.raw : stamp;
  const timeMs = readInstantNear(start, nearMs, context);
  const number = parseNumber(value?.raw);
  if (timeMs === undefined || number === undefined) return undefined;
  return { time: new Date(timeMs).toISOString(), value: number, unit: readText(raw["units"]) };
}

/** Null where absent, undefined where what was sent is no number. */
function readNumber(raw: unknown): number | null | undefined {
  if (isAbsent(raw)) return null;
  return parseNumber(isObject(raw) ? raw["qty"] : raw);
}

function readMapped(table: NameTable, raw: unknown): string | null {
  const text = readText(raw);
  return text === null ? null : mapText(table, text);
}

function warnNoNumber(field: string): ItemWarning {
  return { warning: "suspicious_value", message: `The field ${field} holds no number.` };
}

/** Names and sources may hold any sign, so a JSON array is the plainest unambiguous join. */
function joinKey(...parts: (string | number | null)[]): string {
  return JSON.stringify(parts);
}

/** One spelling for keys: what differs only in Unicode form or in spaces is one name. */
function spellForKey(name: string): string {
  return name
    .normalize("NFKC")
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/\s+/g, " ")
    .trim();
}
