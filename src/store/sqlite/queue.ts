/**
 * The queue is the state of rows in `ingestions`: claimed with a lease that the worker renews. A crash, a second
 * process and a manual backfill are all the same case: the lease runs out, or the row is set to `pending`.
 */
import type {
  Claim,
  Delivery,
  Ingestion,
  IngestionSelection,
  IngestionStatus,
  Outcome,
  Page,
  PageRequest,
} from "../store.js";
import type { Connection } from "./connection.js";

/** The fifth try that died means `failed` (design section 1): a poisonous delivery must not take the daemon down for ever. */
export const maxAttempts = 5;

interface IngestionRow {
  arrival: number;
  id: string;
  user_id: number;
  user_uuid: string;
  key_id: string | null;
  sha256: Buffer;
  content_type: string | null;
  headers: string;
  via: "http" | "cli";
  file_name: string | null;
  request_id: string | null;
  body_bytes: number;
  wire_bytes: number;
  status: IngestionStatus;
  attempts: number;
  problem_code: string | null;
  problem_detail: string | null;
  processed_ms: number | null;
  processing_time_ms: number | null;
  outcome: string | null;
}

const columns = `i.arrival, i.id, i.user_id, u.id as user_uuid, i.key_id, i.sha256, i.content_type, i.headers, i.via, i.file_name,
  i.request_id, i.body_bytes, i.wire_bytes, i.status, i.attempts, i.problem_code, i.problem_detail, i.processed_ms,
  i.processing_time_ms, i.outcome`;
const from = "from ingestions i join users u using (user_id)";

function ingestionOf(row: IngestionRow): Ingestion {
  return {
    arrival: row.arrival,
    id: row.id,
    userId: row.user_id,
    userUuid: row.user_uuid,
    keyId: row.key_id,
    receivedMs: Math.floor(row.arrival / 1000),
    sha256: row.sha256,
    contentType: row.content_type,
    headers: JSON.parse(row.headers) as Record<string, string>,
    via: row.via,
    fileName: row.file_name,
    requestId: row.request_id,
    bodyBytes: row.body_bytes,
    wireBytes: row.wire_bytes,
    status: row.status,
    attempts: row.attempts,
    problemCode: row.problem_code,
    problemDetail: row.problem_detail,
    processedAt: row.processed_ms === null ? null : new Date(row.processed_ms).toISOString(),
    processingTimeMs: row.processing_time_ms,
    outcome: row.outcome === null ? null : (JSON.parse(row.outcome) as Outcome),
  };
}

/** Must run inside a transaction. False when the delivery is there already or its user is gone. */
export function insertIngestion(db: Connection, delivery: Delivery): boolean {
  const user = db.sql("select user_id from users where id = ?").get(delivery.userUuid) as
    | { user_id: number }
    | undefined;
  if (!user) return false;
  const result = db
    .sql(
      `insert into ingestions (arrival, id, user_id, key_id, sha256, content_type, headers, via, file_name, request_id, body_bytes, wire_bytes)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
    )
    .run(
      delivery.arrival,
      delivery.id,
      user.user_id,
      delivery.keyId,
      delivery.sha256,
      delivery.contentType,
      JSON.stringify(delivery.headers),
      delivery.via,
      delivery.fileName,
      delivery.requestId,
      delivery.bodyBytes,
      delivery.wireBytes,
    );
  return result.changes > 0;
}

export function isEnqueued(db: Connection, arrival: number): boolean {
  return db.sql("select 1 from ingestions where arrival = ?").get(arrival) !== undefined;
}

export function countBetween(db: Connection, fromArrival: number, toArrival: number): number {
  return db
    .sql("select count(*) from ingestions where arrival >= ? and arrival < ?")
    .pluck()
    .get(fromArrival, toArrival) as number;
}

export function ingestionByBytes(db: Connection, userId: number, sha256: Buffer): Ingestion | null {
  const row = db
    .sql(`select ${columns} ${from} where i.user_id = ? and i.sha256 = ? order by i.arrival limit 1`)
    .get(userId, sha256);
  return row ? ingestionOf(row as IngestionRow) : null;
}

/** One claim: the delivery asked for, or the oldest one whose time has come. */
export function claim(db: Connection, owner: string, leaseMs: number, only?: { arrival: number }): Claim | null {
  const now = Date.now();
  const ready = `(i.status = 'pending' and i.not_before_ms <= ?) or (i.status = 'processing' and i.lease_until_ms < ?)`;
  // A look before the lock: an idle worker must not take the write lock every few seconds.
  const find = () =>
    (only
      ? db.sql(`select ${columns} ${from} where i.arrival = ? and (${ready})`).get(only.arrival, now, now)
      : db
          .sql(
            `select ${columns} ${from} where i.status in ('pending', 'processing') and (${ready}) order by i.arrival limit 1`,
          )
          .get(now, now)) as IngestionRow | undefined;
  if (!find()) return null;
  return db.write(() => {
    const row = find();
    if (!row) return null;
    const attempts = row.attempts + 1;
    if (attempts > maxAttempts) {
      db.sql(
        `update ingestions set status = 'failed', lease_owner = null, lease_until_ms = null, processed_ms = ?,
           problem_code = 'internal', problem_detail = 'Processing ended without a result five times.' where arrival = ?`,
      ).run(now, row.arrival);
      return null;
    }
    db.sql(
      "update ingestions set status = 'processing', lease_owner = ?, lease_until_ms = ?, attempts = ? where arrival = ?",
    ).run(owner, now + leaseMs, attempts, row.arrival);
    return { delivery: ingestionOf(row), attempts };
  });
}

export function renewLease(db: Connection, arrival: number, owner: string, leaseMs: number): boolean {
  return db.write(
    () =>
      db
        .sql("update ingestions set lease_until_ms = ? where arrival = ? and lease_owner = ? and status = 'processing'")
        .run(Date.now() + leaseMs, arrival, owner).changes > 0,
  );
}

export function release(
  db: Connection,
  arrival: number,
  owner: string,
  options: { delayMs: number; countsAsAttempt: boolean },
): void {
  db.write(() =>
    db
      .sql(
        `update ingestions set status = 'pending', lease_owner = null, lease_until_ms = null, not_before_ms = ?,
           attempts = max(0, attempts - ?) where arrival = ? and lease_owner = ?`,
      )
      .run(Date.now() + options.delayMs, options.countsAsAttempt ? 0 : 1, arrival, owner),
  );
}

export function releaseAll(db: Connection, owner: string, options: { countsAsAttempt: boolean }): void {
  db.write(() =>
    db
      .sql(
        `update ingestions set status = 'pending', lease_owner = null, lease_until_ms = null, attempts = max(0, attempts - ?)
         where status = 'processing' and lease_owner = ?`,
      )
      .run(options.countsAsAttempt ? 0 : 1, owner),
  );
}

export function fail(db: Connection, arrival: number, owner: string, problem: { code: string; detail: string }): void {
  db.write(() =>
    db
      .sql(
        `update ingestions set status = 'failed', lease_owner = null, lease_until_ms = null, processed_ms = ?,
           problem_code = ?, problem_detail = ? where arrival = ? and lease_owner = ?`,
      )
      .run(Date.now(), problem.code, problem.detail, arrival, owner),
  );
}

export function finish(
  db: Connection,
  arrival: number,
  owner: string,
  outcome: Outcome,
  processingTimeMs: number,
): boolean {
  return db.write(
    () =>
      db
        .sql(
          `update ingestions set status = ?, outcome = ?, processing_time_ms = ?, processed_ms = ?, problem_code = ?,
           problem_detail = ?, lease_owner = null, lease_until_ms = null, attempts = 0 where arrival = ? and lease_owner = ?`,
        )
        .run(
          outcome.status,
          JSON.stringify(outcome),
          processingTimeMs,
          Date.now(),
          outcome.problem?.code ?? null,
          outcome.problem?.detail ?? null,
          arrival,
          owner,
        ).changes > 0,
  );
}

function conditions(selection: IngestionSelection): { where: string; values: unknown[] } {
  const parts: string[] = [];
  const values: unknown[] = [];
  if (selection.userId !== undefined) {
    parts.push("i.user_id = ?");
    values.push(selection.userId);
  }
  if (selection.fromMs !== undefined) {
    parts.push("i.arrival >= ?");
    values.push(selection.fromMs * 1000);
  }
  if (selection.toMs !== undefined) {
    parts.push("i.arrival < ?");
    values.push(selection.toMs * 1000);
  }
  if (selection.statuses) {
    parts.push(`i.status in (${selection.statuses.map(() => "?").join(", ")})`);
    values.push(...selection.statuses);
  }
  if (selection.id !== undefined) {
    parts.push("i.id = ?");
    values.push(selection.id);
  }
  return { where: parts.length > 0 ? `where ${parts.join(" and ")}` : "", values };
}

export function requeue(db: Connection, selection: IngestionSelection): number {
  const { where, values } = conditions(selection);
  return db.write(
    () =>
      db.raw
        .prepare(
          `update ingestions as i set status = 'pending', attempts = 0, not_before_ms = 0, lease_owner = null, lease_until_ms = null
           ${where ? `${where} and` : "where"} not (i.status = 'processing' and i.lease_until_ms >= ?)`,
        )
        .run(...values, Date.now()).changes,
  );
}

export function queueDepth(db: Connection): { depth: number; oldestMs: number | null } {
  const row = db
    .sql("select count(*) as depth, min(arrival) as oldest from ingestions where status in ('pending', 'processing')")
    .get() as { depth: number; oldest: number | null };
  return { depth: row.depth, oldestMs: row.oldest === null ? null : Math.floor(row.oldest / 1000) };
}

/** Newest first. The cursor is the last arrival shown: deliveries that come meanwhile are newer and change nothing. */
export function listIngestions(db: Connection, selection: IngestionSelection, page: PageRequest): Page<Ingestion> {
  const { where, values } = conditions(selection);
  const after = page.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(page.cursor);
  const rows = db
    .sql(`select ${columns} ${from} ${where ? `${where} and` : "where"} i.arrival < ? order by i.arrival desc limit ?`)
    .all(...values, after, page.limit + 1) as IngestionRow[];
  const more = rows.length > page.limit;
  const shown = more ? rows.slice(0, page.limit) : rows;
  return { rows: shown.map(ingestionOf), nextCursor: more ? String(shown.at(-1)!.arrival) : null };
}
