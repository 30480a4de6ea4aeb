/**
 * The embedded store: one main file, one archive file a month, one class that only forwards.
 *
 * SQLite is synchronous, so each method does its work before it returns; the promises are the interface's. Threads open
 * stores of their own. `emptyDerived` and `removeUser` are the only operations that touch every table.
 */
import { existsSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { EcgRecording, EventType, HealthEvent, Workout } from "../../health/record.js";
import { problem } from "../../problem.js";
import * as s from "../store.js";
import { Archive, monthOf } from "./archive.js";
import { Connection, isRefusal } from "./connection.js";
import { readDays, rebuildSomeDirtyDays } from "./days.js";
import { sizeWithJournal } from "./file-size.js";
import { checkSchema, migrateUp } from "./migrate.js";
import { Names, syncRegistry } from "./names.js";
import * as queue from "./queue.js";
import { readPoints } from "./read-points.js";
import * as read from "./read-records.js";
import * as users from "./users.js";
import { writeEcg, writeEvents } from "./write-events.js";
import { writePoints } from "./write-points.js";
import { writeSleep } from "./write-sleep.js";
import { writeWorkout } from "./write-workouts.js";

export interface SqliteOptions {
  /** The main file; the archive lies in `raw/` beside it. */
  path: string;
  /** Makes the file where it is missing. */
  create: boolean;
  /** Refuses every write; pending migrations are an error then. */
  readonly: boolean;
  /** Applies pending migrations (otherwise they are refused). */
  migrate: boolean;
}

const derivedTables = [
  "grouped_points",
  "samples",
  "night_records",
  "segment_records",
  "nights",
  "event_records",
  "ecg_records",
  "workout_records",
  "workout_series",
  "workout_tracks",
  "visible_workouts",
  "days",
  "dirty_days",
  "rejected_items",
];

export class SqliteStore implements s.Store {
  readonly engine = "sqlite" as const;
  private readonly db: Connection;
  private readonly archiveFiles: Archive;
  private readonly names: Names;
  private readonly path: string;

  constructor(options: SqliteOptions) {
    this.path = options.path;
    if (!existsSync(options.path) && !options.create) {
      throw problem("no_store", `There is no store at ${options.path}.`);
    }
    this.db = new Connection(options.path, {
      kind: "main",
      readonly: options.readonly,
      create: options.create,
      synchronous: "NORMAL",
    });
    try {
      const { pending } = checkSchema(this.db);
      if (options.migrate && !options.readonly) {
        migrateUp(this.db);
        syncRegistry(this.db);
      } else if (pending > 0) {
        throw problem("failed", `The store at ${options.path} needs ${pending} migration(s).`, {
          hint: "selfsensored migrate up",
        });
      }
    } catch (error) {
      this.db.close();
      throw error;
    }
    this.names = new Names(this.db);
    this.archiveFiles = new Archive(join(dirname(options.path), "raw"), { readonly: options.readonly });
  }

  async close(): Promise<void> {
    this.archiveFiles.close();
    this.db.close();
  }

  // Users and keys

  async users() {
    return users.listUsers(this.db);
  }
  async addUser(user: { name: string; email: string | null; timeZone: string }) {
    return users.addUser(this.db, user);
  }
  async removeUser(userId: number) {
    const user = users.userById(this.db, userId);
    const removed = users.removeUser(this.db, userId);
    this.names.forget();
    if (user) removed["archived payloads"] = this.archiveFiles.removeUser(user.id);
    return removed;
  }
  async keys() {
    return users.listKeys(this.db);
  }
  async keyByHandle(handle: string) {
    return users.keyByHandle(this.db, handle);
  }
  async addKey(key: Parameters<s.Store["addKey"]>[0]) {
    users.addKey(this.db, key);
  }
  async revokeKey(id: string) {
    return users.revokeKey(this.db, id);
  }
  async rotateKey(id: string, change: { secretHash: string; previousUntilMs: number }) {
    return users.rotateKey(this.db, id, change);
  }
  async noteKeyUse(ids: readonly string[]) {
    users.noteKeyUse(this.db, ids);
  }
  async localSecret() {
    return users.localSecret(this.db);
  }
  async createFirst(user: { name: string; timeZone: string }, key: (user: s.User) => Parameters<s.Store["addKey"]>[0]) {
    return users.createFirst(this.db, user, key);
  }

  // Archive

  async archive(facts: s.DeliveryFacts, body: AsyncIterable<Uint8Array> | Uint8Array) {
    const known = await this.deliveryByBytes(facts.userId, facts.sha256);
    if (known) return { delivery: known, isNew: false };
    return this.archiveFiles.keep(facts, body);
  }
  async deliveryByBytes(userId: number, sha256: Buffer): Promise<s.Delivery | null> {
    const queued = queue.ingestionByBytes(this.db, userId, sha256);
    if (queued) return queued;
    // Archived a moment ago and not queued yet.
    const user = users.userById(this.db, userId);
    return user ? this.archiveFiles.byBytes(user.id, sha256, monthOf(Date.now() * 1000)) : null;
  }
  rawBytes(delivery: Pick<s.Delivery, "id" | "arrival">): AsyncIterable<Buffer> {
    return this.archiveFiles.read(delivery);
  }
  async adoptArchived(): Promise<number> {
    this.archiveFiles.dropUnnamed();
    let adopted = 0;
    let missing: s.Delivery[] = [];
    const flush = () => {
      this.db.write(() => {
        for (const delivery of missing) if (queue.insertIngestion(this.db, delivery)) adopted++;
      });
      missing = [];
    };
    for (const month of this.archiveFiles.countedMonths()) {
      // Years of deliveries must not make a start slow: a month that is queued whole is not looked through.
      if (queue.countBetween(this.db, month.from, month.to) === month.count) continue;
      for (const delivery of this.archiveFiles.deliveries(month.name)) {
        if (queue.isEnqueued(this.db, delivery.arrival)) continue;
        missing.push(delivery);
        if (missing.length === 100) flush();
      }
    }
    if (missing.length > 0) flush();
    return adopted;
  }

  // Queue

  async enqueue(delivery: s.Delivery) {
    if (queue.isEnqueued(this.db, delivery.arrival)) return;
    this.db.write(() => queue.insertIngestion(this.db, delivery));
  }
  async claim(owner: string, leaseMs: number, only?: { arrival: number }) {
    return queue.claim(this.db, owner, leaseMs, only);
  }
  async renewLease(arrival: number, owner: string, leaseMs: number) {
    return queue.renewLease(this.db, arrival, owner, leaseMs);
  }
  async release(arrival: number, owner: string, options: { delayMs: number; countsAsAttempt: boolean }) {
    queue.release(this.db, arrival, owner, options);
  }
  async releaseAll(owner: string, options: { countsAsAttempt: boolean }) {
    queue.releaseAll(this.db, owner, options);
  }
  async fail(arrival: number, owner: string, failure: { code: string; detail: string }) {
    queue.fail(this.db, arrival, owner, failure);
  }
  async finish(arrival: number, owner: string, outcome: s.Outcome, processingTimeMs: number) {
    return queue.finish(this.db, arrival, owner, outcome, processingTimeMs);
  }
  async requeue(selection: s.IngestionSelection) {
    return queue.requeue(this.db, selection);
  }
  async queueDepth() {
    return queue.queueDepth(this.db);
  }

  // Writing

  /** One transaction; what the database refuses comes out as `RefusedByStore`, for the caller to bisect. */
  private transact<T>(work: () => T): T {
    try {
      return this.db.write(work);
    } catch (error) {
      this.names.forget();
      if (isRefusal(error)) throw new s.RefusedByStore("the database refused the batch", { cause: error });
      throw error;
    }
  }
  async writePoints(context: s.WriteContext, batch: s.PointBatch) {
    return this.transact(() => writePoints(this.db, this.names, context, batch));
  }
  async writeSleep(context: s.WriteContext, items: Parameters<s.Store["writeSleep"]>[1]) {
    return this.transact(() => writeSleep(this.db, this.names, context, items));
  }
  async writeEvents(context: s.WriteContext, events: readonly (HealthEvent & { position: number })[]) {
    return this.transact(() => writeEvents(this.db, context, events));
  }
  async writeEcg(context: s.WriteContext, recording: EcgRecording & { position: number }) {
    return this.transact(() => writeEcg(this.db, context, recording));
  }
  async writeWorkout(context: s.WriteContext, workout: Workout & { position: number }) {
    return this.transact(() => writeWorkout(this.db, context, workout));
  }
  async writeRejected(arrival: number, items: readonly s.RejectedItem[], options: { reset: boolean }) {
    this.db.write(() => {
      if (options.reset) this.db.sql("delete from rejected_items where arrival = ?").run(arrival);
      const insert = this.db.sql(
        `insert or replace into rejected_items (arrival, position, item_type, metric, item_index, error, field, message, item)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      for (const item of items) {
        insert.run(
          arrival,
          item.position,
          item.item_type,
          item.metric ?? null,
          item.item_index,
          item.error,
          item.field ?? null,
          item.message,
          item.item,
        );
      }
    });
  }
  async rebuildDirtyDays(userId?: number): Promise<number> {
    let days = 0;
    while (true) {
      const done = rebuildSomeDirtyDays(this.db, userId);
      if (done === 0) return days;
      days += done;
    }
  }
  async emptyDerived(): Promise<number> {
    const queued = this.db.write(() => {
      const { changes } = this.db
        .sql(
          "update ingestions set status = 'pending', attempts = 0, not_before_ms = 0, lease_owner = null, lease_until_ms = null",
        )
        .run();
      // One transaction with the emptying: a crash in between must not leave half a store that looks whole.
      for (const table of derivedTables) this.db.raw.exec(`delete from ${table}`);
      return changes;
    });
    return queued;
  }

  // Reading

  async ingestions(selection: s.IngestionSelection, page: s.PageRequest) {
    return queue.listIngestions(this.db, selection, page);
  }
  async rejectedItems(arrival: number, after: number, limit: number) {
    return read.readRejected(this.db, arrival, after, limit);
  }
  async catalogue(userId: number) {
    return read.readCatalogue(this.db, userId);
  }
  async points(selection: s.PointSelection, page: s.PageRequest) {
    return readPoints(this.db, selection, page);
  }
  async days(userId: number, fromDay: number, toDay: number, metrics: readonly string[] | null) {
    return readDays(this.db, userId, fromDay, toDay, metrics);
  }
  async nights(userId: number, range: s.TimeRange, page: s.PageRequest) {
    return read.readNights(this.db, userId, range, page);
  }
  async stages(userId: number, range: s.TimeRange, page: s.PageRequest) {
    return read.readStages(this.db, userId, range, page);
  }
  async events(userId: number, range: s.TimeRange & { type?: EventType | undefined }, page: s.PageRequest) {
    return read.readEvents(this.db, userId, range, page);
  }
  async ecgs(userId: number, range: s.TimeRange, page: s.PageRequest) {
    return read.readEcgs(this.db, userId, range, page);
  }
  async ecg(userId: number, id: string) {
    return read.readEcg(this.db, userId, id);
  }
  async workouts(userId: number, range: s.TimeRange & { type?: string | undefined }, page: s.PageRequest) {
    return read.readWorkouts(this.db, userId, range, page);
  }
  async workout(userId: number, id: string) {
    return read.readWorkout(this.db, userId, id);
  }
  async workoutRoute(userId: number, id: string) {
    return read.readWorkoutRoute(this.db, userId, id);
  }
  async workoutSeries(userId: number, id: string) {
    return read.readWorkoutSeries(this.db, userId, id);
  }
  async summary(): Promise<s.StoreSummary> {
    const perUser = users.listUsers(this.db).map((user) => {
      const last = this.db
        .sql("select arrival, status from ingestions where user_id = ? order by arrival desc limit 1")
        .get(user.userId) as { arrival: number; status: s.IngestionStatus } | undefined;
      const { total } = this.db.sql("select count(*) as total from ingestions where user_id = ?").get(user.userId) as {
        total: number;
      };
      return {
        name: user.name,
        lastIngestionAt: last ? new Date(Math.floor(last.arrival / 1000)).toISOString() : null,
        lastStatus: last?.status ?? null,
        ingestions: total,
      };
    });
    const byStatus = this.db.sql("select status, count(*) as total from ingestions group by status").all() as {
      status: string;
      total: number;
    }[];
    return {
      users: perUser,
      byStatus: Object.fromEntries(byStatus.map((row) => [row.status, row.total])),
      databaseBytes: sizeWithJournal(this.path),
      archiveBytes: this.archiveFiles.sizeBytes(),
    };
  }
  async freeBytes(): Promise<number | null> {
    const { bavail, bsize } = statfsSync(dirname(this.path));
    return bavail * bsize;
  }
}
