/** What only shows on a real socket: bodies that stall, answers before the end of a body, what no parser understands. */
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { problem } from "../../src/problem.js";
import { BodyInterrupted, readBody } from "../../src/server/body.js";
import { problemSchema } from "../../src/server/schemas.js";
import { collectingReceiver, someReceipt, startTestServer, type TestServer } from "./support.js";

async function listen(server: TestServer): Promise<number> {
  await server.fastify.listen({ host: "127.0.0.1", port: 0 });
  return (server.fastify.server.address() as AddressInfo).port;
}

/** Sends text over a bare socket and gives all that comes back until the server closes. */
async function exchange(port: number, sent: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(sent);
  return text(socket);
}

function bodyOf(answer: string): unknown {
  return problemSchema.parse(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)));
}

test("what is no HTTP, and headers that are too long, are answered with a problem document", async () => {
  const port = await listen(await startTestServer());
  const garbage = await exchange(port, "this is not http\r\n\r\n");
  expect(garbage).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(bodyOf(garbage)).toMatchObject({ status: 400, code: "invalid_parameter" });

  const long = await exchange(port, `GET /health HTTP/1.1\r\nHost: a\r\nX-Long: ${"a".repeat(20_000)}\r\n\r\n`);
  expect(long).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  expect(long).toMatch(/\r\nContent-Type: application\/problem\+json\r\n/);
  const { request_id: id } = bodyOf(long) as { request_id: string };
  expect(long).toContain(`\r\nX-Request-Id: ${id}\r\n`);
});

test("a request that names no host is refused with a problem document, as HTTP wants it, and HTTP/1.0 is served", async () => {
  const port = await listen(await startTestServer());
  const refused = await exchange(port, "GET /health HTTP/1.1\r\nConnection: close\r\nX-Request-Id: r1\r\n\r\n");
  expect(refused).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nx-request-id: r1\r\n/);
  expect(bodyOf(refused)).toMatchObject({ status: 400, code: "invalid_parameter", request_id: "r1" });
  expect(await exchange(port, "GET /health HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

test("a method that nobody has heard of is refused as a wrong method", async () => {
  const port = await listen(await startTestServer());
  const answer = await exchange(port, "PURGE /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1\.1 405 /);
  expect(answer).toMatch(/\r\nallow: GET, HEAD\r\n/i);
});

/** A POST whose body is written piece by piece. */
function post(port: number, headers: Record<string, string | number>) {
  const sending = request({ port, host: "127.0.0.1", method: "POST", path: "/api/v1/ingest", headers });
  const answer = new Promise<{ status: number; body: string; headers: IncomingMessage["headers"] }>(
    (resolve, reject) => {
      sending.on("response", async (response) =>
        resolve({ status: response.statusCode!, body: await text(response), headers: response.headers }),
      );
      sending.on("error", reject);
    },
  );
  return { sending, answer };
}

test("a sender refused in the middle of a large body sees the answer, and the connection serves the next request", async () => {
  const server = await startTestServer({ receiver: collectingReceiver([], 1000) });
  const { text: key } = await server.addKey(server.users.anna, ["ingest"]);
  const port = await listen(server);
  const head = (authorization: string, length: number) =>
    `POST /api/v1/ingest HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nContent-Length: ${length}\r\n\r\n`;
  const size = 900_000;
  const answers = await exchange(
    port,
    `${head(key, size)}${"x".repeat(size)}${head("wrong", size)}${"x".repeat(size)}` +
      "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  );
  expect([...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(["413", "401", "200"]);
});

test("a body that was read to its end and then refused is answered", async () => {
  const server = await startTestServer({
    receiver: {
      waiting: () => undefined,
      async receive({ body }) {
        for await (const _ of body);
        await sleep(50);
        throw problem("invalid_json", "This is no JSON.");
      },
    },
  });
  const { text: key } = await server.addKey(server.users.anna, ["ingest"]);
  const { sending, answer } = post(await listen(server), { authorization: key });
  sending.end("no json");
  const { status, headers, body } = await answer;
  expect([status, headers["content-type"], JSON.parse(body).code]).toEqual([
    400,
    "application/problem+json",
    "invalid_json",
  ]);
});

test("a refused body that never ends is cut off", async () => {
  const server = await startTestServer();
  const port = await listen(server);
  const { sending } = post(port, { authorization: "wrong" });
  const closed = new Promise((resolve) => sending.on("error", resolve));
  const piece = Buffer.alloc(256 * 1024);
  // The test server discards one megabyte.
  for (let i = 0; i < 400 && !sending.destroyed; i++) {
    sending.write(piece);
    await sleep(5);
  }
  expect(await Promise.race([closed.then(() => "cut"), sleep(5000, "open")])).toBe("cut");
});

test("a sender that asks first sends its body only when its key is good", async () => {
  const server = await startTestServer();
  const { text: key } = await server.addKey(server.users.anna, ["ingest"]);
  const port = await listen(server);
  const ask = async (authorization: string) => {
    const { sending, answer } = post(port, { authorization, expect: "100-continue", "content-length": 2 });
    let wasAsked = false;
    sending.on("continue", () => {
      wasAsked = true;
      sending.end("{}");
    });
    sending.flushHeaders();
    const { status } = await answer;
    sending.destroy();
    return [status, wasAsked];
  };
  expect([await ask(key), await ask("wrong")]).toEqual([
    [200, true],
    [401, false],
  ]);
});

test("a sender that goes away in the middle costs no error, and the server lives on", async () => {
  const server = await startTestServer();
  const { text: key } = await server.addKey(server.users.anna, ["ingest"]);
  const port = await listen(server);
  const { sending, answer } = post(port, { authorization: key, "content-length": 1000 });
  sending.write("{");
  await sleep(300);
  sending.destroy();
  await expect(answer).rejects.toThrow();
  const again = post(port, { authorization: key, "x-request-id": someReceipt.request_id! });
  again.sending.end("{}");
  expect(JSON.parse((await again.answer).body)).toEqual(someReceipt);
  const messages = server.logLines.map((line) => JSON.parse(line)).filter(({ level }) => level !== "debug");
  expect(messages.map(({ level, msg }) => `${level} ${msg}`)).toEqual(["info the sender went away", "info request"]);
});

test("a body may come slowly for ever, but not be silent for longer than allowed", async () => {
  const read = new Promise<{ bytes: number; error: unknown }[]>((resolve) => {
    const results: { bytes: number; error: unknown }[] = [];
    const server = createServer(async (incoming) => {
      let bytes = 0;
      let error: unknown;
      try {
        for await (const piece of readBody(incoming, 150)) {
          bytes += piece.length;
          // Time that the reader takes for itself is no silence of the sender.
          if (bytes === 1) await sleep(300);
        }
      } catch (thrown) {
        error = thrown;
      }
      results.push({ bytes, error });
      if (results.length === 2) resolve(results);
      else incoming.socket.end("HTTP/1.1 204 No Content\r\n\r\n");
    });
    onTestFinished(() => void server.close());
    server.listen(0, "127.0.0.1", async () => {
      const { port } = server.address() as AddressInfo;
      const slow = connect(port, "127.0.0.1");
      slow.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n");
      for (let i = 0; i < 8; i++) {
        await sleep(60);
        slow.write("x");
      }
      await once(slow.resume(), "close");
      const silent = connect(port, "127.0.0.1");
      silent.on("error", () => {});
      silent.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nxxx");
    });
  });
  const [slow, silent] = await read;
  expect(slow).toEqual({ bytes: 8, error: undefined });
  expect(silent).toMatchObject({ bytes: 3, error: { name: "BodyInterrupted" } });
  expect(silent!.error).toBeInstanceOf(BodyInterrupted);
});
