import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../../src/store/open.js";

test("the sizes of database and archive count what only the journals hold so far", async () => {
  const folder = await mkdtemp(join(tmpdir(), "selfsensored-"));
  const store = await openStore({ url: `sqlite:${join(folder, "selfsensored.db")}`, create: true });
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const user = await store.addUser({ name: "me", email: null, timeZone: "UTC" });
  const bytes = randomBytes(100_000);
  await store.archive(
    {
      ...{ userId: user.userId, userUuid: user.id, keyId: null, receivedMs: Date.parse("2026-03-02T08:00:00Z") },
      ...{ contentType: null, headers: {}, via: "http", fileName: null, requestId: null },
      ...{ sha256: createHash("sha256").update(bytes).digest(), bodyBytes: bytes.length, wireBytes: bytes.length },
    },
    bytes,
  );
  const { databaseBytes, archiveBytes } = await store.summary();
  // The tables of a new store alone are larger than this.
  expect(databaseBytes).toBeGreaterThan(100_000);
  expect(archiveBytes).toBeGreaterThan(bytes.length);
});
