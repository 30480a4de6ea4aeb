/**
 * The whole appliance in one process: store, worker thread, reader thread, server. Starts in order, stops in reverse.
 *
 *     lock → store (migrated) → first user → worker (takes up what a crash left) → reader → server listens
 *
 * What a caller may rely on: when `startAppliance` resolves, phones are served; when it rejects, everything that was
 * opened is closed again. `stop` takes no new work, finishes or hands back what is in hand, and leaves a clean store.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.js";
import { hostTimeZone } from "../health/zone.js";
import { Receiver } from "../ingest/receive.js";
import { WorkerClient } from "../ingest/worker-client.js";
import type { Logger } from "../log.js";
import { builtEntry } from "../package-root.js";
import { problem } from "../problem.js";
import { createMetrics } from "../prometheus.js";
import { QueryClient } from "../query/client.js";
import { makeFolder } from "../store/make-folder.js";
import { lockForDaemon, openStore } from "../store/open.js";
import { startDaemon } from "./daemon.js";
import { daemonFilePath, readDaemonFile } from "./daemon-file.js";
import { ensureFirstUser, type FirstUser } from "./first-start.js";

export interface Appliance {
  url: string;
  /** The first user and key, where this start made them; the key is never known again. */
  first: FirstUser | null;
  setLogLevel(level: Config["log"]["level"]): void;
  stop(graceMs: number): Promise<void>;
}

/** Of the grace period, what the worker gets after the server has stopped. */
const workerShare = 0.4;

export async function startAppliance(config: Config, logger: Logger): Promise<Appliance> {
  let stopGraceMs = 10_000;
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const lock = lockForDaemon(config.database.url);
    if (!lock) {
      const other = readDaemonFile(config.dataDir);
      throw problem(
        "store_in_use",
        `Another daemon${other ? ` (process ${other.pid})` : ""} is using ${config.database.url}.`,
        { hint: "Stop it first, or give this one a place of its own with --data-dir." },
      );
    }
    closers.push(() => lock.release());

    const store = await openStore({ url: config.database.url, create: true });
    closers.push(() => store.close());
    const first = await ensureFirstUser(store, { zone: hostTimeZone(), name: "me" });

    const temporary = join(config.dataDir, "tmp");
    makeFolder(temporary);
    const metrics = createMetrics();
    const worker = new WorkerClient({
      settings: {
        databaseUrl: config.database.url,
        owner: "daemon",
        scratchFolder: temporary,
      },
      logger,
      onResult: (result) => {
        const { isLate } = receiver.settle(result);
        if (result.kind !== "outcome") return;
        // Once for each delivery, however many requests brought the same bytes and wait for one receipt.
        metrics.notePoints(result.outcome.by_type);
        // An answer in time is counted as it goes out.
        if (isLate) metrics.noteIngestion(result.outcome.status);
      },
    });
    const receiver = new Receiver({
      store,
      ...config.ingest,
      spoolFolder: temporary,
      deliver: (delivery, bytes) => worker.deliver(delivery, bytes),
    });
    // The thread starts while the server does; what is delivered meanwhile waits in its queue.
    const workerStart = worker.start();
    workerStart.catch(() => {});
    closers.push(() => worker.stop(stopGraceMs * workerShare));

    const queries = new QueryClient({
      readerFile: builtEntry("query/reader.js"),
      store: { url: config.database.url, readonly: true },
    });
    closers.push(() => queries.close());

    const daemon = await startDaemon({
      config,
      store,
      receiver,
      queries,
      logger,
      metrics,
      noteKeyUse: (ids) => worker.noteKeyUse(ids),
    });
    closers.push(() => daemon.stop(stopGraceMs * (1 - workerShare)));
    await workerStart;

    closers.push(() => receiver.stop());

    closers.push(noteDaemon(config.dataDir, daemon.url, logger));

    return {
      url: daemon.url,
      first,
      setLogLevel(level) {
        logger.level = level;
      },
      async stop(graceMs) {
        stopGraceMs = graceMs;
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Says where the daemon is; what it returns takes that back. Only a hint, so a full disk is no reason not to serve. */
function noteDaemon(dataDir: string, url: string, logger: Logger): () => void {
  const file = daemonFilePath(dataDir);
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid, url, started_at: new Date().toISOString() }), {
      mode: 0o600,
    });
  } catch (error) {
    logger.warn({ reason: (error as NodeJS.ErrnoException).code }, "daemon.json cannot be written");
  }
  return () => rmSync(file, { force: true });
}
