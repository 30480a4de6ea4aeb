/** What routes work with: passed to them, so that none reaches for anything else. */
import type { Config } from "../config.js";
import type { Receiver } from "../ingest/receive.js";
import type { Logger } from "../log.js";
import type { Metrics } from "../prometheus.js";
import type { Queries } from "../query/client.js";
import type { Store } from "../store/store.js";
import type { Authenticator } from "./auth.js";
import type { OpenApiDocument } from "./openapi.js";

/** The settings that the server reads. */
export type ServerConfig = Pick<Config, "server" | "dataDir" | "ingest">;

export interface DiskSpace {
  freeBytes: number;
  totalBytes: number;
}

export interface Services {
  config: ServerConfig;
  store: Store;
  receiver: Pick<Receiver, "receive" | "waiting">;
  /** Answers read requests, away from the thread that serves. */
  queries: Pick<Queries, "run">;
  authenticator: Authenticator;
  metrics: Metrics;
  logger: Logger;
  version: string;
  /** Made once, when they are first asked for. */
  documents: () => Promise<{ api: OpenApiDocument; page: string }>;
  /** Of the disk that holds the data directory. */
  diskSpace: () => Promise<DiskSpace>;
}
