/**
 * Where everything is kept: the one interface between the program and its database.
 *
 * Whole operations only: no transaction, statement or driver type crosses it. Every method may be called from any
 * thread that opened the store. Two implementations (`sqlite/`, `postgres/`) behave the same to the last number; the
 * suite in `test/store` runs over each.
 *
 * Errors: `Problem` with code `storage_unavailable` when trying again may help (disk full, locked, connection lost);
 * anything else is a bug. Merging needs no order: see `docs/decisions/0002-convergence.md`.
 */

import type {
  EcgRecording,
  EventType,
  Grouping,
  HealthEvent,
  Night,
  SleepSegment,
  SleepStage,
  SleepSummary,
  Workout,
  WorkoutScalars,
} from "../health/record.js";
import type { MetricDefinition } from "../health/registry.js";

export const scopes = ["ingest", "read", "admin"] as const;
export type Scope = (typeof scopes)[number];

export interface User {
  /** Number in this store; never leaves the program. */
  userId: number;
  /** UUIDv7, public. */
  id: string;
  name: string;
  email: string | null;
  timeZone: string;
  /** Normalised source names, preferred first; empty: watch, phone, others. */
  sourceOrder: string[];
  createdAt: string;
}

export interface ApiKey {
  /** UUIDv7, public: what `keys revoke` and `keys rotate` take. */
  id: string;
  /** The public part of the key itself (`ss_<handle>_<secret>`). */
  handle: string;
  userId: number;
  name: string;
  scopes: Scope[];
  secretHash: string;
  /** Hash of the secret before the last rotation, good until `previousUntilMs`. */
  previousHash: string | null;
  previousUntilMs: number | null;
  requestsPerHour: number | null;
  bandwidthPerHour: number | null;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
}

export type IngestionStatus = "pending" | "processing" | "processed" | "partial" | "rejected" | "failed";

/** What came with a delivery's bytes; everything that processing may depend on. */
export interface DeliveryFacts {
  userId: number;
  /** UUID of the user: the archive names people by it, so that it can be read without the main file. */
  userUuid: string;
  keyId: string | null;
  /** Receive time; for files the time of their making. Milliseconds. */
  receivedMs: number;
  contentType: string | null;
  /** Health Auto Export's headers, lower case: automation-name, -id, -aggregation, -period, session-id. */
  headers: Record<string, string>;
  via: "http" | "cli";
  fileName: string | null;
  requestId: string | null;
  /** SHA-256 of the bytes with Content-Encoding undone. */
  sha256: Buffer;
  /** Bytes with Content-Encoding undone, and as they came over the wire. */
  bodyBytes: number;
  wireBytes: number;
}

/** A delivery as archived: durable, named, ordered. */
export interface Delivery extends DeliveryFacts {
  /** UUIDv7: the ingestion id of receipts. */
  id: string;
  /** Receive time in microseconds, unique in the store: the order in which deliveries count. */
  arrival: number;
}

export interface Ingestion extends Delivery {
  status: IngestionStatus;
  attempts: number;
  problemCode: string | null;
  problemDetail: string | null;
  processedAt: string | null;
  processingTimeMs: number | null;
  outcome: Outcome | null;
}

export interface Counts {
  received: number;
  inserted: number;
  updated: number;
  unchanged: number;
  rejected: number;
}

export interface ReceiptError {
  item_type: string;
  metric?: string;
  item_index: number;
  error: string;
  field?: string;
  message: string;
}

export interface ReceiptWarning {
  item_type: string;
  metric?: string;
  item_index?: number;
  warning: string;
  value?: number;
  message: string;
}

/** What processing found: everything of a receipt but its names and times. Lists hold the first 100. */
export interface Outcome {
  status: "processed" | "partial" | "rejected";
  processed: Record<string, number>;
  counts: Counts;
  by_type: Record<string, Counts>;
  errors: ReceiptError[];
  errors_total: number;
  warnings: ReceiptWarning[];
  warnings_total: number;
  /** Set where the whole body could not be used: `invalid_json`, `invalid_envelope`, `unsupported_media_type`. */
  problem?: { code: string; detail: string };
}

export interface RejectedItem extends ReceiptError {
  /** Running number within the delivery. */
  position: number;
  /** The item as JSON, cut to a few kilobytes, so that people can see what was meant. */
  item: string | null;
}

/** Rows of points as staged: `pointColumns` numbers each, ascending by variant, start, end, source key, values, position. */
export const pointColumns = 12;
export const pointColumn = {
  variant: 0, // index into PointBatch.variants
  start: 1, // instant, ms; for day and longer grouping: the local date, days
  end: 2, // instant, ms; equal to start where none was sent
  sourceKey: 3, // index into PointBatch.sources (normalised name)
  value: 4,
  value2: 5, // NaN where none
  value3: 6, // NaN where none
  position: 7, // order within the delivery
  source: 8, // index into PointBatch.sources (as sent)
  offsetMin: 9,
  flags: 10, // pointFlags
  nth: 11, // samples: running number among equal neighbours
} as const;
export const pointFlags = { lowerBound: 1, uncounted: 2 } as const;

/** Points of one metric and one grouping, sorted as above, without two rows of one key. */
export interface PointBatch {
  metric: MetricRef;
  grouping: Grouping;
  rows: Float64Array;
  rowCount: number;
  /** Tables of text that rows refer to by index; index 0 is "" (no variant, no source). */
  variants: readonly string[];
  sources: readonly string[];
}

/** A metric in a store: from the registry, or unknown by name (then kept generically, `unit` per variant). */
export interface MetricRef {
  name: string;
  definition: MetricDefinition | null;
}

/** How many items a write made new, changed, or found already there (or something newer). */
export interface WriteCounts {
  inserted: number;
  updated: number;
  unchanged: number;
}

/** Thrown by a write when the database refuses the data itself: the caller bisects and isolates the item. */
export class RefusedByStore extends Error {
  override name = "RefusedByStore";
}

export interface WriteContext {
  userId: number;
  arrival: number;
}

/** One selection of points. Instants in ms; `from` included, `to` not. */
export interface PointSelection {
  userId: number;
  metric: string;
  fromMs: number;
  toMs: number;
  groupings?: readonly Grouping[];
  /** Normalised source name. */
  sourceKey?: string;
}

export interface PointRow {
  grouping: Grouping;
  variant: string;
  /** Instant at which the bucket or sample begins (for day and longer: local midnight at its offset). */
  startMs: number;
  endMs: number | null;
  offsetMin: number;
  /** Local date, days since 1970-01-01. */
  localDay: number;
  /** Larger of full value and lower bound. */
  value: number;
  value2: number | null;
  value3: number | null;
  fullValue: number | null;
  lowerBound: number | null;
  source: string | null;
  sourceKey: string;
  arrival: number;
  /** Opaque position for paging in the order (startMs, grouping, key). */
  cursor: string;
}

export interface DayRow {
  metric: string;
  unit: string | null;
  localDay: number;
  total: number | null;
  avg: number | null;
  min: number | null;
  max: number | null;
  last: number | null;
  avg2: number | null;
  min2: number | null;
  max2: number | null;
  last2: number | null;
  lastMs: number | null;
  pointCount: number;
  series: string;
}

export interface CatalogueRow {
  metric: string;
  displayName: string;
  category: string;
  kind: string;
  aggregation: string;
  unit: string | null;
  isRegistered: boolean;
  count: number;
  firstMs: number;
  lastMs: number;
}

export interface NightRow extends Night {
  id: string;
  localDay: number;
}

export interface StageRow {
  id: string;
  startMs: number;
  endMs: number;
  offsetMin: number;
  stage: SleepStage;
  source: string | null;
}

export interface EventRow extends HealthEvent {
  id: string;
}

export interface EcgRow extends Omit<EcgRecording, "voltagesUv"> {
  id: string;
  voltageCount: number;
}

export interface WorkoutRow {
  id: string;
  startMs: number;
  endMs: number;
  offsetMin: number;
  localDay: number;
  name: string | null;
  type: string;
  scalars: WorkoutScalars;
  /** Bounding box of the route in degrees; null without a route. */
  bounds: { west: number; south: number; east: number; north: number } | null;
  series: string[];
}

export interface WorkoutSeriesRows {
  name: string;
  unit: string;
  rows: Float64Array;
}

/** Page through a list: rows after the opaque cursor, at most `limit`, and the cursor of the next page. */
export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}
export interface Page<T> {
  rows: T[];
  nextCursor: string | null;
}

export interface TimeRange {
  fromMs: number;
  toMs: number;
}

export interface IngestionSelection {
  userId?: number;
  fromMs?: number;
  toMs?: number;
  statuses?: readonly IngestionStatus[];
  id?: string;
}

/** Claimed work: the delivery, and the tries so far including this one. */
export interface Claim {
  delivery: Delivery;
  attempts: number;
}

export interface Store {
  readonly engine: "sqlite" | "postgres";
  close(): Promise<void>;

  // Users and keys
  users(): Promise<User[]>;
  addUser(user: { name: string; email: string | null; timeZone: string }): Promise<User>;
  /** Erases keys, records, summaries and archived bytes; says how many of each went. */
  removeUser(userId: number): Promise<Record<string, number>>;
  keys(): Promise<(ApiKey & { userName: string })[]>;
  keyByHandle(handle: string): Promise<(ApiKey & { user: User }) | null>;
  addKey(
    key: Omit<ApiKey, "createdAt" | "revokedAt" | "lastUsedAt" | "previousHash" | "previousUntilMs">,
  ): Promise<void>;
  /** False when there is no such key. */
  revokeKey(id: string): Promise<boolean>;
  /** Gives a key a new secret; the old one stays good until `previousUntilMs`. False when there is no live key. */
  rotateKey(id: string, change: { secretHash: string; previousUntilMs: number }): Promise<boolean>;
  noteKeyUse(ids: readonly string[]): Promise<void>;
  /** A random secret of this store (32 bytes), made once: keys HMACs of cached key checks. */
  localSecret(): Promise<Buffer>;
  /** Creates user and key only where no user exists yet; false when somebody else was first. */
  createFirst(
    user: { name: string; timeZone: string },
    key: (user: User) => Parameters<Store["addKey"]>[0],
  ): Promise<boolean>;

  // Archive: exact bytes, durable before it resolves
  /**
   * Stores the bytes, unless the user sent the very same before: then the earlier delivery comes back, `isNew` false. A
   * piece of the body need only be good until the next is asked for.
   */
  archive(
    facts: DeliveryFacts,
    body: AsyncIterable<Uint8Array> | Uint8Array,
  ): Promise<{ delivery: Delivery; isNew: boolean }>;
  deliveryByBytes(userId: number, sha256: Buffer): Promise<Delivery | null>;
  /** The exact bytes, in pieces of about a megabyte. */
  rawBytes(delivery: Pick<Delivery, "id" | "arrival">): AsyncIterable<Buffer>;
  /** Queues what was archived but never queued (a crash between the two). Number of deliveries queued. */
  adoptArchived(): Promise<number>;

  // Queue by row state with leases
  /** Makes an archived delivery visible as `pending` (no change when it is there already). */
  enqueue(delivery: Delivery): Promise<void>;
  /** Takes the oldest pending (or this very) delivery whose time has come, or one whose lease ran out. */
  claim(owner: string, leaseMs: number, only?: { arrival: number }): Promise<Claim | null>;
  renewLease(arrival: number, owner: string, leaseMs: number): Promise<boolean>;
  /** Back to `pending`, not before `delayMs` from now. */
  release(arrival: number, owner: string, options: { delayMs: number; countsAsAttempt: boolean }): Promise<void>;
  fail(arrival: number, owner: string, problem: { code: string; detail: string }): Promise<void>;
  /** Hands back what this owner holds: an orderly stop, or what is left of a dead one (then it counts as an attempt). */
  releaseAll(owner: string, options: { countsAsAttempt: boolean }): Promise<void>;
  /** False where the owner has lost the delivery meanwhile (a rebuild took it away): somebody will do it again. */
  finish(arrival: number, owner: string, outcome: Outcome, processingTimeMs: number): Promise<boolean>;
  /** Sets matching deliveries to `pending` again; the number set. */
  requeue(selection: IngestionSelection): Promise<number>;
  queueDepth(): Promise<{ depth: number; oldestMs: number | null }>;

  // Writing derived records; each call is one transaction
  writePoints(context: WriteContext, batch: PointBatch): Promise<WriteCounts>;
  writeSleep(
    context: WriteContext,
    items: readonly (
      | { kind: "summary"; night: Omit<SleepSummary, "receivedMs" | "ingestion"> }
      | { kind: "segment"; segment: Omit<SleepSegment, "receivedMs" | "ingestion"> }
    )[],
  ): Promise<WriteCounts>;
  writeEvents(context: WriteContext, events: readonly (HealthEvent & { position: number })[]): Promise<WriteCounts>;
  writeEcg(context: WriteContext, recording: EcgRecording & { position: number }): Promise<WriteCounts>;
  writeWorkout(context: WriteContext, workout: Workout & { position: number }): Promise<WriteCounts>;
  /** Replaces what an earlier try of the same delivery listed. Call with `reset` first, then in batches. */
  writeRejected(arrival: number, items: readonly RejectedItem[], options: { reset: boolean }): Promise<void>;
  /** Rebuilds every day marked dirty, of one user or all. Number of days. */
  rebuildDirtyDays(userId?: number): Promise<number>;
  /** Empties every derived table and sets all deliveries to `pending` (for a rebuild). */
  emptyDerived(): Promise<number>;

  // Reading
  ingestions(selection: IngestionSelection, page: PageRequest): Promise<Page<Ingestion>>;
  rejectedItems(arrival: number, after: number, limit: number): Promise<RejectedItem[]>;
  catalogue(userId: number): Promise<CatalogueRow[]>;
  points(selection: PointSelection, page: PageRequest): Promise<Page<PointRow>>;
  days(userId: number, fromDay: number, toDay: number, metrics: readonly string[] | null): Promise<DayRow[]>;
  nights(userId: number, range: TimeRange, page: PageRequest): Promise<Page<NightRow>>;
  stages(userId: number, range: TimeRange, page: PageRequest): Promise<Page<StageRow>>;
  events(
    userId: number,
    range: TimeRange & { type?: EventType | undefined },
    page: PageRequest,
  ): Promise<Page<EventRow>>;
  ecgs(userId: number, range: TimeRange, page: PageRequest): Promise<Page<EcgRow>>;
  ecg(userId: number, id: string): Promise<(EcgRow & { voltagesUv: Float32Array }) | null>;
  workouts(
    userId: number,
    range: TimeRange & { type?: string | undefined },
    page: PageRequest,
  ): Promise<Page<WorkoutRow>>;
  workout(userId: number, id: string): Promise<WorkoutRow | null>;
  workoutRoute(userId: number, id: string): Promise<Float64Array | null>;
  workoutSeries(userId: number, id: string): Promise<WorkoutSeriesRows[] | null>;
  /** What `status` and `/health`-like answers need, cheap: per user the last delivery, counts by status, sizes. */
  summary(): Promise<StoreSummary>;
  /** Free bytes where the store lives; null when it cannot be told (a remote server). */
  freeBytes(): Promise<number | null>;
}

export interface StoreSummary {
  users: { name: string; lastIngestionAt: string | null; lastStatus: IngestionStatus | null; ingestions: number }[];
  byStatus: Record<string, number>;
  databaseBytes: number;
  archiveBytes: number;
}
