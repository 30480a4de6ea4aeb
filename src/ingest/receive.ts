/**
 * Receives a delivery: spool → archive → hand to the worker → wait for the receipt.
 *
 * What a caller may rely on:
 *
 * - When `receive` resolves, the exact bytes are durable; when it rejects, nothing is promised and repeating is harmless.
 * - The same bytes of the same user are never archived or counted twice: the earlier delivery answers.
 * - It answers within `replyWithinMs` of the last byte: 202 when the worker is not done by then.
 *
 * Who may deliver, and how much, is settled before this. Runs on the main thread and never parses a body.
 */
import { detectContent } from "../formats/content.js";
import { problem } from "../problem.js";
import type { Delivery, Ingestion, Store, User } from "../store/store.js";
import { type Body, takeBody, tooLarge } from "./body.js";
import { acceptedReceipt, duplicateReceipt, outcomeReceipt, type Receipt } from "./receipt.js";
import type { WorkResult } from "./work.js";

export interface ReceiveRequest {
  user: User;
  keyId: string | null;
  /** As it came over the wire. */
  body: AsyncIterable<Uint8Array>;
  contentType: string | undefined;
  contentEncoding: string | undefined;
  contentLength: number | undefined;
  /** Health Auto Export's headers, lower case. */
  headers: Record<string, string>;
  requestId: string;
  via: "http" | "cli";
}

export interface ReceiveResult {
  httpStatus: 200 | 202 | 422;
  receipt: Receipt;
}

export interface ReceiverOptions {
  store: Store;
  maxBodyBytes: number;
  maxInflatedBytes: number;
  replyWithinMs: number;
  spoolFolder: string;
  deliver(delivery: Delivery, bytes: Uint8Array | null): void;
}

/** Bytes of small bodies on their way to the worker; above it the worker reads the archive instead. */
const bytesOnTheWay = 32 * 1024 * 1024;

interface InWork {
  delivery: Delivery;
  bytes: number;
  waiters: ((result: WorkResult) => void)[];
  /** Somebody got 202 for it. */
  isLate: boolean;
}

export class Receiver {
  private readonly options: ReceiverOptions;
  private readonly inWork = new Map<string, InWork>();
  private handedBytes = 0;
  private isStopping = false;

  constructor(options: ReceiverOptions) {
    this.options = options;
  }

  /** Results of the worker come in here. Late ones have been answered with 202 already, or nobody waits for them. */
  settle(result: WorkResult): { isLate: boolean } {
    const entry = this.inWork.get(result.id);
    if (!entry) return { isLate: true };
    this.inWork.delete(result.id);
    this.handedBytes -= entry.bytes;
    for (const waiter of entry.waiters) waiter(result);
    return { isLate: entry.isLate };
  }

  /** Answers 202 to everybody who waits, now and from now on: what they sent is durable and will be worked through. */
  stop(): void {
    this.isStopping = true;
    for (const [id, { waiters }] of this.inWork) for (const waiter of waiters) waiter({ id, kind: "later" });
  }

  /** The receipt of a user's delivery that is accepted, but perhaps not in the store yet. */
  waiting(id: string, userId: number): Receipt | undefined {
    const entry = this.inWork.get(id);
    return entry && entry.delivery.userId === userId ? acceptedReceipt(entry.delivery) : undefined;
  }

  async receive(request: ReceiveRequest): Promise<ReceiveResult> {
    const { store, maxBodyBytes, maxInflatedBytes, spoolFolder } = this.options;
    if (request.contentLength !== undefined && request.contentLength > maxBodyBytes) throw tooLarge(maxBodyBytes);
    const body = await takeBody(request.body, request.contentEncoding, {
      maxBodyBytes,
      maxInflatedBytes,
      folder: spoolFolder,
    });
    try {
      refuseOtherFormats(request.contentType, body);
      const { delivery, isNew } = await store.archive(
        {
          userId: request.user.userId,
          userUuid: request.user.id,
          keyId: request.keyId,
          receivedMs: Date.now(),
          contentType: request.contentType ?? null,
          headers: request.headers,
          via: request.via,
          fileName: null,
          requestId: request.requestId,
          sha256: body.sha256,
          bodyBytes: body.bodyBytes,
          wireBytes: body.wireBytes,
        },
        body.inline ?? body.pieces(),
      );
      return isNew ? await this.work(delivery, body.inline) : await this.answerAgain(delivery);
    } finally {
      await body.close();
    }
  }

  private async work(delivery: Delivery, inline: Uint8Array | null): Promise<ReceiveResult> {
    const bytes = inline && this.handedBytes + inline.byteLength <= bytesOnTheWay ? inline : null;
    const entry: InWork = { delivery, bytes: bytes?.byteLength ?? 0, waiters: [], isLate: false };
    this.inWork.set(delivery.id, entry);
    this.handedBytes += entry.bytes;
    const result = this.wait(entry);
    this.options.deliver(delivery, bytes);
    return this.answer(delivery, await result);
  }

  /** Resolves with the result, or with null when it takes longer than people wait. */
  private wait(entry: InWork): Promise<WorkResult | null> {
    return new Promise((resolve) => {
      const giveUp = () => {
        entry.isLate = true;
        resolve(null);
      };
      const timer = setTimeout(giveUp, this.isStopping ? 0 : this.options.replyWithinMs);
      entry.waiters.push((result) => {
        clearTimeout(timer);
        resolve(result);
      });
    });
  }

  private answer(delivery: Delivery, result: WorkResult | null): ReceiveResult {
    if (result?.kind === "failed") {
      throw problem("internal", "The delivery is kept, but processing it failed.", {
        extra: { ingestion_id: delivery.id },
      });
    }
    if (result?.kind !== "outcome") return { httpStatus: 202, receipt: acceptedReceipt(delivery) };
    const { outcome, processingTimeMs } = result;
    refuseUnreadable(delivery, outcome.problem ?? null);
    return {
      httpStatus: outcome.status === "rejected" ? 422 : 200,
      receipt: outcomeReceipt(delivery, outcome, processingTimeMs),
    };
  }

  /** The very same bytes were sent before. */
  private async answerAgain(delivery: Delivery): Promise<ReceiveResult> {
    const inWork = this.inWork.get(delivery.id);
    if (inWork) return this.answer(delivery, await this.wait(inWork));
    const { rows } = await this.options.store.ingestions({ id: delivery.id }, { limit: 1 });
    const known = rows[0];
    if (!known) return this.work(delivery, null);
    switch (known.status) {
      case "processed":
      case "partial":
        return { httpStatus: 200, receipt: duplicateReceipt(known, known.outcome!) };
      case "rejected":
        return this.answer(known, {
          id: known.id,
          kind: "outcome",
          outcome: known.outcome!,
          processingTimeMs: known.processingTimeMs ?? 0,
        });
      case "failed":
        return this.tryAgain(known);
      default:
        return this.follow(known);
    }
  }

  /** A failed delivery that comes again gets a new try. The worker does the writing: it has the writing connection. */
  private tryAgain(known: Ingestion): Promise<ReceiveResult> {
    return this.work(known, null);
  }

  /** In work in another process, or waiting for its next try: look at its row until it is done or time is up. */
  private async follow(known: Ingestion): Promise<ReceiveResult> {
    const deadline = performance.now() + this.options.replyWithinMs;
    while (performance.now() < deadline && !this.isStopping) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const { rows } = await this.options.store.ingestions({ id: known.id }, { limit: 1 });
      const now = rows[0];
      if (!now) break;
      if (now.status !== "pending" && now.status !== "processing" && now.status !== "failed") {
        return this.answer(now, {
          id: now.id,
          kind: "outcome",
          outcome: now.outcome!,
          processingTimeMs: now.processingTimeMs ?? 0,
        });
      }
    }
    return { httpStatus: 202, receipt: acceptedReceipt(known) };
  }
}

function refuseOtherFormats(contentType: string | undefined, body: Body): void {
  if (body.bodyBytes === 0) throw problem("invalid_json", "The body is empty.");
  if (detectContent(contentType, body.head) === "json") return;
  throw problem("unsupported_media_type", "Only JSON is taken here: choose Export Format JSON in the automation.");
}

function refuseUnreadable(delivery: Delivery, failure: { code: string; detail: string } | null): void {
  if (!failure) return;
  const code =
    failure.code === "invalid_envelope"
      ? "invalid_envelope"
      : failure.code === "invalid_json"
        ? "invalid_json"
        : "unsupported_media_type";
  throw problem(code, failure.detail, { extra: { ingestion_id: delivery.id } });
}
