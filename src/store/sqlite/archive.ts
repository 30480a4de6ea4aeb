/**
 * The archive: exact bytes of every delivery, one SQLite file a month (`raw/2026-11.db`), durable before anybody is
 * told so. Dropping a month is deleting a file; the main file stays small.
 *
 * Callers may rely on: when `keep` resolves, bytes and facts are on disk (`synchronous = FULL`); a crash in the middle
 * leaves only chunks without a name, which the next start removes. Large bodies go in as compressed chunks in short
 * transactions, the naming row last. An arrival (receive time in microseconds) is unique, because it is the key of the
 * naming row: two processes that receive in the same microsecond get neighbouring ones.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { constants, gunzip, gzip } from "node:zlib";
import { makeFolder } from "../make-folder.js";
import type { Delivery, DeliveryFacts } from "../store.js";
import { uuidv7 } from "../uuid.js";
import { Connection } from "./connection.js";
import { sizeWithJournal } from "./file-size.js";

const chunkBytes = 1024 * 1024;
/** A process that is still writing chunks touches its upload row at least this often. */
const staleUploadMs = 24 * 3600 * 1000;
const compress = promisify(gzip);
const inflate = promisify(gunzip);
/** Level 1: several times the speed of level 6 for a third more space. */
const gzipOptions = { level: constants.Z_BEST_SPEED };

const schema = `
create table if not exists uploads (
  upload integer primary key,
  started_ms integer not null
) strict;
create table if not exists chunks (
  upload integer not null,
  nth integer not null,
  bytes blob not null,
  primary key (upload, nth)
) strict;
create table if not exists deliveries (
  arrival integer primary key,
  id text not null unique,
  upload integer not null,
  user text not null,
  sha256 blob not null,
  facts text not null
) strict;
create unique index if not exists deliveries_by_bytes on deliveries (user, sha256);
`;

export function monthOf(arrival: number): string {
  return new Date(Math.floor(arrival / 1000)).toISOString().slice(0, 7);
}

interface DeliveryRow {
  arrival: number;
  id: string;
  upload: number;
  user: string;
  sha256: Buffer;
  facts: string;
}

export class Archive {
  private readonly folder: string;
  private readonly readonly: boolean;
  private readonly months = new Map<string, Connection>();

  constructor(folder: string, options: { readonly: boolean }) {
    this.folder = folder;
    this.readonly = options.readonly;
  }

  /** Months that have a file, oldest first. */
  monthNames(): string[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .map((file) => /^(\d{4}-\d{2})\.db$/.exec(file)?.[1])
      .filter((month) => month !== undefined)
      .sort();
  }

  sizeBytes(): number {
    return this.monthNames().reduce((sum, month) => sum + sizeWithJournal(join(this.folder, `${month}.db`)), 0);
  }

  private month(name: string): Connection | null {
    const open = this.months.get(name);
    if (open) return open;
    const path = join(this.folder, `${name}.db`);
    if (this.readonly && !existsSync(path)) return null;
    if (!this.readonly) makeFolder(this.folder);
    const connection = new Connection(path, {
      kind: "archive",
      readonly: this.readonly,
      create: !this.readonly,
      synchronous: "FULL",
    });
    if (!this.readonly) connection.write(() => connection.raw.exec(schema));
    this.months.set(name, connection);
    return connection;
  }

  /** Stores the bytes and names them. The same bytes of the same user in the same month come back as they were. */
  async keep(
    facts: DeliveryFacts,
    body: AsyncIterable<Uint8Array> | Uint8Array,
  ): Promise<{ delivery: Delivery; isNew: boolean }> {
    const arrival = Math.floor(facts.receivedMs) * 1000;
    const db = this.month(monthOf(arrival))!;
    if (body instanceof Uint8Array && body.byteLength <= chunkBytes) {
      const packed = await compress(body, gzipOptions);
      return db.write(() => {
        const upload = beginUpload(db);
        db.sql("insert into chunks (upload, nth, bytes) values (?, 0, ?)").run(upload, packed);
        return nameUpload(db, upload, arrival, facts);
      });
    }
    const upload = unsynced(db, () => db.write(() => beginUpload(db)));
    try {
      let nth = 0;
      const insert = (packed: Buffer) =>
        unsynced(db, () =>
          db.write(() => db.sql("insert into chunks (upload, nth, bytes) values (?, ?, ?)").run(upload, nth++, packed)),
        );
      // While one chunk is inserted the next is compressed and the one after it read; two buffers take turns.
      const buffers = [new Uint8Array(chunkBytes), new Uint8Array(chunkBytes)];
      let compressing: Promise<Buffer> | null = null;
      for await (const chunk of inChunks(body)) {
        buffers.reverse();
        const copy = buffers[0]!.subarray(0, chunk.byteLength);
        copy.set(chunk);
        const packed = compress(copy, gzipOptions);
        // Its failure is met where it is awaited, even if another one comes first.
        packed.catch(() => {});
        if (compressing) insert(await compressing);
        compressing = packed;
      }
      if (compressing) insert(await compressing);
      return db.write(() => nameUpload(db, upload, arrival, facts));
    } catch (error) {
      try {
        db.write(() => dropUpload(db, upload));
      } catch {
        // The disk may be full: the next start removes what has no name.
      }
      throw error;
    }
  }

  /** The bytes of a delivery in chunks, or null where its month is gone. */
  private *packedChunks(delivery: Pick<Delivery, "id" | "arrival">): Iterable<Buffer> {
    const db = this.month(monthOf(delivery.arrival));
    const row = db
      ?.sql("select upload from deliveries where arrival = ? and id = ?")
      .get(delivery.arrival, delivery.id);
    if (!db || !row) return;
    const { upload } = row as { upload: number };
    // One row a statement: an open cursor would hold back checkpoints for as long as a slow client reads.
    for (let nth = 0; ; nth++) {
      const chunk = db.sql("select bytes from chunks where upload = ? and nth = ?").get(upload, nth);
      if (!chunk) return;
      yield (chunk as { bytes: Buffer }).bytes;
    }
  }

  async *read(delivery: Pick<Delivery, "id" | "arrival">): AsyncIterable<Buffer> {
    for (const packed of this.packedChunks(delivery)) yield await inflate(packed, { chunkSize: chunkBytes });
  }

  byBytes(user: string, sha256: Buffer, month: string): Delivery | null {
    const row = this.month(month)
      ?.sql("select arrival, id, upload, user, sha256, facts from deliveries where user = ? and sha256 = ?")
      .get(user, sha256);
    return row ? deliveryOf(row as DeliveryRow) : null;
  }

  /** Months with the number of their deliveries and the arrivals that they cover (`to` is not one of them), oldest first. */
  *countedMonths(): Iterable<{ name: string; count: number; from: number; to: number }> {
    for (const name of this.monthNames()) {
      const { count } = this.month(name)!.sql("select count(*) as count from deliveries").get() as { count: number };
      const [year, month] = name.split("-").map(Number) as [number, number];
      yield { name, count, from: Date.UTC(year, month - 1) * 1000, to: Date.UTC(year, month) * 1000 };
    }
  }

  /** Everything that was named in a month, oldest first. */
  *deliveries(month: string): Iterable<Delivery> {
    const db = this.month(month)!;
    let after = -1;
    while (true) {
      const rows = db
        .sql(
          "select arrival, id, upload, user, sha256, facts from deliveries where arrival > ? order by arrival limit 500",
        )
        .all(after) as DeliveryRow[];
      for (const row of rows) yield deliveryOf(row);
      if (rows.length < 500) break;
      after = rows.at(-1)!.arrival;
    }
  }

  /** Removes chunks that never got a name. `olderThanMs` 0 at a start that holds the daemon's lock. */
  dropUnnamed(olderThanMs: number = staleUploadMs): void {
    for (const name of this.monthNames()) {
      const db = this.month(name)!;
      const uploads = db.sql("select upload from uploads where started_ms <= ?").all(Date.now() - olderThanMs) as {
        upload: number;
      }[];
      for (const { upload } of uploads) db.write(() => dropUpload(db, upload));
    }
  }

  /** Removes every delivery of a user; how many. */
  removeUser(user: string): number {
    let removed = 0;
    for (const name of this.monthNames()) {
      const db = this.month(name)!;
      const uploads = db.sql("select upload from deliveries where user = ?").all(user) as { upload: number }[];
      for (const { upload } of uploads) {
        db.write(() => {
          db.sql("delete from deliveries where upload = ?").run(upload);
          db.sql("delete from chunks where upload = ?").run(upload);
        });
        removed++;
      }
      if (uploads.length > 0) db.raw.exec("vacuum");
    }
    return removed;
  }

  close(): void {
    for (const connection of this.months.values()) connection.close();
    this.months.clear();
  }
}

/**
 * Runs a write that need not be on disk yet. Chunks mean nothing before they are named, and the naming commit syncs the
 * whole write-ahead log, chunks included: one fsync for a large delivery instead of one for each megabyte.
 */
function unsynced<T>(db: Connection, write: () => T): T {
  db.raw.pragma("synchronous = NORMAL");
  try {
    return write();
  } finally {
    db.raw.pragma("synchronous = FULL");
  }
}

function beginUpload(db: Connection): number {
  // Uploads may be removed, so numbers must not be reused while chunks of the old one could remain.
  const { next } = db
    .sql(
      "select 1 + max(coalesce((select max(upload) from uploads), 0), coalesce((select max(upload) from chunks), 0), coalesce((select max(upload) from deliveries), 0)) as next",
    )
    .get() as { next: number };
  db.sql("insert into uploads (upload, started_ms) values (?, ?)").run(next, Date.now());
  return next;
}

function dropUpload(db: Connection, upload: number): void {
  db.sql("delete from chunks where upload = ?").run(upload);
  db.sql("delete from uploads where upload = ?").run(upload);
}

function nameUpload(
  db: Connection,
  upload: number,
  wantedArrival: number,
  facts: DeliveryFacts,
): { delivery: Delivery; isNew: boolean } {
  const same = db
    .sql("select arrival, id, upload, user, sha256, facts from deliveries where user = ? and sha256 = ?")
    .get(facts.userUuid, facts.sha256) as DeliveryRow | undefined;
  if (same) {
    dropUpload(db, upload);
    return { delivery: deliveryOf(same), isNew: false };
  }
  // The next free microsecond of the same millisecond, so that deliveries of one instant keep their order.
  const { latest } = db
    .sql("select max(arrival) as latest from deliveries where arrival between ? and ?")
    .get(wantedArrival, wantedArrival + 999) as { latest: number | null };
  let arrival = latest === null ? wantedArrival : latest + 1;
  while (db.sql("select 1 from deliveries where arrival = ?").get(arrival)) arrival++;
  const delivery: Delivery = { ...facts, id: uuidv7(), arrival };
  db.sql("insert into deliveries (arrival, id, upload, user, sha256, facts) values (?, ?, ?, ?, ?, ?)").run(
    arrival,
    delivery.id,
    upload,
    facts.userUuid,
    facts.sha256,
    JSON.stringify({ ...facts, sha256: undefined }),
  );
  db.sql("delete from uploads where upload = ?").run(upload);
  return { delivery, isNew: true };
}

function deliveryOf(row: DeliveryRow): Delivery {
  const facts = JSON.parse(row.facts) as Omit<DeliveryFacts, "sha256">;
  return { ...facts, sha256: row.sha256, id: row.id, arrival: row.arrival };
}

/** Cuts and joins pieces of any size into pieces of `chunkBytes`. */
async function* inChunks(body: AsyncIterable<Uint8Array> | Uint8Array): AsyncIterable<Uint8Array> {
  const pieces = body instanceof Uint8Array ? [body] : body;
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    let rest = piece;
    while (size + rest.byteLength >= chunkBytes) {
      const take = chunkBytes - size;
      yield waiting.length === 0 ? rest.subarray(0, take) : Buffer.concat([...waiting, rest.subarray(0, take)]);
      rest = rest.subarray(take);
      waiting = [];
      size = 0;
    }
    if (rest.byteLength > 0) {
      // A copy: the piece is only good until the next is asked for.
      waiting.push(Uint8Array.from(rest));
      size += rest.byteLength;
    }
  }
  if (size > 0) yield Buffer.concat(waiting);
}
