/**
 * Senders that break HTTP itself, lie about lengths, stall or hang up: each costs only itself. Raw sockets, because
 * every polite client would refuse to say these things.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Daemon, pause } from "../support/daemon.js";
import {
  answersIn,
  expectKept,
  expectProblem,
  expectServing,
  postHead,
  receiptOf,
  replyIn,
  speak,
} from "./expectations.js";

let daemon: Daemon;

beforeAll(async () => {
  daemon = await Daemon.start();
}, 90_000);
afterAll(() => daemon.close());

let minutes = 0;

/** A body with one weight that no other test sends. */
function weight(): string {
  const at = new Date(Date.parse("2026-03-02T09:00:00Z") + minutes++ * 60_000).toISOString();
  const date = `${at.slice(0, 19).replace("T", " ")} +0000`;
  return `{"data":{"metrics":[{"name":"weight_body_mass","units":"kg","data":[{"date":"${date}","qty":70}]}]}}`;
}

async function countDeliveries(): Promise<number> {
  const { json } = await daemon.get("/ingestions?limit=10000");
  return (json!["data"] as unknown[]).length;
}

describe("lengths that lie", () => {
  test("a body shorter than its content-length is not taken, nor archived", async () => {
    const before = await countDeliveries();
    const body = weight();

    const { answer } = await speak(daemon, [postHead(daemon, { "content-length": body.length + 100 }), body], {
      isHalfClosed: true,
    });

    expect(answersIn(answer).filter(({ status }) => status < 400)).toEqual([]);
    expect(await countDeliveries()).toBe(before);
    await expectServing(daemon);
  });

  test("a body longer than its content-length is cut there, and the rest is no request", async () => {
    const body = weight();
    const head = postHead(daemon, { "content-length": body.length - 10 });

    // In one write the rest may spoil the connection before the answer is out; after the answer it cannot.
    const together = await speak(daemon, [head + body]);
    const apart = await speak(daemon, [head + body.slice(0, -10), body.slice(-10)], { pauseMs: 1000 });

    expect(new Set(answersIn(together.answer).map(({ status }) => status))).toEqual(new Set([400]));
    const [cut, rest] = answersIn(apart.answer);
    expect([cut!.status, rest!.status, together.isClosed, apart.isClosed]).toEqual([400, 400, true, true]);
    const { ingestion_id } = JSON.parse(cut!.body) as { ingestion_id: string };
    await expectKept(daemon, ingestion_id, body.slice(0, -10));
    await expectServing(daemon);
  });

  test("a content-length beyond the limit is refused before the body is sent", async () => {
    const head = postHead(daemon, { "content-length": 300 * 1024 * 1024 });

    const { answer, ms } = await speak(daemon, [head], { until: (text) => answersIn(text).length > 0 });

    expectProblem(replyIn(answer), 413, "payload_too_large");
    expect(ms).toBeLessThan(5000);
    await expectServing(daemon);
  });

  test.each([
    ["a negative length", { "content-length": -5 }],
    ["a length in words", { "content-length": "many" }],
    ["a length beyond every number", { "content-length": "9".repeat(40) }],
    ["two lengths", { "content-length": "5, 7" }],
    ["a length and chunks", { "content-length": 12, "transfer-encoding": "chunked" }],
    ["a transfer encoding that nobody knows", { "transfer-encoding": "rot13" }],
  ])("%s is no valid request", async (_, headers) => {
    const { answer, isClosed } = await speak(daemon, [postHead(daemon, headers), '{"data":{}}']);

    expectProblem(replyIn(answer), 400, "invalid_parameter");
    expect(isClosed).toBe(true);
    await expectServing(daemon);
  });
});

describe("what is not HTTP is answered in words, and the connection closed", () => {
  test.each<[string, string | Uint8Array, number]>([
    ["a TLS hello", Buffer.from("160301020001000001fc0303", "hex"), 400],
    ["HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    ["words", "hello daemon\r\n\r\n", 400],
    ["NUL bytes", Buffer.alloc(1000), 400],
    ["NUL in a header", "GET /health HTTP/1.1\r\nhost: x\r\na: b\0c\r\n\r\n", 400],
    ["a header without a name", "GET /health HTTP/1.1\r\nhost: x\r\n: b\r\n\r\n", 400],
    ["endless headers", `GET /health HTTP/1.1\r\nhost: x\r\na: ${"b".repeat(200_000)}\r\n\r\n`, 431],
  ])("%s", async (_, text, status) => {
    const { answer, isClosed } = await speak(daemon, [text]);

    expectProblem(replyIn(answer), status, "invalid_parameter");
    expect(isClosed).toBe(true);
    await expectServing(daemon);
  });

  test.each([
    ["a size in words", "five\r\nhello\r\n0\r\n\r\n"],
    ["a size that is too large for a number", `${"f".repeat(20)}\r\nhello\r\n0\r\n\r\n`],
    ["data longer than its size", '2\r\n{"data":{}}\r\n0\r\n\r\n'],
    ["an endless extension", `5;${"x".repeat(100_000)}\r\nhello\r\n0\r\n\r\n`],
  ])("chunks with %s are not taken", async (_, chunks) => {
    const before = await countDeliveries();

    const { answer, isClosed } = await speak(daemon, [postHead(daemon, { "transfer-encoding": "chunked" }), chunks]);

    expect(answersIn(answer).filter(({ status }) => status < 400 || status >= 500)).toEqual([]);
    expect(isClosed).toBe(true);
    expect(await countDeliveries()).toBe(before);
    await expectServing(daemon);
  });
});

test("chunks of one byte each are one body", async () => {
  const body = weight();
  const chunks = [...body].map((character) => `1\r\n${character}\r\n`).join("");

  const { answer } = await speak(
    daemon,
    [`${postHead(daemon, { "transfer-encoding": "chunked" })}${chunks}0\r\n\r\n`],
    {
      until: (text) => answersIn(text).length > 0,
    },
  );

  const receipt = receiptOf(replyIn(answer));
  expect(receipt.counts).toMatchObject({ received: 1, inserted: 1 });
  await expectKept(daemon, receipt.ingestion_id, body);
});

test("twenty requests in one write get twenty answers, in order", async () => {
  const bodies = Array.from({ length: 20 }, weight);
  const requests = bodies.map(
    (body, i) => postHead(daemon, { "content-length": body.length, "x-request-id": `request-${i}` }) + body,
  );

  const { answer } = await speak(daemon, [requests.join("")], { until: (text) => answersIn(text).length === 20 });

  const answers = answersIn(answer);
  expect(answers.map(({ status, headers }) => [status, headers.get("x-request-id")])).toEqual(
    bodies.map((_, i) => [200, `request-${i}`]),
  );
});

test("who asks first is told to go on only with a good key", async () => {
  const body = weight();
  const headers = { "content-length": body.length, expect: "100-continue" };
  const isAnswered = (text: string) => text.includes("\r\n\r\n");

  const refused = await speak(daemon, [postHead(daemon, { ...headers, authorization: "Bearer ss_x_y" })], {
    until: (text) => answersIn(text).length > 0,
  });
  const welcome = await speak(daemon, [postHead(daemon, headers)], { until: isAnswered });
  const whole = await speak(daemon, [postHead(daemon, headers), body], { until: (text) => answersIn(text).length > 0 });

  expectProblem(replyIn(refused.answer), 401, "unauthorized");
  expect(welcome.answer).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  expect(receiptOf(replyIn(whole.answer.slice(welcome.answer.length))).counts.inserted).toBe(1);
});

test("senders that hang up in the middle leave nothing behind, in the archive or on the disk", async () => {
  const before = await countDeliveries();
  const body = `{"data":{"metrics":[],"filler":"${"x".repeat(3_000_000)}"}}`;
  const wires = [
    { bytes: Buffer.from(body), headers: {} },
    { bytes: gzipSync(body), headers: { "content-encoding": "gzip" } },
  ];

  for (const { bytes, headers } of wires) {
    for (const share of [0, 0.001, 0.3, 0.7, 0.999]) {
      const head = postHead(daemon, { ...headers, "content-length": bytes.length });
      const sent = bytes.subarray(0, Math.floor(bytes.length * share));
      await speak(daemon, [head, sent], { timeoutMs: 150 });
    }
  }

  await pause(200);
  expect(await countDeliveries()).toBe(before);
  expect(readdirSync(join(daemon.dataDir, "tmp"))).toEqual([]);
  await expectServing(daemon);
});

test("slow bodies are waited for, silent ones are given up, and neither holds up anybody else", {
  timeout: 120_000,
}, async () => {
  await expectServing(daemon);
  const before = await countDeliveries();
  const body = weight();
  const head = postHead(daemon, { "content-length": body.length });
  const half = body.slice(0, body.length / 2);
  const givenUp = { timeoutMs: 60_000 };
  // In all senses at a time: half a head, half a body, half a gzip stream, and a crowd of half bodies.
  const silent = Promise.all([
    speak(daemon, [head.slice(0, 50)], givenUp),
    speak(daemon, [head, half], givenUp),
    speak(daemon, [postHead(daemon, { "content-length": 1000, "content-encoding": "gzip" }), gzipSync(body)], givenUp),
    ...Array.from({ length: 100 }, () => speak(daemon, [head, half], givenUp)),
  ]);

  const slow = await speak(daemon, [head, ...body], { pauseMs: 20, until: (text) => answersIn(text).length > 0 });
  expect(receiptOf(replyIn(slow.answer)).counts.inserted).toBe(1);
  for (let i = 0; i < 20; i++) await expectServing(daemon);

  const ended = await silent;
  expect(ended.filter(({ isClosed }) => !isClosed)).toEqual([]);
  for (const { answer, ms } of ended) {
    expect(answersIn(answer).filter(({ status }) => status < 400 || status >= 500)).toEqual([]);
    expect(ms).toBeGreaterThan(25_000);
  }
  expect(await countDeliveries()).toBe(before + 1);
});

describe("wrong addresses, methods and keys", () => {
  test.each<[string, string, RequestInit, number, string]>([
    ["another method", "/api/v1/ingest", { method: "PUT", body: "{}" }, 405, "method_not_allowed"],
    ["deleting", "/api/v1/ingest", { method: "DELETE" }, 405, "method_not_allowed"],
    ["nothing there", "/api/v2/ingest", { method: "POST", body: "{}" }, 404, "not_found"],
    ["climbing out", "/api/v1/..%2f..%2fetc/passwd", {}, 404, "not_found"],
    ["a broken escape", "/api/v1/%zz", {}, 400, "invalid_parameter"],
    ["an id that is none", "/api/v1/ingestions/__proto__/raw", {}, 404, "not_found"],
    ["an id with NUL", "/api/v1/ingestions/a%00b", {}, 404, "not_found"],
    ["another user", "/api/v1/ingest?user=anna", { method: "POST", body: "{}" }, 403, "forbidden"],
    ["no such key", "/api/v1/ingest", wrongKey("Bearer ss_aaaa_bbbb"), 401, "unauthorized"],
    ["a key of ten kilobytes", "/api/v1/ingest", wrongKey(`Bearer ${"k".repeat(10_000)}`), 401, "unauthorized"],
    ["another scheme", "/api/v1/ingest", wrongKey("Basic YTpi"), 401, "unauthorized"],
  ])("%s", async (_, path, init, status, code) => {
    expectProblem(await daemon.request(path, init), status, code);
    await expectServing(daemon);
  });

  function wrongKey(authorization: string): RequestInit {
    return { method: "POST", body: "{}", headers: { authorization } };
  }
});

test("nothing of all this was an error of the daemon's", () => {
  const lines = daemon.output.stderr.split("\n").filter((line) => /"level":"(error|fatal)"/.test(line));
  expect(lines).toEqual([]);
});
