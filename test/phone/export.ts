/**
 * Health Auto Export on the person's phone: one run of an automation makes one delivery, or several with Batch
 * Requests (spec sections 1 to 7).
 *
 * The same person and options give the same bytes. `resend` is the next run over the same range: same facts, other
 * order of keys and of joined sources, another session. What differs between runs in the app and is not random here
 * (what Health knew by then) is told by `asOfMs`.
 */
import { findMetric, sleepMetric } from "./catalogue.js";
import { daysOf } from "./clock.js";
import { type EntryType, entryTypes, envelopeKeys } from "./events.js";
import type { Person } from "./person.js";
import { metricPoints } from "./points.js";
import { randomFor } from "./random.js";
import { sleepPoints } from "./sleep.js";
import { type ExportGrouping, type ExportView, isShown, type SourceStyle, sourceIn, stampIn } from "./view.js";
import { type Json, type JsonObject, writeJson } from "./wire.js";
import { writeWorkout } from "./workout-wire.js";

/** Receipt names of what an automation can export; `metrics` stands for all metrics, sleep among them. */
export type DataType = "metrics" | "workouts" | EntryType;

export interface ExportOptions {
  grouping: ExportGrouping;
  /** Date (its local midnight) or instant; included. Default: all that the person lived. */
  from?: string;
  /** Date or instant; not included. */
  to?: string;
  /** Nothing that Health got to know later is exported. Default: everything is known. */
  asOfMs?: number;
  /** Default: the person's. */
  metrics?: readonly string[];
  /** Default: metrics only, as automations have one data type. */
  dataTypes?: readonly DataType[];
  units?: "metric" | "us";
  clock?: "24h" | "12h";
  version?: "v1" | "v2";
  sleep?: "summary" | "segments" | "old";
  /**
   * `lived`: stamps and days by the clock that the person lived by, as if exported then. `current`: by the zone where
   * the phone is at `asOfMs`, as iOS calendars do after travel (spec section 5.1). They differ only with travel.
   */
  calendar?: "lived" | "current";
  /** Whether `automation-aggregation` is sent; default true. */
  aggregateHeader?: boolean;
  /** `automation-period`. Default: `Since Last Sync` when the range begins inside a day, else `Default`. */
  period?: string;
  /** Name of the automation; free text. */
  automation?: string;
  /** Random key order at every level, as the app has it; default false. */
  shuffleKeys?: boolean;
  /** Tells runs over one range apart: key order, order of joined sources, session. */
  run?: number;
  /** `absent` takes from raw samples what overlap can be told by: totals are lost then. */
  sourceStyle?: SourceStyle;
  /** Several independent envelopes: one per day, per so many days, or per metric and data type. */
  batch?: number | "day" | "metric";
  /** Default true. */
  pretty?: boolean;
}

export interface Delivery {
  headers: Record<string, string>;
  body: Buffer;
  /** Items by receipt name: of each metric its points, of other types their entries. */
  counts: Record<string, number>;
}

/** An envelope before it is written: metrics as they are, all else by receipt name. */
interface Envelope {
  metrics: { name: string; units: string; data: JsonObject[] }[];
  others: { type: DataType; items: JsonObject[] }[];
}

export function exportDeliveries(person: Person, options: ExportOptions): Delivery[] {
  const headers = automationHeaders(person, options);
  const style = {
    pretty: options.pretty ?? true,
    keyOrder: options.shuffleKeys ? randomFor(person.options.seed, "keys", options.run ?? 0) : null,
  };
  return envelopes(person, options).map((envelope) => ({
    headers,
    body: writeJson(bodyOf(envelope, options), style),
    counts: countItems(envelope),
  }));
}

/** The same range again, as a later run sends it. */
export function resend(person: Person, options: ExportOptions, run = 1): Delivery[] {
  return exportDeliveries(person, { ...options, shuffleKeys: true, run: (options.run ?? 0) + run });
}

/** What the app adds to every request of a run (spec section 1.2). */
export function automationHeaders(person: Person, options: ExportOptions): Record<string, string> {
  const { grouping, automation = `Health ${grouping}` } = options;
  const { seed } = person.options;
  const isWhole = options.from === undefined || options.from.length === 10;
  const aggregation = { raw: "None", minute: "Minutes", hour: "Hours", day: "Days", default: "Default" }[grouping];
  return {
    "content-type": "application/json",
    "automation-name": automation,
    "automation-id": randomFor(seed, "automation", automation).uuid(),
    ...(options.aggregateHeader === false ? {} : { "automation-aggregation": aggregation }),
    "automation-period": options.period ?? (isWhole ? "Default" : "Since Last Sync"),
    "session-id": randomFor(seed, "session", automation, options.run ?? 0, options.asOfMs ?? "").uuid(),
  };
}

function envelopes(person: Person, options: ExportOptions): Envelope[] {
  const view = viewOf(person, options);
  const whole = (part: ExportView): Envelope => ({
    metrics: typesOf(options).includes("metrics") ? metricsOf(person, options, part) : [],
    others: typesOf(options)
      .filter((type) => type !== "metrics")
      .map((type) => ({ type, items: itemsOf(person, type, part) })),
  });
  if (options.batch === undefined) return [whole(view)];
  if (options.batch === "metric") {
    const { metrics, others } = whole(view);
    return [
      ...metrics.map((metric) => ({ metrics: [metric], others: [] })),
      ...others.map((other) => ({ metrics: [], others: [other] })),
    ];
  }
  const step = options.batch === "day" ? 1 : Math.max(1, options.batch);
  const parts: Envelope[] = [];
  for (let i = 0; i < view.days.length; i += step) {
    const fromMs = Math.max(view.fromMs, view.days[i]!.startMs);
    const toMs = Math.min(view.toMs, view.days[Math.min(i + step, view.days.length) - 1]!.endMs);
    parts.push(whole({ ...view, fromMs, toMs }));
  }
  return parts;
}

function viewOf(person: Person, options: ExportOptions): ExportView {
  const asOfMs = options.asOfMs ?? Infinity;
  const isCurrent = options.calendar === "current";
  const clock = isCurrent ? person.clockAt(Math.min(asOfMs, person.endMs)) : person.clock;
  const instant = (text: string): number => (text.length === 10 ? clock.startOf(text) : Date.parse(text));
  // In another zone the first and the last day reach beyond what the person lived by; nothing happened there.
  const fromMs = options.from === undefined ? person.startMs : instant(options.from);
  const toMs = options.to === undefined ? person.endMs : instant(options.to);
  const random = randomFor(person.options.seed, "run", options.run ?? 0);
  return {
    fromMs,
    toMs,
    asOfMs,
    clock,
    days: daysOf(clock, fromMs, toMs),
    grouping: options.grouping,
    units: options.units ?? "metric",
    version: options.version ?? "v2",
    sleep: options.sleep ?? "summary",
    random,
    stamp: stampIn(clock, options.clock ?? "24h"),
    source: sourceIn(options.sourceStyle ?? "typographic", random),
  };
}

function typesOf(options: ExportOptions): readonly DataType[] {
  return options.dataTypes ?? ["metrics"];
}

function metricsOf(person: Person, options: ExportOptions, view: ExportView): Envelope["metrics"] {
  return (options.metrics ?? person.metrics)
    .map((name) => {
      if (name === sleepMetric) return { name, units: "hr", data: sleepPoints(person.sleep, view) };
      const metric = findMetric(name);
      return { name, units: metric[view.units].text, data: metricPoints(metric, person.samples(name), view) };
    })
    .filter((metric) => metric.data.length > 0);
}

function itemsOf(person: Person, type: DataType, view: ExportView): JsonObject[] {
  if (type === "workouts") {
    return person.workouts.filter((w) => isShown(view, w.startMs, w.endMs)).map((w) => writeWorkout(w, view));
  }
  return person.entries
    .filter((entry) => entry.type === type && isShown(view, entry.startMs, entry.knownMs))
    .map((entry) => entry.write(view));
}

/** Keys of what was asked for only, but these even when there is nothing to tell (spec section 1.5). */
function bodyOf(envelope: Envelope, options: ExportOptions): JsonObject {
  const data: JsonObject = {};
  const isOfMetrics =
    envelope.others.length === 0 || (options.batch !== "metric" && typesOf(options).includes("metrics"));
  if (isOfMetrics) data["metrics"] = envelope.metrics as Json[];
  for (const { type, items } of envelope.others) data[keyOf(type)] = items;
  return { data };
}

function keyOf(type: DataType): string {
  return entryTypes.includes(type as EntryType) ? envelopeKeys[type as EntryType] : type;
}

function countItems(envelope: Envelope): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, data } of envelope.metrics) counts[name] = data.length;
  for (const { type, items } of envelope.others) if (items.length > 0) counts[type] = items.length;
  return counts;
}
