/** What every answer of the daemon owes (contract sections 3.1 and 3.2), and raw sockets where fetch is too polite. */
import { connect } from "node:net";
import { expect } from "vitest";
import type { Daemon, Reply } from "../support/daemon.js";

export interface ReceiptLike {
  ingestion_id: string;
  status: string;
  processed: Record<string, number>;
  counts: CountsLike;
  by_type: Record<string, CountsLike>;
  errors: { item_type: string; metric?: string; item_index: number; error: string; field?: string }[];
  errors_total: number;
  warnings: { warning: string }[];
  warnings_total: number;
}

type CountsLike = Record<"received" | "inserted" | "updated" | "unchanged" | "rejected", number>;

/** A problem document for a person: one short sentence, and nothing that belongs to the machine. */
export function expectProblem(reply: Reply, status: number, code: string): Record<string, unknown> {
  const { json } = reply;
  expect({ status: reply.status, code: json?.["code"], type: reply.headers.get("content-type") }).toEqual({
    status,
    code,
    type: "application/problem+json",
  });
  expect(json).toMatchObject({
    type: expect.any(String),
    title: expect.any(String),
    status,
    detail: expect.stringMatching(/^[^\n]{5,200}[.?]$/),
    request_id: reply.headers.get("x-request-id"),
  });
  return json!;
}

/** Every number of a receipt agrees with every other. */
export function expectSums(receipt: ReceiptLike): void {
  const sums = { received: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 };
  for (const counts of [receipt.counts, ...Object.values(receipt.by_type)]) {
    const { received, inserted, updated, unchanged, rejected } = counts;
    for (const count of [received, inserted, updated, unchanged, rejected]) expect(count).toBeGreaterThanOrEqual(0);
    expect(inserted + updated + unchanged + rejected).toBe(received);
  }
  for (const counts of Object.values(receipt.by_type)) {
    for (const name of Object.keys(sums) as (keyof CountsLike)[]) sums[name] += counts[name];
  }
  expect(receipt.counts).toEqual(sums);
  const processed = Object.values(receipt.processed).reduce((sum, count) => sum + count, 0);
  expect({ processed, errors: receipt.errors_total }).toEqual({
    processed: sums.received - sums.rejected,
    errors: sums.rejected,
  });
  expect(receipt.errors).toHaveLength(Math.min(100, receipt.errors_total));
  expect(receipt.warnings).toHaveLength(Math.min(100, receipt.warnings_total));
}

export function receiptOf(reply: Reply): ReceiptLike {
  const receipt = reply.json as unknown as ReceiptLike;
  expect([200, 202, 422]).toContain(reply.status);
  expectSums(receipt);
  return receipt;
}

/** The archive gives the very bytes back. */
export async function expectKept(daemon: Daemon, id: unknown, body: string | Uint8Array): Promise<void> {
  const raw = await daemon.get(`/ingestions/${String(id)}/raw`);
  expect(raw.status).toBe(200);
  // Not compared by vitest: the difference of two bodies would be printed.
  expect(Buffer.compare(raw.bytes, Buffer.from(body))).toBe(0);
}

/** The daemon is as it was: it lives, and takes an ordinary delivery. */
export async function expectServing(daemon: Daemon): Promise<void> {
  expect(await daemon.isAlive()).toBe(true);
  const reply = await daemon.post('{"data":{"metrics":[]}}');
  expect([reply.status, reply.json?.["counts"]]).toEqual([
    200,
    { received: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 },
  ]);
}

export interface SpokenOptions {
  /** Ends our side of the connection after the last piece. */
  isHalfClosed?: boolean;
  /** Waits this long between pieces. */
  pauseMs?: number;
  timeoutMs?: number;
  /** Resolves as soon as the answer holds this. */
  until?: (answer: string) => boolean;
}

export interface Spoken {
  /** Everything that came back. */
  answer: string;
  /** Whether the server closed the connection; false: the time was over, or `until` held. */
  isClosed: boolean;
  ms: number;
}

/** Says something to the port, byte for byte, and listens. */
export function speak(daemon: Daemon, pieces: readonly (string | Uint8Array)[], options: SpokenOptions = {}) {
  const { isHalfClosed = false, pauseMs = 0, timeoutMs = 20_000, until } = options;
  const { hostname, port } = new URL(daemon.url);
  const startedMs = performance.now();
  return new Promise<Spoken>((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    let answer = "";
    const finish = (isClosed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ answer, isClosed, ms: performance.now() - startedMs });
    };
    const timer = setTimeout(() => finish(false), timeoutMs);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      answer += text;
      if (until?.(answer)) finish(false);
    });
    socket.on("end", () => finish(true));
    socket.on("error", () => finish(true));
    socket.on("connect", async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return;
        socket.write(piece);
        if (pauseMs > 0) await new Promise((next) => setTimeout(next, pauseMs));
      }
      if (isHalfClosed) socket.end();
    });
  });
}

/** Head of a POST to the ingest route. */
export function postHead(daemon: Daemon, headers: Record<string, string | number>): string {
  const lines = Object.entries({
    host: "localhost",
    authorization: `Bearer ${daemon.key}`,
    "content-type": "application/json",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  return `POST /api/v1/ingest HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** The answers in what came back over one connection; all of them say how long they are. */
export function answersIn(text: string): { status: number; headers: Headers; body: string }[] {
  const answers: { status: number; headers: Headers; body: string }[] = [];
  for (let rest = text; rest.startsWith("HTTP/1.1 "); ) {
    const headEnd = rest.indexOf("\r\n\r\n");
    const [statusLine = "", ...lines] = rest.slice(0, headEnd).split("\r\n");
    const headers = new Headers(
      lines.map((line): [string, string] => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
    );
    const length = Number(headers.get("content-length") ?? 0);
    const status = Number(statusLine.split(" ")[1]);
    const body = rest.slice(headEnd + 4, headEnd + 4 + length);
    if (status !== 100) answers.push({ status, headers, body });
    rest = rest.slice(headEnd + 4 + length);
  }
  return answers;
}

/** The single answer of a connection, as fetch would have given it. */
export function replyIn(text: string): Reply {
  const answers = answersIn(text);
  expect(answers).toHaveLength(1);
  const { status, headers, body } = answers[0]!;
  const bytes = Buffer.from(body, "latin1");
  return { status, headers, json: JSON.parse(bytes.toString()) as Record<string, unknown>, bytes };
}
