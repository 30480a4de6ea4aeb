/**
 * What the answers of read routes look like, as schemas: the OpenAPI document shows them, and a test holds real answers
 * against them. Strict, so that a member which nobody wrote down here is found.
 */
import { z } from "zod";
import { eventTypes, groupings, sleepStages } from "../health/record.js";

// The patterns check answers in tests; to people who read the document the format says more.
const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .meta({ format: "date-time", pattern: undefined, description: "RFC 3339, UTC." });
const date = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/)
  .meta({ format: "date", pattern: undefined, description: "Local date." });
const number = z.number();
const text = z.string();
const count = z.int().min(0);
const counts = z.strictObject({
  received: count,
  inserted: count,
  updated: count,
  unchanged: count,
  rejected: count,
});

/** `{ data, next_cursor }`, and what a route says beside them. */
function listOf<T extends z.ZodType, M extends z.ZodRawShape>(item: T, beside?: M) {
  return z.strictObject({
    ...beside,
    data: z.array(item),
    next_cursor: text.nullable().meta({ description: "Give it as `cursor` for the next page; null on the last." }),
  });
}

const failure = z.strictObject({ code: text, detail: text });
const item = { item_type: text, metric: text.optional(), message: text };

export const receipt = z
  .strictObject({
    success: z.boolean(),
    ingestion_id: text,
    status: z.enum(["processed", "partial", "accepted", "rejected", "failed"]),
    processed: z.record(text, count),
    counts,
    by_type: z.record(text, counts),
    errors: z.array(z.strictObject({ ...item, item_index: count, error: text, field: text.optional() })),
    errors_total: count,
    warnings: z.array(
      z.strictObject({ ...item, item_index: count.optional(), warning: text, value: number.optional() }),
    ),
    warnings_total: count,
    processing_time_ms: number,
    request_id: text.nullable(),
    received_at: time,
    processed_at: time.nullable(),
    via: z.enum(["http", "cli"]),
    file_name: text.nullable(),
    body_bytes: count,
    problem: failure.optional().meta({ description: "Why the body as a whole could not be used." }),
  })
  .meta({ id: "Ingestion" });

export const point = z
  .strictObject({
    time,
    end: time.nullable(),
    date: date.optional().meta({ description: "Of records and buckets that are keyed by a local date." }),
    value: number.optional(),
    min: number.optional(),
    avg: number.optional(),
    max: number.optional(),
    systolic: number.optional(),
    diastolic: number.nullable().optional(),
    unit: text.nullable(),
    source: text.nullable(),
    grouping: z.enum(groupings).optional().meta({ description: "Of stored records." }),
    variant: text.optional().meta({ description: "Reason, meal time and the like." }),
    series: z
      .enum([...groupings, "mixed"])
      .optional()
      .meta({ description: "Of buckets: which series counted." }),
  })
  .meta({ id: "Point" });

const extent = z.strictObject({
  avg: number.nullable(),
  min: number.nullable(),
  max: number.nullable(),
  last: number.nullable(),
});
const ofDay = { unit: text.nullable(), series: text };
const day = z
  .strictObject({
    date,
    metrics: z.record(
      text,
      z.union([
        z.strictObject({ total: number, ...ofDay }),
        z.strictObject({ ...extent.shape, diastolic: extent.optional(), ...ofDay }),
      ]),
    ),
  })
  .meta({ id: "Day" });

const catalogueEntry = z
  .strictObject({
    name: text,
    display_name: text,
    category: text,
    kind: text,
    aggregation: text,
    unit: text.nullable(),
    known: z.boolean(),
    count,
    first: time,
    last: time,
  })
  .meta({ id: "Metric" });

const minutes = number.nullable();
const night = z
  .strictObject({
    id: text,
    date: date.meta({ description: "Local date of waking." }),
    start: time,
    end: time,
    in_bed_start: time.nullable(),
    in_bed_end: time.nullable(),
    total_min: number,
    core_min: minutes,
    deep_min: minutes,
    rem_min: minutes,
    asleep_min: minutes,
    awake_min: minutes,
    in_bed_min: minutes,
    source: text.nullable(),
  })
  .meta({ id: "Night" });

const stage = z
  .strictObject({ id: text, start: time, end: time, stage: z.enum(sleepStages), source: text.nullable() })
  .meta({ id: "Stage" });

const event = z
  .strictObject({
    id: text,
    type: z.enum(eventTypes),
    name: text,
    start: time,
    end: time.nullable(),
    value: text.nullable(),
    quantity: number.nullable(),
    source: text.nullable(),
    detail: z.record(text, z.unknown()).meta({ description: "Everything that was sent." }),
  })
  .meta({ id: "Event" });

const ecgMembers = {
  id: text,
  start: time,
  end: time.nullable(),
  classification: text.nullable(),
  classification_text: text.nullable(),
  severity: text.nullable(),
  average_heart_rate: number.nullable(),
  sampling_frequency_hz: number.nullable(),
  voltage_count: count,
  source: text.nullable(),
};
const ecgEntry = z.strictObject(ecgMembers).meta({ id: "Ecg" });

export const ecg = z
  .strictObject({
    ...ecgMembers,
    voltages_uv: z
      .array(number.nullable())
      .meta({ description: "Microvolts, evenly spaced; null where what was sent could not be read." }),
  })
  .meta({ id: "EcgWithVoltages" });

export const workout = z
  .looseObject({
    id: text,
    name: text.nullable(),
    type: text,
    start: time,
    end: time,
    duration_s: number.nullable(),
    distance: number.nullable().meta({ description: "Kilometres." }),
    energy: number.nullable().meta({ description: "Kilocalories." }),
    has_route: z.boolean(),
    series: z.array(text),
  })
  .meta({ id: "Workout", description: "And every other scalar that was sent, in canonical units." });

const position = z.array(number).min(2).max(3);
const columns = z.array(number.nullable()).optional();
export const route = z
  .strictObject({
    type: z.literal("Feature"),
    geometry: z.union([
      z.strictObject({ type: z.literal("LineString"), coordinates: z.array(position).min(2) }),
      z.strictObject({ type: z.literal("Point"), coordinates: position }),
    ]),
    properties: z.strictObject({
      workout_id: text,
      name: text.nullable(),
      type: text,
      start: time,
      end: time,
      times: z.array(number).meta({ description: "Epoch seconds, one per position." }),
      speeds_kmh: columns,
      courses_deg: columns,
      horizontal_accuracies_m: columns,
      vertical_accuracies_m: columns,
    }),
  })
  .meta({ id: "Route" });

const sample = z
  .strictObject({
    series: text,
    time,
    value: number,
    min: number.optional(),
    max: number.optional(),
    unit: text,
  })
  .meta({ id: "WorkoutSample" });

export const receipts = listOf(receipt);
export const catalogue = listOf(catalogueEntry);
export const points = listOf(point, { metric: text, unit: text.nullable() });
export const days = listOf(day);
export const nights = listOf(night);
export const stages = listOf(stage);
export const events = listOf(event);
export const ecgs = listOf(ecgEntry);
export const workouts = listOf(workout);
export const samples = listOf(sample);
