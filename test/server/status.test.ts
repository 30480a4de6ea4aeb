import { expect, test } from "vitest";
import { querySchemas } from "../../src/query/schemas.js";
import { describeApi } from "../../src/server/openapi.js";
import { routes } from "../../src/server/routes.js";
import { livenessSchema, readinessSchema } from "../../src/server/schemas.js";
import { startTestServer } from "./support.js";

const mib = 1024 * 1024;

test("/health says that it lives, whatever the store does", async () => {
  const server = await startTestServer();
  await server.store.close();
  const answer = await server.fastify.inject("/health");
  expect([answer.statusCode, livenessSchema.parse(answer.json())]).toEqual([200, { status: "ok", version: "1.2.3" }]);
});

test("/ready wants a store that answers, and room on the disk", async () => {
  let space = { freeBytes: 10 ** 12, totalBytes: 10 ** 12 };
  const server = await startTestServer({ diskSpace: async () => space });
  const ask = async () => {
    const answer = await server.fastify.inject("/ready");
    if (answer.statusCode === 200) return readinessSchema.parse(answer.json()).status;
    return [answer.statusCode, answer.json().code, answer.json().detail, answer.headers["retry-after"]];
  };
  const full = [503, "storage_unavailable", "The disk with the data directory is nearly full.", "5"];

  expect(await ask()).toBe("ready");
  space = { freeBytes: 200 * mib, totalBytes: 10 ** 12 };
  expect(await ask()).toBe("ready");
  space = { freeBytes: 200 * mib - 1, totalBytes: 10 ** 12 };
  expect(await ask()).toEqual(full);
  space = { freeBytes: 10 * mib, totalBytes: 1000 * mib };
  expect(await ask()).toBe("ready");
  space = { freeBytes: 10 * mib - 1, totalBytes: 1000 * mib };
  expect(await ask()).toEqual(full);

  space = { freeBytes: 10 ** 12, totalBytes: 10 ** 12 };
  await server.store.close();
  expect(await ask()).toEqual([503, "storage_unavailable", "The database does not answer.", "5"]);
});

test("/metrics has every name of the contract, and labels that nobody outside can make grow", async () => {
  const server = await startTestServer();
  const { text } = await server.addKey(server.users.anna, ["ingest"]);
  server.options.metrics.notePoints({
    heart_rate: { received: 2, inserted: 2, updated: 0, unchanged: 0, rejected: 0 },
    "my own metric": { received: 3, inserted: 1, updated: 0, unchanged: 0, rejected: 2 },
  });
  await server.fastify.inject({ method: "POST", url: "/v1/ingest", headers: { "api-key": text }, payload: "{}" });
  await server.fastify.inject({ url: "/secret/path" });
  const answer = await server.fastify.inject("/metrics");
  expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
  for (const line of [
    'selfsensored_ingestions_total{status="processed"} 1',
    'selfsensored_points_total{kind="heart_rate",result="inserted"} 2',
    'selfsensored_points_total{kind="other",result="inserted"} 1',
    'selfsensored_points_total{kind="other",result="rejected"} 2',
    'selfsensored_http_request_duration_seconds_count{method="POST",route="/v1/ingest",status="200"} 1',
    'selfsensored_http_request_duration_seconds_count{method="GET",route="unmatched",status="404"} 1',
    "selfsensored_queue_depth 0",
    "selfsensored_last_ingestion_timestamp_seconds 0",
    "selfsensored_auth_failures_total 0",
    "selfsensored_argon2_seconds_count 1",
    "selfsensored_rate_limited_total 0",
    "selfsensored_maintenance_runs_total 0",
  ]) {
    expect(answer.body.split("\n")).toContain(line);
  }
  expect(answer.body).toMatch(/^selfsensored_database_size_bytes [1-9]\d+$/m);
  expect(answer.body).toMatch(/^selfsensored_process_resident_memory_bytes [1-9]/m);
  expect(answer.body).not.toMatch(/^(?!selfsensored_|#)./m);
  expect(answer.body).not.toContain("anna");
});

test("/metrics asks for an admin key where it is set so, and answers without the store too", async () => {
  const server = await startTestServer({}, { metricsAuth: "admin" });
  const [read, admin] = [
    await server.addKey(server.users.anna, ["read"]),
    await server.addKey(server.users.anna, ["admin"]),
  ];
  const ask = async (headers: Record<string, string>) =>
    (await server.fastify.inject({ url: "/metrics", headers })).statusCode;
  expect(await Promise.all([ask({}), ask({ "api-key": read.text }), ask({ "api-key": admin.text })])).toEqual([
    401, 403, 200,
  ]);

  const open = await startTestServer();
  await open.store.close();
  expect((await open.fastify.inject("/metrics")).statusCode).toBe(200);
});

test("the OpenAPI document tells every route, its scope, its parameters, and leads nowhere that is not there", async () => {
  const { fastify } = await startTestServer();
  const document = (await fastify.inject("/openapi.json")).json();
  expect(document).toEqual(JSON.parse(JSON.stringify(await describeApi(routes, "1.2.3"))));
  const told = Object.entries<Record<string, unknown>>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(told.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
  const operations = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap(Object.values);
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length);

  const metric = document.paths["/api/v1/metrics/{name}"].get;
  expect(metric.security).toEqual([{ bearer: [] }, { authorization: [] }, { xApiKey: [] }, { apiKey: [] }]);
  expect(metric.parameters.map((one: { name: string; in: string }) => `${one.in} ${one.name}`)).toEqual(
    expect.arrayContaining(["path name", "query from", "query bucket", "query limit", "query user"]),
  );
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  expect(references.length).toBeGreaterThan(routes.length);
  for (const [, name] of references) expect(Object.keys(document.components.schemas)).toContain(name);
});

test("the table names every query there is", () => {
  const named = routes.flatMap((route) => (route.scope === null ? [] : (route.query ?? [])));
  expect(named.sort()).toEqual(Object.keys(querySchemas).sort());
});

test("/docs shows every route on one page without scripts or anything from elsewhere", async () => {
  const { fastify } = await startTestServer();
  const answer = await fastify.inject("/docs");
  expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(answer.headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-/);
  for (const { path } of routes) expect(answer.body).toContain(`<code>${path}</code>`);
  expect(answer.body).not.toMatch(/<script|src=|https?:\/\/(?!localhost:8080)|@import|url\(/);
});
