/**
 * The server's life: bind, serve, reload certificates, stop.
 *
 * Callers may rely on: when `startDaemon` resolves the port is open; SIGHUP reads the TLS files again, and a bad pair
 * leaves the old one in force; `stop` takes no new connections, lets running requests finish for as long as the grace
 * period, and cuts off what is left then. Closing store, receiver and queries afterwards is their maker's (a request
 * that was cut off may still hear from them).
 */
import { statfs } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import type { Server as TlsServer } from "node:tls";
import type { Logger } from "../log.js";
import { readVersion } from "../package-root.js";
import { problem } from "../problem.js";
import { createMetrics, type Metrics } from "../prometheus.js";
import type { Store } from "../store/store.js";
import { type App, buildApp, type TlsFiles } from "./app.js";
import { describeThrown } from "./describe-thrown.js";
import type { DiskSpace, ServerConfig, Services } from "./services.js";
import { certificateEndMs, readTlsFiles } from "./tls.js";

const keyUseEveryMs = 60_000;
const idleCheckMs = 100;

export interface DaemonOptions {
  config: ServerConfig;
  store: Store;
  receiver: Services["receiver"];
  queries: Services["queries"];
  logger: Logger;
  /** Notes when keys were last used, off this thread. */
  noteKeyUse(ids: readonly string[]): void;
  /** Given where others count too. */
  metrics?: Metrics;
}

export interface Daemon {
  /** Where this machine reaches the server; or the public address, where one is set. */
  url: string;
  stop(graceMs: number): Promise<void>;
}

export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { config, logger } = options;
  const tls = config.server.tls === null ? undefined : await readTlsFiles(config.server.tls);
  const app = await buildApp({
    ...options,
    metrics: options.metrics ?? createMetrics(),
    version: readVersion(),
    diskSpace: () => measureDisk(config.dataDir),
    ...(tls === undefined ? {} : { tls }),
  });
  await listen(app, config);
  if (tls !== undefined) warnOfEnd(tls, logger);

  const reload = () => void reloadTls(app, config, logger);
  if (config.server.tls !== null) process.on("SIGHUP", reload);
  const noteKeyUse = () => {
    const ids = app.authenticator.takeUsedKeys();
    if (ids.length > 0) options.noteKeyUse(ids);
  };
  const keyUseTimer = setInterval(noteKeyUse, keyUseEveryMs).unref();

  let stopping: Promise<void> | undefined;
  const stop = async (graceMs: number) => {
    process.off("SIGHUP", reload);
    clearInterval(keyUseTimer);
    await closeWithin(app, graceMs);
    noteKeyUse();
  };
  return {
    url: addressOf(app, config),
    stop: (graceMs) => {
      stopping ??= stop(graceMs);
      return stopping;
    },
  };
}

async function listen({ fastify }: App, { server: { host, port } }: ServerConfig): Promise<void> {
  try {
    await fastify.listen({ host, port });
  } catch (cause) {
    await fastify.close();
    const [detail, hint] = explain((cause as NodeJS.ErrnoException).code, host, port);
    throw problem("failed", detail, { hint, cause });
  }
}

function explain(code: string | undefined, host: string, port: number): [detail: string, hint: string] {
  switch (code) {
    case "EADDRINUSE":
      return [
        `port ${port} on ${host} is taken by another program`,
        "Set another one with server.port, or end the other.",
      ];
    case "EACCES":
      return [`port ${port} may not be opened by this user`, "Set server.port to a number from 1024 on."];
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return [`${host} is no address of this machine`, "Set server.host to 0.0.0.0 for all addresses."];
    default:
      return [
        `${host}, port ${port}, cannot be opened (${code ?? "unknown reason"})`,
        "Check server.host and server.port.",
      ];
  }
}

async function closeWithin({ fastify }: App, graceMs: number): Promise<void> {
  const { server } = fastify;
  // Connections fall idle one by one as their requests end.
  const idleTimer = setInterval(() => server.closeIdleConnections(), idleCheckMs);
  const graceTimer = setTimeout(() => server.closeAllConnections(), graceMs);
  try {
    await fastify.close();
  } finally {
    clearInterval(idleTimer);
    clearTimeout(graceTimer);
  }
}

async function reloadTls({ fastify }: App, { server }: ServerConfig, logger: Logger): Promise<void> {
  try {
    const files = await readTlsFiles(server.tls!);
    if (certificateEndMs(files) <= Date.now()) throw problem("bad_configuration", "the new certificate is out of date");
    (fastify.server as unknown as TlsServer).setSecureContext(files);
    logger.info("certificate read again");
    warnOfEnd(files, logger);
  } catch (error) {
    logger.error({ error: describeThrown(error) }, "the old certificate stays in force");
  }
}

function warnOfEnd(files: TlsFiles, logger: Logger): void {
  const endMs = certificateEndMs(files);
  if (endMs <= Date.now()) logger.warn({ ended: new Date(endMs).toISOString() }, "the certificate is out of date");
}

function addressOf({ fastify }: App, { server }: ServerConfig): string {
  if (server.publicUrl !== null) return server.publicUrl.replace(/\/+$/, "");
  const { address, family, port } = fastify.server.address() as AddressInfo;
  const isEverywhere = address === "0.0.0.0" || address === "::";
  const host = isEverywhere ? "127.0.0.1" : family === "IPv6" ? `[${address}]` : address;
  return `${server.tls === null ? "http" : "https"}://${host}:${port}`;
}

async function measureDisk(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
