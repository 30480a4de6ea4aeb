import { expect, test } from "vitest";
import { problem } from "../../src/problem.js";
import { runQuery } from "../../src/query/run.js";
import { routes } from "../../src/server/routes.js";
import { problemSchema, receiptSchema } from "../../src/server/schemas.js";
import type { Store } from "../../src/store/store.js";
import { archiveBytes, collectingReceiver, someReceipt, startTestServer } from "./support.js";

test("every answer carries the request's id, the sender's own when it is well formed", async () => {
  const { fastify } = await startTestServer();
  const idOf = async (url: string, headers: Record<string, string>) =>
    (await fastify.inject({ url, headers })).headers["x-request-id"];
  for (const url of ["/health", "/api/v1/daily", "/nothing", "/api/v1/metrics/%zz"]) {
    expect(await idOf(url, { "x-request-id": "Run-7_a.b" })).toBe("Run-7_a.b");
    expect(await idOf(url, { "x-request-id": "two words" })).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idOf(url, { "x-request-id": "a".repeat(129) })).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idOf(url, {})).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("an unknown address is 404, a wrong method 405 with what is allowed, a broken address 400", async () => {
  const { fastify } = await startTestServer();
  const ask = async (method: "GET" | "POST" | "DELETE" | "OPTIONS", url: string) => {
    const answer = await fastify.inject({ method, url, ...(method === "POST" ? { payload: "{" } : {}) });
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    const { code, status } = problemSchema.parse(answer.json());
    return [answer.statusCode, status, code, answer.headers["allow"]];
  };
  expect(await ask("GET", "/nothing")).toEqual([404, 404, "not_found", undefined]);
  expect(await ask("POST", "/nothing")).toEqual([404, 404, "not_found", undefined]);
  expect(await ask("GET", "/api/v1/quality")).toEqual([404, 404, "not_found", undefined]);
  expect(await ask("DELETE", "/api/v1/ingest")).toEqual([405, 405, "method_not_allowed", "GET, HEAD, POST"]);
  expect(await ask("POST", "/api/v1/workouts/abc/route")).toEqual([405, 405, "method_not_allowed", "GET, HEAD"]);
  expect(await ask("OPTIONS", "/health")).toEqual([405, 405, "method_not_allowed", "GET, HEAD"]);
  expect(await ask("GET", "/api/v1/metrics/%zz")).toEqual([400, 400, "invalid_parameter", undefined]);
  expect(await ask("GET", `/api/v1/metrics/${"a".repeat(301)}`)).toEqual([404, 404, "not_found", undefined]);
});

test("the address of the phone works with a slash too many, and tells people in a browser that it is right", async () => {
  const server = await startTestServer();
  const key = await server.addKey(server.users.anna, ["ingest"]);
  for (const url of ["/api/v1/ingest", "/v1/ingest", "/api/v1/ingest/", "//api/v1/ingest"]) {
    const hint = await server.fastify.inject({ url });
    expect([hint.statusCode, Object.keys(hint.json())]).toEqual([200, ["message", "documentation"]]);
    const sent = await server.fastify.inject({
      method: "POST",
      url,
      headers: { authorization: key.text },
      payload: "{}",
    });
    expect(sent.json()).toEqual({ ...someReceipt, request_id: sent.headers["x-request-id"] });
    expect(receiptSchema.safeParse(sent.json()).success).toBe(true);
  }
  expect(server.delivered.length).toBe(4);
});

test("a delivery passes through untouched, with the app's own headers and no others", async () => {
  const server = await startTestServer();
  const key = await server.addKey(server.users.anna, ["ingest"]);
  const payload = Buffer.from([0x1f, 0x8b, 0, 1, 2, 255]);
  const answer = await server.fastify.inject({
    method: "POST",
    url: "/api/v1/ingest?utm=1&utm=2",
    headers: {
      authorization: `Bearer ${key.text}`,
      cookie: "a=b",
      "content-type": "no type at all",
      "content-encoding": "gzip",
      "x-request-id": "r1",
      "Automation-Name": Buffer.from("Schritte täglich 🏃").toString("latin1"),
      "automation-id": "metrics/daily",
      "AUTOMATION-AGGREGATION": "Days",
      "automation-period": "Z".repeat(900),
      "session-id": Buffer.from([0xe4, 0xf6]).toString("latin1"),
    },
    payload,
  });
  expect([answer.statusCode, answer.headers["cache-control"]]).toEqual([200, "no-store"]);
  expect(server.delivered).toEqual([
    {
      bytes: payload,
      request: {
        user: server.users.anna,
        keyId: key.id,
        contentType: "no type at all",
        contentEncoding: "gzip",
        contentLength: 6,
        headers: {
          "automation-name": "Schritte täglich 🏃",
          "automation-id": "metrics/daily",
          "automation-aggregation": "Days",
          "automation-period": "Z".repeat(500),
          "session-id": "äö",
        },
        requestId: "r1",
        via: "http",
      },
    },
  ]);
});

test("what the receiver refuses becomes a problem document with its further members and headers", async () => {
  let refusal: unknown;
  const server = await startTestServer({
    receiver: { receive: () => Promise.reject(refusal), waiting: () => undefined },
  });
  const key = await server.addKey(server.users.anna, ["ingest"]);
  const send = async (thrown: unknown) => {
    refusal = thrown;
    const headers = { "api-key": key.text, "x-request-id": "r1" };
    const answer = await server.fastify.inject({ method: "POST", url: "/api/v1/ingest", headers, payload: "{" });
    return [answer.statusCode, answer.headers["retry-after"], problemSchema.parse(answer.json())];
  };
  expect(await send(problem("invalid_json", "No JSON.", { extra: { ingestion_id: "0199" } }))).toEqual([
    400,
    undefined,
    {
      type: "urn:selfsensored:problem:invalid_json",
      title: "Not valid JSON",
      status: 400,
      code: "invalid_json",
      detail: "No JSON.",
      ingestion_id: "0199",
      request_id: "r1",
    },
  ]);
  const failed = problem("internal", "It is kept, but processing it failed.", { extra: { ingestion_id: "0199" } });
  expect(await send(failed)).toMatchObject([500, undefined, { ingestion_id: "0199" }]);
  expect(await send(problem("storage_unavailable", "Disk full."))).toMatchObject([503, "5", {}]);
  expect(await send(problem("overloaded", "Later.", { extra: { retry_after_s: 30.2 } }))).toMatchObject([
    503,
    "31",
    {},
  ]);
  expect(await server.options.metrics.registry.getSingleMetricAsString("selfsensored_ingestions_total")).toMatch(
    /status="rejected"} 1\n.*status="failed"} 1$/,
  );
});

test("a failure that nobody expected is 500 and says nothing of itself, neither in the answer nor in the log", async () => {
  const server = await startTestServer({
    queries: {
      run: async () => {
        throw new SyntaxError("Unexpected token in heart rate 173", { cause: new Error("weight 81.4") });
      },
    },
  });
  const key = await server.addKey(server.users.anna, ["read"]);
  const answer = await server.fastify.inject({ url: "/api/v1/daily", headers: { authorization: key.text } });
  expect([answer.statusCode, problemSchema.parse(answer.json()).code]).toEqual([500, "internal"]);
  const everything = answer.body + server.logLines.join("");
  for (const secret of ["173", "81.4", key.secret]) expect(everything).not.toContain(secret);
  const line = server.logLines.map((text) => JSON.parse(text)).find(({ msg }) => msg === "request failed");
  expect(line).toMatchObject({ level: "error", error: { name: "SyntaxError", cause: { name: "Error" } } });
  expect(line.error.at[0]).toContain("app.test.ts");
});

test("queries get the parameters of path and query as they were sent, and their answer goes out as it is", async () => {
  const server = await startTestServer();
  const { text } = await server.addKey(server.users.anna, ["read"]);
  const url = "/api/v1/metrics/step%20count?from=2026-03-01&bucket=day&bucket=hour";
  const answer = await server.fastify.inject({ url, headers: { "x-api-key": text } });
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(answer.json()).toEqual({
    name: "metric",
    user: "anna",
    params: { name: "step count", from: "2026-03-01", bucket: ["day", "hour"] },
  });
  const head = await server.fastify.inject({ method: "HEAD", url, headers: { "x-api-key": text } });
  expect([head.statusCode, head.headers["content-length"], head.body]).toEqual([200, `${answer.body.length}`, ""]);
});

test("an answer in pieces is streamed, its next cursor goes into a header, and HEAD leaves it at the first piece", async () => {
  const events: string[] = [];
  const server = await startTestServer({
    queries: {
      run: async () => ({
        contentType: "text/csv",
        nextCursor: "abc",
        body: (async function* () {
          try {
            for (let n = 1; n <= 3; n++) {
              events.push(`made ${n}`);
              yield `${n}\n`;
            }
          } finally {
            events.push("left");
          }
        })(),
      }),
    },
  });
  const { text } = await server.addKey(server.users.anna, ["read"]);
  const ask = async (method: "GET" | "HEAD") => {
    const answer = await server.fastify.inject({ method, url: "/api/v1/heart-rate", headers: { "api-key": text } });
    return [answer.statusCode, answer.headers["content-type"], answer.headers["x-next-cursor"], answer.body];
  };
  expect(await ask("GET")).toEqual([200, "text/csv", "abc", "1\n2\n3\n"]);
  expect(events.splice(0)).toEqual(["made 1", "made 2", "made 3", "left"]);
  expect(await ask("HEAD")).toEqual([200, "text/csv", "abc", ""]);
  expect(events).toEqual(["made 1", "left"]);
});

test("the real queries answer through the server, and refuse what they do not know", async () => {
  let store: Store | undefined;
  const server = await startTestServer({ queries: { run: (name, sent) => runQuery(store!, name, sent) } });
  store = server.store;
  await archiveBytes(store, server.users.anna, Buffer.from("{}"), "application/json");
  const { text } = await server.addKey(server.users.anna, ["read"]);
  const wrong: string[] = [];
  for (const route of routes) {
    if (route.scope !== "read" || route.path.includes("{")) continue;
    const answer = await server.fastify.inject({ url: `${route.path}?limit=5`, headers: { "api-key": text } });
    const schema = (await route.schemas()).answers[200]!["application/json"]!;
    if (answer.statusCode !== 200 || !schema.safeParse(answer.json()).success) wrong.push(route.path);
    const refused = await server.fastify.inject({ url: `${route.path}?limt=5`, headers: { "api-key": text } });
    if (refused.statusCode !== 400 || refused.json().parameter !== "limt") wrong.push(`${route.path}?limt`);
  }
  expect(wrong).toEqual([]);
  const raw = await server.fastify.inject({ url: "/api/v1/ingestions/x/raw?form=hex", headers: { "api-key": text } });
  expect([raw.statusCode, raw.json().parameter]).toEqual([400, "form"]);
});

test("a delivery on its way into the store has a receipt already, for its own user", async () => {
  const server = await startTestServer({
    queries: {
      run: async () => {
        throw problem("not_found", "There is no such delivery.");
      },
    },
    receiver: {
      ...collectingReceiver([]),
      waiting: (id, userId) => (id === "x1" && userId === 1 ? { ...someReceipt, status: "accepted" } : undefined),
    },
  });
  const { anna, ben } = server.users;
  const ask = async (user: typeof anna, id: string) => {
    const { text } = await server.addKey(user, ["read"]);
    const answer = await server.fastify.inject({ url: `/api/v1/ingestions/${id}`, headers: { "api-key": text } });
    return [answer.statusCode, answer.json().status];
  };
  expect(anna.userId).toBe(1);
  expect([await ask(anna, "x1"), await ask(anna, "x2"), await ask(ben, "x1")]).toEqual([
    [200, "accepted"],
    [404, 404],
    [404, 404],
  ]);
});

test("exact bytes come back as an attachment that no browser runs, and only to their user", async () => {
  const server = await startTestServer();
  const { anna, ben } = server.users;
  const bytes = Buffer.alloc(2_500_000, "<script>alert(1)</script>");
  const { id } = await archiveBytes(server.store, anna, bytes, "text/html");
  const [mine, other] = [await server.addKey(anna, ["read"]), await server.addKey(ben, ["read"])];
  const ask = (key: string, method: "GET" | "HEAD" = "GET") =>
    server.fastify.inject({ method, url: `/api/v1/ingestions/${id}/raw`, headers: { authorization: key } });

  const answer = await ask(mine.text);
  expect(answer.statusCode).toBe(200);
  expect(answer.rawPayload.equals(bytes)).toBe(true);
  expect(answer.headers).toMatchObject({
    "content-type": "text/html",
    "content-length": "2500000",
    "content-disposition": `attachment; filename="${id}.bin"`,
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
  });
  const head = await ask(mine.text, "HEAD");
  expect([head.statusCode, head.headers["content-length"], head.body]).toEqual([200, "2500000", ""]);
  const refused = await ask(other.text);
  expect([refused.statusCode, refused.json().code, refused.headers["content-disposition"]]).toEqual([
    404,
    "not_found",
    undefined,
  ]);
});
