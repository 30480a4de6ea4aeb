/**
 * The worker thread seen from the main thread: hand over deliveries, hear their results.
 *
 * A thread that dies is started again; what it had in hand comes back through its lease, and everybody who waits is told
 * "later" at once. Bytes are moved, not copied (rows never cross: structured clones of them cost more than parsing).
 */
import { Worker } from "node:worker_threads";
import type { Logger } from "../log.js";
import { builtEntry } from "../package-root.js";
import type { Delivery } from "../store/store.js";
import type { WorkResult } from "./work.js";
import type { FromWorker, ToWorker, WorkerSettings } from "./worker-messages.js";

const restartDelayMs = 500;
/** Megabytes. A small young generation costs no time here and saves memory at the peak (docs/benchmarks.md). */
const heapLimits = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 256 };

export interface WorkerClientOptions {
  settings: WorkerSettings;
  logger: Pick<Logger, "error" | "warn" | "info">;
  onResult(result: WorkResult): void;
}

export class WorkerClient {
  private readonly options: WorkerClientOptions;
  private worker: Worker | null = null;
  private isStopping = false;
  private readonly inHand = new Set<string>();
  private onStopped: (() => void) | null = null;

  constructor(options: WorkerClientOptions) {
    this.options = options;
  }

  /** Resolves when the thread has opened the store and taken up what was left. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const worker = new Worker(builtEntry("ingest/worker.js"), {
        workerData: this.options.settings,
        resourceLimits: heapLimits,
      });
      this.worker = worker;
      let isReady = false;
      worker.on("message", (message: FromWorker) => {
        if (message.type === "ready") {
          isReady = true;
          resolve();
        } else if (message.type === "result") {
          this.inHand.delete(message.result.id);
          this.options.onResult(message.result);
        } else if (message.type === "log") this.options.logger[message.level](message.fields, message.message);
        else this.onStopped?.();
      });
      worker.on("error", (error) => {
        this.options.logger.error({ reason: error.name }, "the worker thread died");
        if (!isReady) reject(error);
      });
      worker.on("exit", () => {
        this.onStopped?.();
        if (this.isStopping || this.worker !== worker) return;
        this.worker = null;
        for (const id of this.inHand) this.options.onResult({ id, kind: "later" });
        this.inHand.clear();
        if (isReady) this.restart();
      });
    });
  }

  private restart(): void {
    setTimeout(() => {
      if (this.isStopping) return;
      this.start().catch(() => this.restart());
    }, restartDelayMs);
  }

  deliver(delivery: Delivery, bytes: Uint8Array | null): void {
    this.inHand.add(delivery.id);
    const message: ToWorker = { type: "deliver", delivery, bytes };
    if (!this.worker) {
      // It is archived: the restarted thread finds it there.
      this.inHand.delete(delivery.id);
      this.options.onResult({ id: delivery.id, kind: "later" });
      return;
    }
    this.worker.postMessage(message);
  }

  noteKeyUse(ids: readonly string[]): void {
    this.worker?.postMessage({ type: "keys-used", ids } satisfies ToWorker);
  }

  poke(): void {
    this.worker?.postMessage({ type: "poke" } satisfies ToWorker);
  }

  /** Lets the thread finish or hand back its work; ends it after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    const { worker } = this;
    if (!worker) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.onStopped = () => {
        clearTimeout(timer);
        resolve();
      };
      worker.postMessage({ type: "stop" } satisfies ToWorker);
    });
    await worker.terminate();
  }
}
