/** Users and keys. Committed with `synchronous = FULL`: a key that was printed exists, a revocation stays. */
import { randomBytes } from "node:crypto";
import { problem } from "../../problem.js";
import type { ApiKey, Scope, User } from "../store.js";
import { uuidv7 } from "../uuid.js";
import type { Connection } from "./connection.js";

interface UserRow {
  user_id: number;
  id: string;
  name: string;
  email: string | null;
  time_zone: string;
  source_order: string;
  created_at: string;
}

interface KeyRow {
  id: string;
  handle: string;
  user_id: number;
  name: string;
  scopes: string;
  secret_hash: string;
  previous_hash: string | null;
  previous_until_ms: number | null;
  requests_per_hour: number | null;
  bandwidth_per_hour: number | null;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
}

type NewKey = Omit<ApiKey, "createdAt" | "revokedAt" | "lastUsedAt" | "previousHash" | "previousUntilMs">;

const userColumns = "user_id, id, name, email, time_zone, source_order, created_at";
const keyColumns = `k.id, k.handle, k.user_id, k.name, k.scopes, k.secret_hash, k.previous_hash, k.previous_until_ms,
  k.requests_per_hour, k.bandwidth_per_hour, k.created_at, k.expires_at, k.revoked_at, k.last_used_at`;

function userOf(row: UserRow): User {
  return {
    userId: row.user_id,
    id: row.id,
    name: row.name,
    email: row.email,
    timeZone: row.time_zone,
    sourceOrder: JSON.parse(row.source_order) as string[],
    createdAt: row.created_at,
  };
}

function keyOf(row: KeyRow): ApiKey {
  return {
    id: row.id,
    handle: row.handle,
    userId: row.user_id,
    name: row.name,
    scopes: row.scopes.split(",") as Scope[],
    secretHash: row.secret_hash,
    previousHash: row.previous_hash,
    previousUntilMs: row.previous_until_ms,
    requestsPerHour: row.requests_per_hour,
    bandwidthPerHour: row.bandwidth_per_hour,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  };
}

/** Runs `work` in a transaction that a power cut cannot take back. */
export function durably<T>(db: Connection, work: () => T): T {
  db.raw.pragma("synchronous = FULL");
  try {
    return db.write(work);
  } finally {
    db.raw.pragma("synchronous = NORMAL");
  }
}

export function listUsers(db: Connection): User[] {
  return (db.sql(`select ${userColumns} from users order by user_id`).all() as UserRow[]).map(userOf);
}

export function userById(db: Connection, userId: number): User | null {
  const row = db.sql(`select ${userColumns} from users where user_id = ?`).get(userId);
  return row ? userOf(row as UserRow) : null;
}

function insertUser(db: Connection, user: { name: string; email: string | null; timeZone: string }): User {
  const id = uuidv7();
  const result = db
    .sql(
      "insert into users (id, name, email, time_zone, created_at) values (?, ?, ?, ?, ?) on conflict (name) do nothing",
    )
    .run(id, user.name, user.email, user.timeZone, new Date().toISOString());
  if (result.changes === 0)
    throw problem("failed", `There is a user ${user.name} already.`, { hint: "selfsensored users list" });
  return userById(db, Number(result.lastInsertRowid))!;
}

export function addUser(db: Connection, user: { name: string; email: string | null; timeZone: string }): User {
  return durably(db, () => insertUser(db, user));
}

function insertKey(db: Connection, key: NewKey): void {
  db.sql(
    `insert into api_keys (id, handle, user_id, name, scopes, secret_hash, requests_per_hour, bandwidth_per_hour, created_at, expires_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    key.id,
    key.handle,
    key.userId,
    key.name,
    key.scopes.join(","),
    key.secretHash,
    key.requestsPerHour,
    key.bandwidthPerHour,
    new Date().toISOString(),
    key.expiresAt,
  );
}

export function addKey(db: Connection, key: NewKey): void {
  durably(db, () => insertKey(db, key));
}

export function createFirst(
  db: Connection,
  user: { name: string; timeZone: string },
  key: (user: User) => NewKey,
): boolean {
  return durably(db, () => {
    if (db.sql("select 1 from users limit 1").get()) return false;
    insertKey(db, key(insertUser(db, { ...user, email: null })));
    return true;
  });
}

export function listKeys(db: Connection): (ApiKey & { userName: string })[] {
  const rows = db
    .sql(`select ${keyColumns}, u.name as user_name from api_keys k join users u using (user_id) order by k.id`)
    .all() as (KeyRow & { user_name: string })[];
  return rows.map((row) => ({ ...keyOf(row), userName: row.user_name }));
}

export function keyByHandle(db: Connection, handle: string): (ApiKey & { user: User }) | null {
  const row = db.sql(`select ${keyColumns} from api_keys k where k.handle = ?`).get(handle) as KeyRow | undefined;
  if (!row) return null;
  const user = userById(db, row.user_id);
  return user ? { ...keyOf(row), user } : null;
}

export function revokeKey(db: Connection, id: string): boolean {
  return durably(db, () => {
    const result = db
      .sql("update api_keys set revoked_at = coalesce(revoked_at, ?) where id = ?")
      .run(new Date().toISOString(), id);
    return result.changes > 0;
  });
}

export function rotateKey(
  db: Connection,
  id: string,
  change: { secretHash: string; previousUntilMs: number },
): boolean {
  return durably(db, () => {
    const result = db
      .sql(
        "update api_keys set previous_hash = secret_hash, previous_until_ms = ?, secret_hash = ? where id = ? and revoked_at is null",
      )
      .run(change.previousUntilMs, change.secretHash, id);
    return result.changes > 0;
  });
}

export function noteKeyUse(db: Connection, ids: readonly string[]): void {
  const now = new Date().toISOString();
  db.write(() => {
    for (const id of ids) db.sql("update api_keys set last_used_at = ? where id = ?").run(now, id);
  });
}

export function localSecret(db: Connection): Buffer {
  const read = () =>
    db.sql("select value from store_settings where name = 'local_secret'").pluck().get() as string | undefined;
  const known = read();
  if (known) return Buffer.from(known, "base64");
  durably(db, () =>
    db
      .sql("insert into store_settings (name, value) values ('local_secret', ?) on conflict do nothing")
      .run(randomBytes(32).toString("base64")),
  );
  return Buffer.from(read()!, "base64");
}

/** Tables that hold something of a user, with the words for telling what went. */
const userTables: readonly [table: string, word: string][] = [
  ["api_keys", "keys"],
  ["grouped_points", "points"],
  ["samples", "points"],
  ["night_records", "nights"],
  ["segment_records", "sleep stages"],
  ["nights", ""],
  ["event_records", "events"],
  ["ecg_records", "ecg recordings"],
  ["workout_records", "workouts"],
  ["workout_series", ""],
  ["workout_tracks", "routes"],
  ["visible_workouts", ""],
  ["days", ""],
  ["dirty_days", ""],
  ["sources", ""],
  ["ingestions", "deliveries"],
];

/** Erases a person from the main file; the archive is the caller's. */
export function removeUser(db: Connection, userId: number): Record<string, number> {
  return durably(db, () => {
    const removed: Record<string, number> = {};
    db.sql("delete from rejected_items where arrival in (select arrival from ingestions where user_id = ?)").run(
      userId,
    );
    for (const [table, word] of userTables) {
      const { changes } = db.raw.prepare(`delete from ${table} where user_id = ?`).run(userId);
      if (word) removed[word] = (removed[word] ?? 0) + changes;
    }
    db.sql("delete from users where user_id = ?").run(userId);
    return removed;
  });
}
