/**
 * The worker: claims archived deliveries, one at a time, and runs them through the pipeline.
 *
 *     deliver (just received) ─┐
 *     poll (others, retries) ──┴→ claim → processDelivery → finish | release | fail → onResult
 *
 * What a caller may rely on: a delivery is claimed before it is worked on, the lease is renewed meanwhile, and whatever
 * happens the row ends in a state that somebody can go on from. Errors that may pass (disk full, lock) put it back with
 * growing delays and never count as tries; others do, and the fifth makes it `failed`.
 *
 * One `Work` per thread or process; SQLite wants one.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../problem.js";
import type { Claim, Delivery, Outcome, Store } from "../store/store.js";
import { processDelivery } from "./pipeline.js";

/** Half of what the contract promises for the takeover of a dead daemon's work (120 s). */
export const leaseMs = 60_000;
const pollMs = 2000;
const firstRetryMs = 1000;
const longestRetryMs = 300_000;
const attemptsAllowed = 5;
/** Between pieces of long work others get this long for the write lock, at most this often. */
const pauseMs = 1;
const pauseEveryMs = 30;

export type WorkResult =
  | { id: string; kind: "outcome"; outcome: Outcome; processingTimeMs: number }
  /** Still pending: it will be tried again. */
  | { id: string; kind: "later" }
  | { id: string; kind: "failed" };

/** What of a logger is needed, so that a thread can hand its lines over instead of having one. */
export type WorkLogger = Record<"info" | "warn" | "error", (fields: object, message: string) => void>;

export interface WorkOptions {
  store: Store;
  owner: string;
  scratchFolder: string;
  logger: WorkLogger;
  onResult(result: WorkResult): void;
}

class Stopped extends Error {}

export class Work {
  private readonly options: WorkOptions;
  private readonly queue: { delivery: Delivery; bytes: Uint8Array | null }[] = [];
  private readonly retries = new Map<number, number>();
  /** Claims to be put back: left to their lease, a full disk would count as tries of theirs. */
  private readonly unreleased = new Map<number, { delayMs: number; countsAsAttempt: boolean }>();
  private isStopping = false;
  private isPoked = false;
  private wake: (() => void) | null = null;
  private running: Promise<void> | null = null;

  constructor(options: WorkOptions) {
    this.options = options;
  }

  /** Queues what only the archive knows and starts working. */
  async start(): Promise<void> {
    const { store, owner, logger } = this.options;
    await store.releaseAll(owner, { countsAsAttempt: true });
    const adopted = await store.adoptArchived();
    if (adopted > 0) logger.info({ deliveries: adopted }, "queued deliveries that a crash left in the archive");
    this.running = this.loop();
  }

  /** Takes a delivery that was just archived; `bytes` spares reading it back. */
  async deliver(delivery: Delivery, bytes: Uint8Array | null): Promise<void> {
    this.queue.push({ delivery, bytes });
    this.poke();
    try {
      // Visible at once, also while a long delivery is being worked on.
      await this.options.store.enqueue(delivery);
    } catch {
      // The loop tries again, and says why where it fails too.
    }
  }

  /** Looks for work now: somebody set deliveries to `pending`. */
  poke(): void {
    this.isPoked = true;
    this.wake?.();
  }

  /** Finishes or hands back what is in hand. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.poke();
    await this.running;
    await this.options.store.releaseAll(this.options.owner, { countsAsAttempt: false });
  }

  private async loop(): Promise<void> {
    while (!this.isStopping) {
      try {
        if (!(await this.workOnce())) await this.wait();
      } catch (error) {
        this.options.logger.error({ reason: describe(error) }, "the queue cannot be read; trying again");
        await this.wait();
      }
    }
  }

  private async wait(): Promise<void> {
    // What came while the queue was looked at must not wait for the next poll.
    if (this.isPoked) {
      this.isPoked = false;
      return;
    }
    const controller = new AbortController();
    this.wake = () => controller.abort();
    await sleep(pollMs, undefined, { signal: controller.signal }).catch(() => undefined);
    this.wake = null;
  }

  /** True when there was something to do. */
  private async workOnce(): Promise<boolean> {
    this.isPoked = false;
    const { store, owner } = this.options;
    await this.putBackAll();
    const next = this.queue.shift();
    if (next) {
      const { arrival, id } = next.delivery;
      try {
        await store.enqueue(next.delivery);
      } catch (error) {
        // Nobody else knows of it before the next start. The bytes are in the archive; here they would pile up.
        this.queue.push({ delivery: next.delivery, bytes: null });
        throw error;
      }
      let claim = await store.claim(owner, leaseMs, { arrival });
      // Sent again after it had failed: a new try.
      if (!claim && (await store.requeue({ id, statuses: ["failed"] })) > 0) {
        claim = await store.claim(owner, leaseMs, { arrival });
      }
      // Not ours: another process took it, or it is a retry whose time has not come.
      if (claim) await this.process(claim, next.bytes);
      else this.options.onResult({ id, kind: "later" });
      return true;
    }
    const claim = await store.claim(owner, leaseMs);
    if (claim) await this.process(claim, null);
    return claim !== null;
  }

  /** Works on one claimed delivery to its end. */
  async process(claim: Claim, bytes: Uint8Array | null): Promise<void> {
    const { store, owner, onResult } = this.options;
    const { delivery } = claim;
    const startedMs = performance.now();
    let renewedMs = startedMs;
    let pausedMs = startedMs;
    const breathe = async () => {
      if (this.isStopping) throw new Stopped();
      const nowMs = performance.now();
      if (nowMs - renewedMs > leaseMs / 3) {
        renewedMs = nowMs;
        if (!(await store.renewLease(delivery.arrival, owner, leaseMs))) throw new Stopped();
      }
      if (nowMs - pausedMs > pauseEveryMs) {
        await sleep(pauseMs);
        pausedMs = performance.now();
      } else await nextTurn();
    };
    try {
      const users = await store.users();
      const user = users.find((candidate) => candidate.userId === delivery.userId);
      if (!user) return;
      const outcome = await processDelivery({
        store,
        delivery,
        zone: user.timeZone,
        bytes: bytes ? [bytes] : store.rawBytes(delivery),
        scratchFolder: this.options.scratchFolder,
        breathe,
      });
      const processingTimeMs = Math.round(performance.now() - startedMs);
      if (!(await store.finish(delivery.arrival, owner, outcome, processingTimeMs))) throw new Stopped();
      this.retries.delete(delivery.arrival);
      onResult({ id: delivery.id, kind: "outcome", outcome, processingTimeMs });
    } catch (error) {
      await this.putBack(claim, error);
    }
  }

  private async putBack(claim: Claim, error: unknown): Promise<void> {
    const { store, owner, logger, onResult } = this.options;
    const { arrival, id } = claim.delivery;
    if (error instanceof Stopped) {
      onResult({ id, kind: "later" });
      return;
    }
    const mayPass = error instanceof Problem;
    if (!mayPass && claim.attempts >= attemptsAllowed) {
      logger.error({ ingestion: id, reason: describe(error) }, "processing failed for good");
      await store.fail(arrival, owner, { code: "internal", detail: "Processing failed five times." });
      onResult({ id, kind: "failed" });
      return;
    }
    const tries = (this.retries.get(arrival) ?? 0) + 1;
    this.retries.set(arrival, tries);
    const delayMs = Math.min(firstRetryMs * 2 ** (tries - 1), longestRetryMs);
    logger.warn(
      { ingestion: id, reason: describe(error), delay_ms: delayMs },
      "processing stopped; trying again later",
    );
    onResult({ id, kind: "later" });
    this.unreleased.set(arrival, { delayMs, countsAsAttempt: !mayPass });
    try {
      await this.putBackAll();
    } catch {
      // The store is what fails: the loop tries again, and in the worst case the lease runs out.
    }
  }

  private async putBackAll(): Promise<void> {
    const { store, owner } = this.options;
    for (const [arrival, change] of this.unreleased) {
      await store.release(arrival, owner, change);
      this.unreleased.delete(arrival);
    }
  }
}

/** Kind and place of an error without its message, which may quote a value. */
function describe(error: unknown): string {
  if (error instanceof Problem) return error.code;
  if (!(error instanceof Error)) return typeof error;
  const place = /\n\s+at (.*)/.exec(error.stack ?? "")?.[1] ?? "";
  return `${error.name} ${String((error as { code?: unknown }).code ?? "")} ${place}`.replace(/\s+/g, " ").trim();
}
