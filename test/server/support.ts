/**
 * A server on a real SQLite store in a folder of its own, with users and keys in every state. Only what is behind the
 * server is played: the receiver collects bytes and answers a receipt, queries say what they were asked.
 */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Receipt } from "../../src/ingest/receipt.js";
import type { ReceiveRequest } from "../../src/ingest/receive.js";
import { createLogger } from "../../src/log.js";
import { problem } from "../../src/problem.js";
import { createMetrics } from "../../src/prometheus.js";
import { hashSecret, newApiKey } from "../../src/server/api-keys.js";
import { type App, type AppOptions, buildApp } from "../../src/server/app.js";
import type { ServerConfig, Services } from "../../src/server/services.js";
import { openStore } from "../../src/store/open.js";
import type { Scope, Store, User } from "../../src/store/store.js";
import { uuidv7 } from "../../src/store/uuid.js";

export interface TestKey {
  id: string;
  handle: string;
  secret: string;
  text: string;
}

export interface Delivered {
  request: Omit<ReceiveRequest, "body">;
  bytes: Buffer;
}

export interface TestServer extends App {
  store: Store;
  users: { anna: User; ben: User };
  options: AppOptions;
  delivered: Delivered[];
  logLines: string[];
  addKey(user: User, scopes: Scope[], change?: { expiresAt?: string }): Promise<TestKey>;
}

const counts = { received: 2, inserted: 2, updated: 0, unchanged: 0, rejected: 0 };
export const someReceipt: Receipt = {
  success: true,
  ingestion_id: "0199a000-0000-7000-8000-000000000001",
  status: "processed",
  processed: { metrics: 2, workouts: 0 },
  counts,
  by_type: { heart_rate: counts },
  errors: [],
  errors_total: 0,
  warnings: [],
  warnings_total: 0,
  processing_time_ms: 3,
  request_id: "r1",
  received_at: "2026-03-02T08:00:00.000Z",
};

export async function openTestStore(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), "selfsensored-server-"));
  const store = await openStore({ url: `sqlite:${join(folder, "test.db")}`, create: true });
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  return store;
}

export function testConfig(server: Partial<ServerConfig["server"]> = {}): ServerConfig {
  return {
    server: {
      host: "127.0.0.1",
      port: 0,
      publicUrl: null,
      trustedProxies: [],
      tls: null,
      metricsAuth: "none",
      ...server,
    },
    dataDir: tmpdir(),
    ingest: { maxBodyBytes: 1024 * 1024, maxInflatedBytes: 8 * 1024 * 1024, replyWithinMs: 10_000 },
  };
}

/** Takes whole bodies and answers one receipt; refuses bodies of more than `maxBytes` in the middle. */
export function collectingReceiver(delivered: Delivered[], maxBytes = 1024 * 1024): Services["receiver"] {
  return {
    async receive({ body, ...request }) {
      const pieces: Uint8Array[] = [];
      let size = 0;
      for await (const piece of body) {
        size += piece.length;
        if (size > maxBytes) throw problem("payload_too_large", "The delivery is too large.");
        pieces.push(piece);
      }
      delivered.push({ request, bytes: Buffer.concat(pieces) });
      return { httpStatus: 200, receipt: someReceipt };
    },
    waiting: () => undefined,
  };
}

export const echoQueries: Services["queries"] = {
  run: async (name, { user, params }) => ({
    body: Buffer.from(JSON.stringify({ name, user: user.name, params })),
    contentType: "application/json; charset=utf-8",
  }),
};

export async function startTestServer(
  change: Partial<AppOptions> = {},
  server: Partial<ServerConfig["server"]> = {},
): Promise<TestServer> {
  const store = await openTestStore();
  const anna = await store.addUser({ name: "anna", email: null, timeZone: "Europe/Berlin" });
  const ben = await store.addUser({ name: "ben", email: null, timeZone: "UTC" });
  const delivered: Delivered[] = [];
  const logLines: string[] = [];
  const options: AppOptions = {
    config: testConfig(server),
    store,
    receiver: collectingReceiver(delivered),
    queries: echoQueries,
    metrics: createMetrics(),
    logger: createLogger({
      level: "debug",
      format: "json",
      destination: { write: (line) => void logLines.push(line) },
    }),
    version: "1.2.3",
    diskSpace: async () => ({ freeBytes: 2 ** 40, totalBytes: 2 ** 41 }),
    ...change,
  };
  const app = await buildApp(options);
  onTestFinished(() => app.fastify.close());
  return {
    ...app,
    store,
    users: { anna, ben },
    options,
    delivered,
    logLines,
    async addKey(user, scopes, { expiresAt } = {}) {
      const { handle, secret, text } = newApiKey();
      const id = uuidv7();
      await store.addKey({
        id,
        handle,
        userId: user.userId,
        name: scopes.join(),
        scopes,
        secretHash: await hashSecret(secret),
        requestsPerHour: null,
        bandwidthPerHour: null,
        expiresAt: expiresAt ?? null,
      });
      return { id, handle, secret, text };
    },
  };
}

/** Archives a delivery as the receiver would, and makes it visible. */
export async function archiveBytes(store: Store, user: User, bytes: Buffer, contentType: string) {
  const { delivery } = await store.archive(
    {
      userId: user.userId,
      userUuid: user.id,
      keyId: null,
      receivedMs: Date.UTC(2026, 2, 2, 8),
      contentType,
      headers: {},
      via: "http",
      fileName: null,
      requestId: null,
      sha256: createHash("sha256").update(bytes).digest(),
      bodyBytes: bytes.length,
      wireBytes: bytes.length,
    },
    bytes,
  );
  await store.enqueue(delivery);
  return delivery;
}
