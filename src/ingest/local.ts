/**
 * Processing in the caller's own process: what the command line does with files and with a replay, beside a running
 * daemon or without one.
 *
 *     body → archive → enqueue → claim → processDelivery → finish      the same path as HTTP, no thread in between
 *
 * What a caller may rely on:
 *
 * - A delivery is worked on by one process at a time; what another holds is waited for, and its result counts as well.
 * - When the signal is aborted, what is in hand goes back to the queue at the next safe point; nothing archived is lost.
 * - A dry run writes nothing.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../log.js";
import { problem } from "../problem.js";
import type { Delivery, DeliveryFacts, Ingestion, Store, User } from "../store/store.js";
import { uuidv7 } from "../store/uuid.js";
import type { Body } from "./body.js";
import { processDelivery } from "./pipeline.js";
import { acceptedReceipt, duplicateReceipt, ingestionReceipt, outcomeReceipt, type Receipt } from "./receipt.js";
import { leaseMs, Work } from "./work.js";

/** Together about a quarter of a minute: what has not passed by then is left in the queue. */
const triesAllowed = 5;
const firstWaitMs = 20;
const longestWaitMs = 1000;

export interface LocalOptions {
  store: Store;
  scratchFolder: string;
  signal: AbortSignal;
  logger: Pick<Logger, "info" | "warn" | "error">;
  /** Hears how many bytes of the delivery in hand have been read back from the archive. */
  onBytes?(bytes: number): void;
}

export interface Delivered {
  receipt: Receipt;
  /** Why the body as a whole is of no use, or why processing failed. */
  problem: { code: string; detail: string } | null;
}

/** What names a delivery in queue and archive. */
export type DeliveryName = Pick<Delivery, "id" | "arrival">;

export class LocalWork {
  private readonly options: LocalOptions;
  private readonly work: Work;
  private readonly owner = `cli ${process.pid} ${uuidv7()}`;
  private readonly tries = new Map<number, number>();
  private readonly halt = () => void this.work.stop().catch(() => {});

  constructor(options: LocalOptions) {
    this.options = options;
    const { store, scratchFolder, signal, logger, onBytes } = options;
    this.work = new Work({
      store: onBytes ? listenToReading(store, onBytes) : store,
      owner: this.owner,
      scratchFolder,
      logger,
      onResult: () => {},
    });
    signal.addEventListener("abort", this.halt, { once: true });
  }

  /** Archives a body and works on it to its end. After an abort the receipt is that of a delivery in the queue. */
  async deliver(facts: DeliveryFacts, body: Body): Promise<Delivered> {
    const { store, signal } = this.options;
    const { delivery, isNew } = await store.archive(facts, body.inline ?? body.pieces());
    await store.enqueue(delivery);
    const known = isNew ? null : await this.find(delivery);
    if (known && known.status !== "failed" && !isUnderWay(known)) return deliveredBefore(known);
    // Failed bytes that come again are a new try (contract section 3.1).
    if (known?.status === "failed") await store.requeue({ id: known.id, statuses: ["failed"] });
    try {
      return describeResult(delivery, await this.settle(delivery, isNew ? body.inline : null));
    } catch (error) {
      if (!signal.aborted) throw error;
      return { receipt: acceptedReceipt(delivery), problem: null };
    }
  }

  /** Reads and checks a body, and says what `deliver` would do. */
  async rehearse(facts: DeliveryFacts, user: User, body: Body): Promise<Delivered> {
    const { store, scratchFolder, signal } = this.options;
    const same = await store.deliveryByBytes(facts.userId, facts.sha256);
    const known = same && (await this.find(same));
    if (known && known.status !== "failed" && !isUnderWay(known)) return deliveredBefore(known);
    const delivery: Delivery = { ...facts, id: uuidv7(), arrival: facts.receivedMs * 1000 };
    const startedMs = performance.now();
    const outcome = await processDelivery({
      ...{ store, delivery, scratchFolder, zone: user.timeZone, bytes: body.pieces(), isDryRun: true },
      breathe: async () => {
        signal.throwIfAborted();
        await nextTurn();
      },
    });
    const receipt = outcomeReceipt(delivery, outcome, Math.round(performance.now() - startedMs));
    return { receipt, problem: outcome.problem ?? null };
  }

  /** Works on queued deliveries until each has its end, whoever brings it about; null where the user is gone. */
  async settleAll(
    deliveries: readonly DeliveryName[],
    onSettled: (delivery: DeliveryName, row: Ingestion | null) => void,
  ): Promise<void> {
    let open = deliveries;
    let waitMs = firstWaitMs;
    while (open.length > 0) {
      const later: DeliveryName[] = [];
      for (const delivery of open) {
        const row = await this.round(delivery, null);
        if (row && this.isOpen(row)) later.push(delivery);
        else onSettled(delivery, row);
      }
      // Only what others hold, or what waits for its next try, is left.
      waitMs = later.length < open.length ? firstWaitMs : Math.min(waitMs * 2, longestWaitMs);
      if (later.length > 0) await this.pause(waitMs);
      open = later;
    }
  }

  /** Hands back what is in hand and listens no longer. The store stays its owner's to close. */
  async close(): Promise<void> {
    this.options.signal.removeEventListener("abort", this.halt);
    // Without a claim there is nothing to hand back, and in a rehearsal the store takes no writes.
    if (this.tries.size > 0) await this.work.stop();
  }

  private async settle(delivery: DeliveryName, bytes: Uint8Array | null): Promise<Ingestion | null> {
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
      const row = await this.round(delivery, bytes);
      if (!row || !this.isOpen(row)) return row;
      await this.pause(waitMs);
    }
  }

  /** Works on a delivery when it is free; then says how it stands. */
  private async round(delivery: DeliveryName, bytes: Uint8Array | null): Promise<Ingestion | null> {
    const { store, signal } = this.options;
    signal.throwIfAborted();
    const { arrival } = delivery;
    const claim = await store.claim(this.owner, leaseMs, { arrival });
    if (claim) {
      this.tries.set(arrival, (this.tries.get(arrival) ?? 0) + 1);
      await this.work.process(claim, bytes);
    }
    return this.find(delivery);
  }

  private isOpen(row: Ingestion): boolean {
    return isUnderWay(row) && (row.status === "processing" || (this.tries.get(row.arrival) ?? 0) < triesAllowed);
  }

  private async find({ id }: DeliveryName): Promise<Ingestion | null> {
    const { rows } = await this.options.store.ingestions({ id }, { limit: 1 });
    return rows[0] ?? null;
  }

  private async pause(waitMs: number): Promise<void> {
    const { signal } = this.options;
    await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function isUnderWay({ status }: Ingestion): boolean {
  return status === "pending" || status === "processing";
}

function deliveredBefore(known: Ingestion): Delivered {
  // Bytes that were of no use are so again; everything else was done then.
  return known.status === "rejected"
    ? { receipt: ingestionReceipt(known), problem: problemOf(known) }
    : { receipt: duplicateReceipt(known, known.outcome!), problem: null };
}

function describeResult(delivery: Delivery, row: Ingestion | null): Delivered {
  if (!row) throw problem("failed", `The user of delivery ${delivery.id} was removed meanwhile.`);
  return { receipt: ingestionReceipt(row), problem: problemOf(row) };
}

function problemOf({ problemCode, problemDetail }: Ingestion): Delivered["problem"] {
  return problemCode === null ? null : { code: problemCode, detail: problemDetail ?? "" };
}

/** The same store, with an ear to how much of a delivery has been read: that is where the work stands. */
function listenToReading(store: Store, onBytes: (bytes: number) => void): Store {
  const rawBytes: Store["rawBytes"] = async function* (delivery) {
    let bytes = 0;
    for await (const piece of store.rawBytes(delivery)) {
      bytes += piece.byteLength;
      onBytes(bytes);
      yield piece;
    }
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === "rawBytes") return rawBytes;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
