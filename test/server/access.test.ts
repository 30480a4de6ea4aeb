/** Who may do what: every route, with every scope, in every form of header, with a key in every state. */
import { expect, test } from "vitest";
import { hashSecret, newSecretFor } from "../../src/server/api-keys.js";
import { routes } from "../../src/server/routes.js";
import { problemSchema } from "../../src/server/schemas.js";
import type { Scope } from "../../src/store/store.js";
import { startTestServer, type TestKey, type TestServer } from "./support.js";

const forms: Record<string, (key: string) => Record<string, string>> = {
  Bearer: (key) => ({ authorization: `Bearer ${key}` }),
  "bare Authorization": (key) => ({ authorization: key }),
  "X-API-Key": (key) => ({ "x-api-key": key }),
  "api-key": (key) => ({ "api-key": key }),
};

/** The status of a request that gets past the gate: what there is no record of is 404, and that is fine here. */
async function ask(server: TestServer, route: (typeof routes)[number], headers: Record<string, string>, query = "") {
  const url = route.path.replace("{id}", "0199a000-0000-7000-8000-00000000ffff").replace("{name}", "step_count");
  const answer = await server.fastify.inject({
    method: route.method,
    url: url + query,
    headers,
    ...(route.method === "POST" ? { payload: "{}" } : {}),
  });
  if (answer.statusCode >= 400) {
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(problemSchema.parse(answer.json())).toMatchObject({
      status: answer.statusCode,
      request_id: answer.headers["x-request-id"],
    });
  }
  return answer;
}

test("every route takes exactly the scopes of the contract, in every form of header", async () => {
  const server = await startTestServer();
  const { anna } = server.users;
  const keys: Record<string, TestKey> = {};
  for (const scopes of [["ingest"], ["read"], ["admin"], ["ingest", "read"]] as Scope[][]) {
    keys[scopes.join()] = await server.addKey(anna, scopes);
  }
  const opens: Record<string, string[]> = {
    ingest: ["ingest", "ingest,read"],
    read: ["read", "admin", "ingest,read"],
    admin: ["admin"],
  };
  const wrong: string[] = [];
  for (const route of routes) {
    for (const [scopes, key] of Object.entries(keys)) {
      // Open routes do not look at headers: one form shows it.
      for (const [form, headersOf] of Object.entries(forms).slice(0, route.scope === null ? 1 : undefined)) {
        const { statusCode } = await ask(server, route, headersOf(key.text));
        const mayPass = route.scope === null || opens[route.scope]!.includes(scopes);
        const didPass = statusCode !== 401 && statusCode !== 403;
        if (mayPass !== didPass || (!mayPass && statusCode !== 403)) {
          wrong.push(`${route.method} ${route.path}, ${scopes}, ${form}: ${statusCode}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("a key works however it was pasted", async () => {
  const server = await startTestServer();
  const { text } = await server.addKey(server.users.anna, ["read"]);
  for (const authorization of [`bearer   ${text}`, ` "Bearer ${text}" `, `BEARER '${text}'`, `"${text}"`]) {
    const answer = await server.fastify.inject({ url: "/api/v1/daily", headers: { authorization } });
    expect(answer.statusCode, authorization.replace(text, "KEY")).toBe(200);
  }
});

test("no key, a broken, unknown, revoked or expired one, or a wrong secret: 401 on every route that takes a key", async () => {
  const server = await startTestServer();
  const { anna } = server.users;
  const good = await server.addKey(anna, ["ingest", "read", "admin"]);
  const revoked = await server.addKey(anna, ["ingest", "read", "admin"]);
  await server.store.revokeKey(revoked.id);
  const expired = await server.addKey(anna, ["ingest", "read", "admin"], { expiresAt: "2026-01-01T00:00:00.000Z" });
  const states: Record<string, Record<string, string>> = {
    none: {},
    empty: { authorization: "" },
    "only the word": { authorization: "Bearer" },
    broken: { authorization: "Bearer ss_abc" },
    basic: { authorization: "Basic YTpi" },
    unknown: { "x-api-key": newSecretFor("AAAAAAAAAAAA").text },
    "wrong secret": { "api-key": newSecretFor(good.handle).text },
    revoked: { authorization: `Bearer ${revoked.text}` },
    expired: { authorization: `Bearer ${expired.text}` },
  };
  const keyed = routes.filter(({ scope }) => scope !== null);
  const wrong: string[] = [];
  for (const route of keyed) {
    for (const [state, headers] of Object.entries(states)) {
      // One hash a run is enough: the wrong secret is tried on two routes.
      if (state === "wrong secret" && route.path !== "/api/v1/ingest" && route.path !== "/api/v1/daily") continue;
      const answer = await ask(server, route, headers);
      if (answer.statusCode !== 401 || answer.headers["www-authenticate"] === undefined) {
        wrong.push(`${route.method} ${route.path}, ${state}: ${answer.statusCode}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(server.delivered).toEqual([]);
  expect(await server.options.metrics.registry.getSingleMetricAsString("selfsensored_auth_failures_total")).toContain(
    `selfsensored_auth_failures_total ${keyed.length * 8 + 2}`,
  );
});

test("of several headers the first present counts: Authorization, then X-API-Key, then api-key", async () => {
  const server = await startTestServer();
  const [anna, ben] = [
    (await server.addKey(server.users.anna, ["read"])).text,
    (await server.addKey(server.users.ben, ["read"])).text,
  ];
  const whose = async (headers: Record<string, string>) => {
    const answer = await server.fastify.inject({ url: "/api/v1/daily", headers });
    return answer.statusCode === 200 ? answer.json().user : answer.statusCode;
  };
  expect(await whose({ authorization: anna, "x-api-key": ben })).toBe("anna");
  expect(await whose({ "api-key": anna, "x-api-key": ben })).toBe("ben");
  expect(await whose({ authorization: "", "api-key": anna })).toBe("anna");
  expect(await whose({ authorization: "Bearer nonsense", "x-api-key": ben })).toBe(401);
  expect(await whose({ "x-api-key": `Bearer ${ben}` })).toBe("ben");
});

test("what a proxy in front asks for itself does not hide the key behind it", async () => {
  const server = await startTestServer();
  const { text } = await server.addKey(server.users.anna, ["read"]);
  const statuses: number[] = [];
  for (const authorization of ["Basic YTpi", 'Digest username="a"', "Negotiate YTpi"]) {
    for (const name of ["x-api-key", "api-key"]) {
      const headers = { authorization, [name]: text };
      statuses.push((await server.fastify.inject({ url: "/api/v1/daily", headers })).statusCode);
    }
  }
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200]);
});

test("revocation bites on the very next request although the secret is remembered", async () => {
  const server = await startTestServer();
  const key = await server.addKey(server.users.anna, ["read"]);
  const status = async () =>
    (await server.fastify.inject({ url: "/api/v1/daily", headers: { "x-api-key": key.text } })).statusCode;
  expect(await status()).toBe(200);
  await server.store.revokeKey(key.id);
  expect(await status()).toBe(401);
});

test("after a rotation both secrets work until the old one's time is over", async () => {
  const server = await startTestServer();
  const key = await server.addKey(server.users.anna, ["read"]);
  const next = newSecretFor(key.handle);
  const statuses = async () =>
    Promise.all(
      [key.text, next.text].map(
        async (text) =>
          (await server.fastify.inject({ url: "/api/v1/daily", headers: { "x-api-key": text } })).statusCode,
      ),
    );
  const rotate = async (previousUntilMs: number, secret: string) =>
    server.store.rotateKey(key.id, { secretHash: await hashSecret(secret), previousUntilMs });

  expect(await statuses()).toEqual([200, 401]);
  await rotate(Date.now() + 60_000, next.secret);
  expect(await statuses()).toEqual([200, 200]);
  const third = newSecretFor(key.handle);
  await rotate(Date.now() - 1, third.secret);
  expect(await statuses()).toEqual([401, 401]);
});

test("?user= lets admin read anybody, others only themselves, and on ingest nobody but themselves", async () => {
  const server = await startTestServer();
  const { anna } = server.users;
  const read = await server.addKey(anna, ["read", "ingest"]);
  const admin = await server.addKey(anna, ["admin", "ingest"]);
  const reading = async (key: TestKey, user: string) => {
    const answer = await server.fastify.inject({ url: `/api/v1/daily?user=${user}`, headers: { "api-key": key.text } });
    return answer.statusCode === 200 ? answer.json() : [answer.statusCode, answer.json().code, answer.json().parameter];
  };
  expect(await reading(read, "anna")).toEqual({ name: "daily", user: "anna", params: {} });
  expect(await reading(read, "ben")).toEqual([403, "forbidden", undefined]);
  expect(await reading(read, "nobody")).toEqual([403, "forbidden", undefined]);
  expect(await reading(admin, "ben")).toEqual({ name: "daily", user: "ben", params: {} });
  expect(await reading(admin, "nobody")).toEqual([400, "invalid_parameter", "user"]);
  expect(await reading(admin, "anna&user=ben")).toEqual([400, "invalid_parameter", "user"]);

  const sending = async (key: TestKey, user: string) =>
    (
      await server.fastify.inject({
        method: "POST",
        url: `/api/v1/ingest?user=${user}`,
        headers: { "api-key": key.text },
        payload: "{}",
      })
    ).statusCode;
  expect(await Promise.all([sending(read, "ben"), sending(admin, "ben"), sending(admin, "nobody")])).toEqual([
    403, 403, 403,
  ]);
  expect(await sending(read, "anna")).toBe(200);
  expect(server.delivered.map(({ request }) => request.user.name)).toEqual(["anna"]);
});

test("keys that were used are handed over once", async () => {
  const server = await startTestServer();
  const key = await server.addKey(server.users.anna, ["read"]);
  for (const url of ["/api/v1/daily", "/api/v1/sleep"]) {
    await server.fastify.inject({ url, headers: { "api-key": key.text } });
  }
  await server.fastify.inject({ url: "/api/v1/daily", headers: { "api-key": newSecretFor(key.handle).text } });
  expect([server.authenticator.takeUsedKeys(), server.authenticator.takeUsedKeys()]).toEqual([[key.id], []]);
});
