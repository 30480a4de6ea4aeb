/**
 * How one export looks at the person: range, instant, calendar, units, spelling. Made from the options of the export
 * (`export.ts`), used by everything that writes items.
 */
import { type Clock, formatStamp, type LocalDay } from "./clock.js";
import type { Random } from "./random.js";
import type { JsonObject } from "./wire.js";

export type ExportGrouping = "raw" | "minute" | "hour" | "day" | "default";
export type SourceStyle = "typographic" | "plain" | "absent";

export interface ExportView {
  fromMs: number;
  toMs: number;
  /** Nothing that Health got to know later is in the export. */
  asOfMs: number;
  clock: Clock;
  /** The local days of that clock that touch the range, whole. */
  days: readonly LocalDay[];
  grouping: ExportGrouping;
  units: "metric" | "us";
  version: "v1" | "v2";
  sleep: "summary" | "segments" | "old";
  /** Draws whatever differs from export to export: the order of joined sources. */
  random: Random;
  stamp(ms: number): string;
  /** The field `source`, or nothing. */
  source(names: readonly string[]): JsonObject;
}

export function stampIn(clock: Clock, style: "24h" | "12h"): (ms: number) => string {
  return (ms) => formatStamp(ms, clock.offsetAt(ms), style);
}

/** Joined with `|` in either order (spec section 5.3). `plain`: as a person would type the names. */
export function sourceIn(style: SourceStyle, random: Random): (names: readonly string[]) => JsonObject {
  return (names) => {
    if (style === "absent" || names.length === 0) return {};
    const joined = random.shuffle(names).join("|");
    return { source: style === "plain" ? joined.replaceAll("\u2019", "'").replaceAll("\u00a0", " ") : joined };
  };
}

/** Whether an item that happened at an instant, and was known from another on, is in the export. */
export function isShown(view: ExportView, startMs: number, knownMs: number): boolean {
  return startMs >= view.fromMs && startMs < view.toMs && knownMs <= view.asOfMs;
}
