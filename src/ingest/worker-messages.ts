/** What the main thread and the worker thread say to each other. */
import type { Delivery } from "../store/store.js";
import type { WorkResult } from "./work.js";

export interface WorkerSettings {
  databaseUrl: string;
  owner: string;
  scratchFolder: string;
}

export type ToWorker =
  | { type: "deliver"; delivery: Delivery; bytes: Uint8Array | null }
  | { type: "poke" }
  /** Keys that were used: the thread that writes the main file notes when. */
  | { type: "keys-used"; ids: readonly string[] }
  | { type: "stop" };

export type FromWorker =
  | { type: "ready" }
  | { type: "result"; result: WorkResult }
  /** One line for the main thread's log: a logger of its own would cost the thread 5 MB. */
  | { type: "log"; level: "info" | "warn" | "error"; fields: object; message: string }
  | { type: "stopped" };
