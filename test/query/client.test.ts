/** The reader thread, as it is bundled: answers, pieces, problems, and what happens when it dies. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { inProcessQueries, QueryClient } from "../../src/query/client.js";
import { openStore } from "../../src/store/open.js";
import type { User } from "../../src/store/store.js";
import { openBench } from "./build.js";

let folder: string;

// Inside the tree, so that the thread finds the packages that are not bundled.
beforeAll(async () => {
  folder = mkdtempSync(join(import.meta.dirname, "bundle-"));
  await build({
    entryPoints: [join(import.meta.dirname, "../../src/query/reader.ts")],
    outfile: join(folder, "reader.mjs"),
    ...{ bundle: true, format: "esm", platform: "node", target: "node20", packages: "external", logLevel: "error" },
  });
  // Stands in for a reader with a fault: dies on one query, answers the others.
  writeFileSync(
    join(folder, "frail.mjs"),
    `import { parentPort } from "node:worker_threads";
     parentPort.on("message", ({ id, name }) => {
       if (name === "die") throw new Error("a fault");
       if (name === "live") parentPort.postMessage({ id, status: "ok", body: new Uint8Array(), hasMore: false, contentType: "x" });
     });`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function openClient(readerFile: string, url: string): QueryClient {
  const client = new QueryClient({ readerFile: join(folder, readerFile), store: { url } });
  onTestFinished(() => client.close());
  return client;
}

const user = {} as User;

test("the reader answers what the same thread would", async () => {
  const bench = await openBench();
  await bench.points("step_count", "raw", [{ at: "2026-03-02T08:00:00Z", value: 7 }]);
  const client = openClient("reader.mjs", bench.url);
  for (const params of [{ name: "step_count" }, { name: "step_count", format: "csv" }]) {
    const { body, ...rest } = await client.run("metric", { user: bench.user, params });
    const here = await inProcessQueries(bench.store).run("metric", { user: bench.user, params });

    expect({ ...rest, body: Buffer.from(body as Uint8Array).toString() }).toEqual(here);
  }
});

test("a problem keeps its code, sentence and parameter on its way", async () => {
  const bench = await openBench();
  const client = openClient("reader.mjs", bench.url);

  await expect(client.run("metric", { user: bench.user, params: { name: "x", limit: "0" } })).rejects.toMatchObject({
    ...{ name: "Problem", code: "invalid_parameter", status: 400, extra: { parameter: "limit" } },
    detail: "The parameter limit must be a whole number from 1 to 10000.",
  });
  await expect(client.run("metric", { user: bench.user, params: { name: "x" } })).rejects.toMatchObject({
    ...{ code: "not_found", hint: undefined },
  });
});

test("a long answer comes in pieces, and may be left unread", async () => {
  const bench = await openBench();
  const counts = { received: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 };
  const lists = { errors: [], errors_total: 2500, warnings: [], warnings_total: 0 };
  const outcome = { status: "partial" as const, processed: {}, counts, by_type: {}, ...lists };
  const id = await bench.delivery({ at: "2026-03-02T08:00:00Z", outcome });
  const { arrival } = (await bench.store.ingestions({ id }, { limit: 1 })).rows[0]!;
  const item = { item_type: "metric", error: "invalid_date", message: "No date.", item: null };
  const items = Array.from({ length: 2500 }, (_, position) => ({ ...item, position, item_index: position }));
  await bench.store.writeRejected(arrival, items, { reset: true });
  const client = openClient("reader.mjs", bench.url);
  const ask = async () => (await client.run("ingestion", { user: bench.user, params: { id, errors: "all" } })).body;

  const pieces: Uint8Array[] = [];
  for await (const piece of (await ask()) as AsyncIterable<Uint8Array>) pieces.push(piece);
  for await (const _ of (await ask()) as AsyncIterable<Uint8Array>) break;

  expect(pieces.length).toBeGreaterThan(3);
  expect((JSON.parse(Buffer.concat(pieces).toString()) as { errors: unknown[] }).errors).toHaveLength(2500);
  await client.run("metrics", { user: bench.user, params: {} });
});

test("a store that cannot be opened is a problem of the query, and no longer one when it can", async () => {
  const bench = await openBench();
  const url = `${bench.url}.later`;
  const client = openClient("reader.mjs", url);
  const ask = () => client.run("metrics", { user: bench.user, params: {} });

  await expect(ask()).rejects.toMatchObject({ code: "no_store" });
  const later = await openStore({ url, create: true });
  onTestFinished(() => later.close());
  expect(Buffer.from((await ask()).body as Uint8Array).toString()).toBe('{"data":[],"next_cursor":null}');
});

test("when the thread dies, what was in flight is rejected, and the next query has a new thread", async () => {
  const client = openClient("frail.mjs", "sqlite:none");
  const interrupted = { code: "storage_unavailable", mayRepeat: true };
  const hanging = client.run("hang", { user, params: {} });
  const dying = client.run("die", { user, params: {} });

  await expect(hanging).rejects.toMatchObject(interrupted);
  await expect(dying).rejects.toMatchObject({ ...interrupted, cause: expect.objectContaining({ message: "a fault" }) });
  expect(await client.run("live", { user, params: {} })).toMatchObject({ contentType: "x" });
});

test("closing rejects what is in flight and every query afterwards", async () => {
  const client = openClient("frail.mjs", "sqlite:none");
  const hanging = client.run("hang", { user, params: {} });
  const refused = expect(hanging).rejects.toMatchObject({ code: "storage_unavailable" });

  await client.close();

  await refused;
  await expect(client.run("live", { user, params: {} })).rejects.toMatchObject({ code: "storage_unavailable" });
});
