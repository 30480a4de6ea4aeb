/** What the main thread and the worker thread say to each other. */
import type { Config } from "../config.js";
import type { Delivery } from "../store/store.js";
import type { WorkResult } from "./work.js";

export interface WorkerSettings {
  databaseUrl: string;
  owner: string;
  scratchFolder: string;
  logLevel: Config["log"]["level"];
  logFormat: Config["log"]["format"];
}

export type ToWorker =
  | { type: "deliver"; delivery: Delivery; bytes: Uint8Array | null }
  | { type: "poke" }
  /** Keys that were used: the thread that writes the main file notes when. */
  | { type: "keys-used"; ids: readonly string[] }
  | { type: "log-level"; level: Config["log"]["level"] }
  | { type: "stop" };

export type FromWorker = { type: "ready" } | { type: "result"; result: WorkResult } | { type: "stopped" };
