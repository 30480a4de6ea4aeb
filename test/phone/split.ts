/**
 * Cuts a delivery into several with the same headers, as Batch Requests might have done: the receiver may not tell.
 *
 * That only holds for deliveries that name their grouping: where the header is missing, the stamps of a whole body
 * decide together what they are, and parts of it may decide otherwise.
 */

import { entryTypes, envelopeKeys } from "./events.js";
import type { Delivery } from "./export.js";
import { type Json, type JsonObject, writeJson } from "./wire.js";

type MetricOnWire = { name: string; units: string; data: JsonObject[] };

/** By metric and data type, or by the local day in the stamps. */
export function split(delivery: Delivery, by: "metric" | "day"): Delivery[] {
  const text = delivery.body.toString();
  const { data } = JSON.parse(text) as { data: Record<string, JsonObject[]> };
  const style = { pretty: text.startsWith("{\n"), keyOrder: null };
  const parts = by === "metric" ? partsByMetric(data) : partsByDay(data);
  return parts.map((part) => ({
    headers: delivery.headers,
    body: writeJson({ data: part as JsonObject }, style),
    counts: countParsed(part),
  }));
}

/** Items by receipt name, counted in the envelope itself. */
export function countParsed(data: Record<string, Json>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [key, value] of Object.entries(data)) {
    if (key === "metrics") {
      for (const { name, data: points } of value as MetricOnWire[]) counts[name] = (counts[name] ?? 0) + points.length;
      continue;
    }
    const items = (value as Json[]).length;
    if (items > 0) counts[entryTypes.find((type) => envelopeKeys[type] === key) ?? key] = items;
  }
  return counts;
}

function partsByMetric(data: Record<string, JsonObject[]>): Record<string, JsonObject[]>[] {
  return Object.entries(data).flatMap(([key, items]) =>
    key === "metrics" ? items.map((metric) => ({ metrics: [metric] })) : [{ [key]: items }],
  );
}

function partsByDay(data: Record<string, JsonObject[]>): Record<string, JsonObject[]>[] {
  const parts = new Map<string, Record<string, JsonObject[]>>();
  const add = (day: string, key: string, item: JsonObject): void => {
    const part = parts.get(day) ?? {};
    parts.set(day, part);
    part[key] ??= [];
    part[key].push(item);
  };
  for (const [key, items] of Object.entries(data)) {
    for (const item of items) {
      if (key !== "metrics") {
        add(dayOf(item), key, item);
        continue;
      }
      const { data: points, ...head } = item as MetricOnWire;
      for (const day of new Set(points.map(dayOf))) {
        add(day, key, { ...head, data: points.filter((point) => dayOf(point) === day) });
      }
    }
  }
  return [...parts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part);
}

/** Every shape has one of these; the first ten characters are the local day (spec section 5.1). */
function dayOf(item: JsonObject): string {
  const stamp = item["date"] ?? item["start"] ?? item["startDate"] ?? item["scheduledDate"];
  return String(stamp).slice(0, 10);
}
