import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { processDelivery } from "../../src/ingest/pipeline.js";
import { Lab } from "../support/lab.js";

test("a delivery whose bytes are no longer archived is an error of the store, not a body that is no JSON", async () => {
  const lab = await Lab.open();
  const bytes = Buffer.from('{"data":{}}');
  const { delivery } = await lab.store.archive(
    {
      userId: lab.user.userId,
      userUuid: lab.user.id,
      keyId: null,
      receivedMs: 1_700_000_000_000,
      contentType: "application/json",
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
  const process = (from: AsyncIterable<Uint8Array>) =>
    processDelivery({
      store: lab.store,
      delivery,
      zone: "UTC",
      bytes: from,
      scratchFolder: join(lab.folder, "scratch"),
      breathe: async () => {},
    });
  expect((await process(lab.store.rawBytes(delivery))).status).toBe("processed");
  await expect(process(lab.store.rawBytes({ ...delivery, id: "gone" }))).rejects.toThrow("not in the archive");
  await lab.close();
  await rm(lab.folder, { recursive: true, force: true });
});
