import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createLogger } from "../../src/log.js";
import { readVersion } from "../../src/package-root.js";
import { hashSecret, newApiKey } from "../../src/server/api-keys.js";
import { type DaemonOptions, startDaemon } from "../../src/server/daemon.js";
import type { ServerConfig } from "../../src/server/services.js";
import { uuidv7 } from "../../src/store/uuid.js";
import { collectingReceiver, echoQueries, openTestStore, someReceipt, testConfig } from "./support.js";

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

async function start(change: Partial<DaemonOptions> = {}, server: Partial<ServerConfig["server"]> = {}) {
  const store = await openTestStore();
  const user = await store.addUser({ name: "me", email: null, timeZone: "UTC" });
  const { handle, secret, text: key } = newApiKey();
  const keyId = uuidv7();
  const limits = { requestsPerHour: null, bandwidthPerHour: null, expiresAt: null };
  const secretHash = await hashSecret(secret);
  await store.addKey({ id: keyId, handle, userId: user.userId, name: "k", scopes: ["ingest"], secretHash, ...limits });
  const lines: string[] = [];
  const daemon = await startDaemon({
    config: testConfig(server),
    store,
    receiver: collectingReceiver([]),
    queries: echoQueries,
    noteKeyUse: (ids) => void store.noteKeyUse(ids),
    logger: createLogger({ level: "info", format: "json", destination: { write: (line) => void lines.push(line) } }),
    ...change,
  });
  onTestFinished(() => daemon.stop(0));
  return { ...daemon, store, key, keyId, lines };
}

/** Begins a delivery and leaves it open; `finish` sends the rest. */
function beginDelivery(url: string, key: string) {
  const sending = request(`${url}/api/v1/ingest`, {
    method: "POST",
    headers: { authorization: key, "x-request-id": someReceipt.request_id! },
  });
  sending.write("{");
  const answer = new Promise<{ status: number; connection: string | undefined; body: string }>((resolve, reject) => {
    sending.on("error", reject);
    sending.on("response", async (response) => {
      const { statusCode: status, headers } = response;
      resolve({ status: status!, connection: headers.connection, body: await text(response) });
    });
  });
  return { answer, finish: () => sending.end("}") };
}

test("a daemon answers at its address as soon as it has started", async () => {
  const { url } = await start();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const answer = await fetch(`${url}/health`);
  expect([answer.status, await answer.json()]).toEqual([200, { status: "ok", version: readVersion() }]);
});

test("the address is a public one where it is set, and one of this machine where all are listened at", async () => {
  const everywhere = await start({}, { host: "0.0.0.0" });
  expect(everywhere.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const named = await start({}, { publicUrl: "https://health.example/base/" });
  expect(named.url).toBe("https://health.example/base");
});

test("a port that is taken is a problem that names it", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as { port: number };
  await expect(start({}, { port })).rejects.toMatchObject({
    code: "failed",
    detail: `port ${port} on 127.0.0.1 is taken by another program`,
  });
});

test("on stop, new connections are refused, a running delivery gets its receipt, and then all is closed", async () => {
  const { url, key, keyId, store, stop } = await start();
  const delivery = beginDelivery(url, key);
  await sleep(300);
  const stopped = stop(10_000);
  await sleep(200);
  await expect(fetch(`${url}/health`)).rejects.toThrow();
  delivery.finish();
  expect(await delivery.answer).toEqual({ status: 200, connection: "close", body: JSON.stringify(someReceipt) });
  await stopped;
  const used = (await store.keys()).find(({ id }) => id === keyId)!;
  expect(used.lastUsedAt).not.toBeNull();
});

test("what is not finished when the grace period ends is cut off", async () => {
  const { url, key, stop } = await start();
  const delivery = beginDelivery(url, key);
  const cut = expect(delivery.answer).rejects.toThrow();
  await sleep(300);
  const startedMs = performance.now();
  await stop(200);
  expect(performance.now() - startedMs).toBeLessThan(3000);
  await cut;
});

test("connections that merely stay open do not hold up a stop", async () => {
  const { url, stop } = await start();
  await (await fetch(`${url}/health`)).text();
  const startedMs = performance.now();
  await stop(30_000);
  expect(performance.now() - startedMs).toBeLessThan(3000);
});

/** Whose certificate the server shows; and that it answers. */
async function shownName(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false });
  let name: unknown;
  socket.once("secureConnect", () => {
    name = socket.getPeerCertificate().subject.CN;
  });
  socket.write("GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  return String(name);
}

test("SIGHUP brings a new certificate into force, and keeps the old one when the new one is bad", async () => {
  const folder = await mkdtemp(join(tmpdir(), "selfsensored-tls-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const tls = { certPath: join(folder, "cert.pem"), keyPath: join(folder, "key.pem") };
  const install = async (cert: string, key: string) => {
    await copyFile(fixture(`${cert}.cert.pem`), tls.certPath);
    await copyFile(fixture(`${key}.key.pem`), tls.keyPath);
  };
  await install("first", "first");
  const { url, lines } = await start({}, { tls });
  expect(url).toMatch(/^https:/);
  const reload = async () => {
    const before = lines.length;
    process.emit("SIGHUP");
    const outcomes = ["certificate read again", "the old certificate stays in force"];
    const find = () => lines.slice(before).find((line) => outcomes.includes(JSON.parse(line).msg));
    while (find() === undefined) await sleep(20);
    return JSON.parse(find()!).msg;
  };
  const kept = "the old certificate stays in force";

  expect(await shownName(url)).toBe("first.test");
  await install("second", "first");
  expect([await reload(), await shownName(url)]).toEqual([kept, "first.test"]);
  await install("ended", "second");
  expect([await reload(), await shownName(url)]).toEqual([kept, "first.test"]);
  await writeFile(tls.certPath, "-----BEGIN CERTIFICATE-----\nhalf");
  expect([await reload(), await shownName(url)]).toEqual([kept, "first.test"]);
  await rm(tls.keyPath);
  expect([await reload(), await shownName(url)]).toEqual([kept, "first.test"]);
  await install("second", "second");
  expect([await reload(), await shownName(url)]).toEqual(["certificate read again", "second.test"]);
  const secret = readFileSync(fixture("first.key.pem"), "utf8").split("\n")[1]!;
  expect(lines.join("")).not.toContain(secret);
});

test("a start with TLS files that cannot be used fails and names setting and file", async () => {
  const tls = { certPath: fixture("first.cert.pem"), keyPath: fixture("second.key.pem") };
  await expect(start({}, { tls })).rejects.toMatchObject({
    code: "bad_configuration",
    detail: `server.tls.cert: ${tls.certPath} cannot be used together with the key ${tls.keyPath}`,
  });
  const missing = { certPath: fixture("none.pem"), keyPath: fixture("second.key.pem") };
  await expect(start({}, { tls: missing })).rejects.toMatchObject({
    code: "bad_configuration",
    detail: `server.tls.cert: ${missing.certPath} cannot be read`,
  });
});
