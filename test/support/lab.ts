/**
 * A store of its own in a temporary folder, with the real receiver and the real worker in this process: what a test of
 * behaviour needs between a body and the rows that come of it.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatDate } from "../../src/health/zone.js";
import { type ReceiveResult, Receiver } from "../../src/ingest/receive.js";
import { Work } from "../../src/ingest/work.js";
import { createLogger } from "../../src/log.js";
import { openStore } from "../../src/store/open.js";
import type { DayRow, PointRow, Store, User } from "../../src/store/store.js";

export interface SendOptions {
  headers?: Record<string, string>;
  contentType?: string;
  contentEncoding?: string;
}

export class Lab {
  readonly folder: string;
  readonly store: Store;
  user: User;
  private readonly work: Work;
  private readonly receiver: Receiver;

  private constructor(folder: string, store: Store, user: User, replyWithinMs: number) {
    this.folder = folder;
    this.store = store;
    this.user = user;
    this.work = new Work({
      store,
      owner: "lab",
      scratchFolder: join(folder, "scratch"),
      logger: createLogger({ level: "fatal", format: "json" }),
      onResult: (result) => this.receiver.settle(result),
    });
    this.receiver = new Receiver({
      store,
      maxBodyBytes: 256 * 1024 * 1024,
      maxInflatedBytes: 2 * 1024 * 1024 * 1024,
      replyWithinMs,
      spoolFolder: join(folder, "spool"),
      deliver: (delivery, bytes) => void this.work.deliver(delivery, bytes),
    });
  }

  static async open(options: { zone?: string; folder?: string; replyWithinMs?: number } = {}): Promise<Lab> {
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "selfsensored-")));
    const store = await openStore({ url: `sqlite:${join(folder, "selfsensored.db")}`, create: true });
    let [user] = await store.users();
    user ??= await store.addUser({ name: "me", email: null, timeZone: options.zone ?? "Europe/Berlin" });
    const lab = new Lab(folder, store, user, options.replyWithinMs ?? 60_000);
    await lab.work.start();
    return lab;
  }

  /** Sends one body; the result is what HTTP would answer. Rejects with a `Problem` where HTTP would answer one. */
  async send(body: unknown, options: SendOptions = {}): Promise<ReceiveResult> {
    const bytes =
      body instanceof Uint8Array ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
    return this.receiver.receive({
      user: this.user,
      keyId: null,
      body: (async function* () {
        yield bytes;
      })(),
      contentType: options.contentType ?? "application/json",
      contentEncoding: options.contentEncoding,
      contentLength: bytes.byteLength,
      headers: options.headers ?? {},
      requestId: "test",
      via: "http",
    });
  }

  /** Replays everything from the archive into emptied tables. */
  async rebuild(): Promise<void> {
    await this.store.emptyDerived();
    this.work.poke();
    while ((await this.store.queueDepth()).depth > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async points(metric: string): Promise<PointRow[]> {
    const rows: PointRow[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.store.points(
        { userId: this.user.userId, metric, fromMs: -1e15, toMs: 1e15 },
        { limit: 1000, cursor },
      );
      rows.push(...page.rows);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return rows;
  }

  async days(metrics: string[] | null = null): Promise<DayRow[]> {
    return this.store.days(this.user.userId, -100_000, 100_000, metrics);
  }

  /** Days in the form of the API: `{ date, metrics: { name: { total | avg … } } }`. */
  async daily(): Promise<{ date: string; metrics: Record<string, Record<string, unknown>> }[]> {
    const byDate = new Map<string, Record<string, Record<string, unknown>>>();
    for (const row of await this.days()) {
      const date = formatDate(row.localDay);
      const metrics = byDate.get(date) ?? {};
      byDate.set(date, metrics);
      metrics[row.metric] = Object.fromEntries(
        Object.entries({
          total: row.total,
          avg: row.avg,
          min: row.min,
          max: row.max,
          last: row.last,
          unit: row.unit,
          series: row.series,
        }).filter(([, value]) => value !== null),
      );
    }
    return [...byDate].map(([date, metrics]) => ({ date, metrics }));
  }

  async close(): Promise<void> {
    await this.work.stop();
    await this.store.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
