/** Work in the command's own process, stopped in the middle. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Body, takeBody } from "../../src/ingest/body.js";
import { LocalWork } from "../../src/ingest/local.js";
import { createLogger } from "../../src/log.js";
import type { DeliveryFacts } from "../../src/store/store.js";
import { openPlace } from "./support.js";

test("an abort in the middle of a delivery puts it back at once, untried, and the next worker ends it", async () => {
  const { json, look, folder } = openPlace();
  await json("users", "add", "anna");
  const data = Array.from({ length: 30_000 }, (_, i) => ({
    date: new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString(),
    ...{ Min: 60, Avg: 61, Max: 62 },
  }));
  const metric = { name: "heart_rate", units: "count/min", data };
  const bytes = Buffer.from(JSON.stringify({ data: { metrics: [metric] } }));

  await look(async (store) => {
    const [user] = await store.users();
    const stop = new AbortController();
    const read: number[] = [];
    const options = {
      store,
      scratchFolder: join(folder, "tmp"),
      logger: createLogger({ level: "silent", format: "json" }),
    };
    const work = new LocalWork({
      ...options,
      signal: stop.signal,
      onBytes(count) {
        read.push(count);
        stop.abort(new Error("stopped by the test"));
      },
    });
    const pieces = (async function* () {
      yield bytes;
    })();
    const body: Body = await takeBody(pieces, undefined, {
      ...{ maxBodyBytes: 1e9, maxInflatedBytes: 1e9, folder: join(folder, "tmp") },
    });
    const facts: DeliveryFacts = {
      ...{
        userId: user!.userId,
        userUuid: user!.id,
        keyId: null,
        receivedMs: Date.now(),
        contentType: "application/json",
      },
      ...{ headers: {}, via: "cli", fileName: null, requestId: null },
      ...{ sha256: body.sha256, bodyBytes: body.bodyBytes, wireBytes: body.wireBytes },
    };
    const { receipt } = await work.deliver(facts, body);
    await work.close();
    await body.close();
    const find = async () => (await store.ingestions({ id: receipt.ingestion_id }, { limit: 1 })).rows[0];
    expect([receipt.status, read.length]).toEqual(["accepted", 1]);
    expect(await find()).toMatchObject({ status: "pending", attempts: 0 });

    const next = new LocalWork({ ...options, signal: new AbortController().signal });
    await next.settleAll([(await find())!], () => {});
    await next.close();
    expect(await find()).toMatchObject({ status: "processed", outcome: { counts: { inserted: 30_000 } } });
  });
});
