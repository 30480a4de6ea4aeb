/**
 * What a delivery turns into: the kinds of record that stores keep, each with its natural key.
 *
 * Records are plain data. How two deliveries of one key merge is in `merge.ts`; how records become days, nights and
 * workouts is in `day.ts`, `sleep.ts` and `workout.ts`. Times are integer milliseconds since the Unix epoch (`…Ms`),
 * offsets are minutes east of UTC (`offsetMin`), values are in the metric's canonical unit (`registry.ts`).
 */

/**
 * Time grouping of a point: `raw` is one HealthKit sample; all others are buckets that the app made.
 * Ordered from fine to coarse. The array's order is also the stored code (`raw` = 0, …, `year` = 7): never reorder.
 */
export const groupings = ["raw", "second", "minute", "hour", "day", "week", "month", "year"] as const;
export type Grouping = (typeof groupings)[number];

/** True where the bucket is keyed by its local date rather than by an instant (travel must not double a day). */
export function isDateKeyed(grouping: Grouping): boolean {
  return grouping === "day" || grouping === "week" || grouping === "month" || grouping === "year";
}

/**
 * Position of a delivery in the order of arrival. Of two deliveries that disagree the later one is right:
 * later receive time, then later ingestion.
 */
export interface Arrival {
  receivedMs: number;
  /** Number of the ingestion in its store, ascending in the order of archiving. */
  ingestion: number;
}

/** Negative when `a` arrived before `b`, positive when after, 0 for the same delivery. */
export function compareArrival(a: Arrival, b: Arrival): number {
  return a.receivedMs - b.receivedMs || a.ingestion - b.ingestion;
}

/**
 * A stored point of a quantity metric (heart rate and blood pressure included), grouped or single.
 *
 * Key of a grouped point: metric, variant, grouping, start. Key of a sample (`grouping` `raw`): metric, variant,
 * start, end, normalised source, values, nth.
 */
export interface Point {
  grouping: Grouping;
  /** `reason`, `mealTime`, `value` and the like; "" when the metric has none. */
  variant: string;
  /** Instant at which the bucket or sample begins. */
  startMs: number;
  /** Instant at which a sample ends; null when it was sent without an end, and for buckets. */
  endMs: number | null;
  /** Offset of the local clock, from the earliest delivery that had the record: local date = start + offset. */
  offsetMin: number;
  /** The quantity; the average of heart rate; systolic pressure. */
  value: number;
  /** Minimum of a heart-rate bucket; diastolic pressure; else null. */
  value2: number | null;
  /** Maximum of a heart-rate bucket; else null. */
  value3: number | null;
  /** Source as sent (newest delivery); null when none was sent. */
  source: string | null;
  /** True when only lower bounds are known: the first bucket of deliveries that may have been cut. */
  isLowerBound: boolean;
  /** Arrival of the delivery whose full value counts (or of the newest lower bound where there is no full value). */
  receivedMs: number;
}

/** Stages of sleep as stored. `asleep` is sleep of unknown stage; `unknown` is text nobody could map. */
export const sleepStages = ["in_bed", "asleep", "core", "deep", "rem", "awake", "unknown"] as const;
export type SleepStage = (typeof sleepStages)[number];

/** One stage segment as delivered. Key: start, stage, normalised source. */
export interface SleepSegment extends Arrival {
  startMs: number;
  endMs: number;
  offsetMin: number;
  stage: SleepStage;
  /** Normalised source (key). */
  sourceKey: string;
  /** Source as sent. */
  source: string | null;
  /** Index among the delivery's items: the later of two in one delivery is the newer. */
  position: number;
}

/** One night as delivered in summary form. Key: sleep end, normalised source. Minutes, null where not sent. */
export interface SleepSummary extends Arrival {
  sleepStartMs: number;
  sleepEndMs: number;
  inBedStartMs: number | null;
  inBedEndMs: number | null;
  offsetMin: number;
  totalMin: number;
  coreMin: number | null;
  deepMin: number | null;
  remMin: number | null;
  /** Sleep of unknown stage. */
  asleepMin: number | null;
  awakeMin: number | null;
  inBedMin: number | null;
  sourceKey: string;
  source: string | null;
  position: number;
}

/** A night as people see it (contract section 3): after merging, hiding and joining. */
export interface Night {
  startMs: number;
  endMs: number;
  inBedStartMs: number | null;
  inBedEndMs: number | null;
  /** Offset at waking: the night belongs to the local date of `endMs`. */
  offsetMin: number;
  totalMin: number;
  coreMin: number | null;
  deepMin: number | null;
  remMin: number | null;
  asleepMin: number | null;
  awakeMin: number | null;
  inBedMin: number | null;
  sourceKey: string;
  source: string | null;
  /** `summary`: the app sent the night whole; `segments`: made from stage segments. */
  origin: "summary" | "segments";
}

/** Receipt names of the kinds of event, each from one array of the envelope. */
export const eventTypes = [
  "symptoms",
  "state_of_mind",
  "medications",
  "cycle_tracking",
  "heart_rate_notifications",
] as const;
export type EventType = (typeof eventTypes)[number];

/** A symptom, mood, medication, notification or cycle entry. Key: `type` and `key` (spec section 7, names mapped). */
export interface HealthEvent {
  type: EventType;
  /** Natural key as text: the parts of spec section 7 in a fixed order. Stable across deliveries and locales. */
  key: string;
  /** What it is, as a mapped slug (`headache`, `menstrual_flow`) or the raw text where no mapping is known. */
  name: string;
  startMs: number;
  endMs: number | null;
  offsetMin: number;
  /** The mapped value (severity, status, flow, kind) or the raw text; null when there is none. */
  value: string | null;
  /** A number where the event has one: valence, dosage, threshold; else null. */
  quantity: number | null;
  source: string | null;
  /** Everything that was sent, as an object (unknown fields included), for people who need the rest. */
  detail: Record<string, unknown>;
}

/** One electrocardiogram. Key: start, normalised source. */
export interface EcgRecording {
  startMs: number;
  endMs: number | null;
  offsetMin: number;
  /** Mapped slug such as `sinus_rhythm`, or raw text; null when not sent. */
  classification: string | null;
  classificationText: string | null;
  severity: string | null;
  averageHeartRate: number | null;
  samplingFrequencyHz: number | null;
  sourceKey: string;
  source: string | null;
  /** Voltages in microvolts at the sampling frequency, in the order of time. */
  voltagesUv: Float32Array;
  detail: Record<string, unknown>;
}

/** Scalars of a workout by the names that the API uses; canonical units. Only fields that a delivery has are present. */
export type WorkoutScalars = Record<string, string | number | boolean | Record<string, unknown> | null>;

/** One series of a workout: points at instants, one value each (`avg`) and bounds where sent. */
export interface WorkoutSeries {
  /** `heart_rate`, `heart_rate_recovery`, `step_count`, … (registry names where there is one). */
  name: string;
  unit: string;
  /** Interleaved rows of `seriesColumns` numbers: timeMs, value, min (NaN), max (NaN). */
  rows: Float64Array;
  /** Points inside [start, end] of the workout as delivered: more wins, then newer. */
  insideCount: number;
}
export const seriesColumns = 4;

/** The route of a workout. Rows of `routeColumns` numbers; NaN where not sent or marked invalid. */
export interface WorkoutRoute {
  /** timeMs, latitude, longitude, altitudeM, speedKmh, courseDeg, horizontalAccuracyM, verticalAccuracyM. */
  rows: Float64Array;
  insideCount: number;
}
export const routeColumns = 8;

/** One workout as delivered. Key: `haeId`, else (start, end). */
export interface Workout {
  /** Upper-case id that the app gives (v2); null in v1. */
  haeId: string | null;
  startMs: number;
  endMs: number;
  offsetMin: number;
  scalars: WorkoutScalars;
  series: WorkoutSeries[];
  route: WorkoutRoute | null;
}

/** Item error codes of contract section 3.1. */
export type ItemErrorCode =
  | "invalid_date"
  | "invalid_value"
  | "missing_field"
  | "out_of_range"
  | "unknown_unit"
  | "unsupported_shape"
  | "storage_error";

/** Warning codes of contract section 3.1. */
export type WarningCode =
  | "suspicious_value"
  | "unknown_metric"
  | "unit_assumed"
  | "future_date"
  | "clock_skew"
  | "unknown_key"
  | "mixed_grouping";

/** Why one item could not be used. `message` is a sentence without health values. */
export interface ItemError {
  error: ItemErrorCode;
  field?: string;
  message: string;
}
