import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../../src/store/open.js";

async function openArchive() {
  const folder = await mkdtemp(join(tmpdir(), "selfsensored-"));
  const store = await openStore({ url: `sqlite:${join(folder, "selfsensored.db")}`, create: true });
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const user = await store.addUser({ name: "me", email: null, timeZone: "UTC" });
  const facts = (bytes: Buffer, receivedMs: number) => ({
    userId: user.userId,
    userUuid: user.id,
    keyId: null,
    receivedMs,
    contentType: "application/json",
    headers: { "automation-aggregation": "Days" },
    via: "http" as const,
    fileName: null,
    requestId: "r",
    sha256: createHash("sha256").update(bytes).digest(),
    bodyBytes: bytes.length,
    wireBytes: bytes.length,
  });
  return { folder, store, facts };
}

/** The bytes in pieces of a size, all in one buffer that is used again: a piece is only good until the next. */
async function* inPieces(bytes: Buffer, size: number): AsyncIterable<Uint8Array> {
  const buffer = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const piece = buffer.subarray(0, Math.min(size, bytes.length - at));
    piece.set(bytes.subarray(at, at + size));
    yield piece;
  }
}

const mebibyte = 1024 * 1024;

for (const size of [0, 1, mebibyte - 1, mebibyte, mebibyte + 1, 3 * mebibyte, 5 * mebibyte + 77]) {
  test(`a body of ${size} bytes comes back as it was, in pieces of any size`, async () => {
    const { store, facts } = await openArchive();
    for (const pieceSize of [64 * 1024, 700_001, mebibyte]) {
      const bytes = randomBytes(size);
      const { delivery } = await store.archive(facts(bytes, Date.UTC(2026, 0, 1)), inPieces(bytes, pieceSize));
      const back: Buffer[] = [];
      for await (const piece of store.rawBytes(delivery)) back.push(Buffer.from(piece));
      expect(Buffer.concat(back).equals(bytes)).toBe(true);
    }
  });
}

test("an archive file is written with full synchronisation, because a 2xx must survive a power cut", async () => {
  const { folder, store, facts } = await openArchive();
  const bytes = randomBytes(3 * mebibyte);
  await store.archive(facts(bytes, Date.UTC(2026, 0, 1)), inPieces(bytes, mebibyte));
  const archive = (store as unknown as { archiveFiles: { months: Map<string, { raw: Database.Database }> } })
    .archiveFiles;
  expect(archive.months.get("2026-01")!.raw.pragma("synchronous", { simple: true })).toBe(2);
  expect(await readdir(join(folder, "raw"))).toContain("2026-01.db");
});

test("a body that breaks off leaves no bytes behind, and deliveries of one instant keep their order", async () => {
  const { folder, store, facts } = await openArchive();
  const bytes = randomBytes(4 * mebibyte);
  async function* broken(): AsyncIterable<Uint8Array> {
    yield* inPieces(bytes.subarray(0, 3 * mebibyte), mebibyte);
    throw new Error("connection lost");
  }
  await expect(store.archive(facts(bytes, 1000), broken())).rejects.toThrow("connection lost");
  const db = new Database(join(folder, "raw", "1970-01.db"), { readonly: true });
  expect(db.prepare("select (select count(*) from chunks) + (select count(*) from uploads)").pluck().get()).toBe(0);
  db.close();

  const arrivals = [];
  for (let i = 0; i < 5; i++) {
    const body = randomBytes(10);
    arrivals.push((await store.archive(facts(body, 1000), body)).delivery.arrival);
  }
  expect(arrivals).toEqual([1_000_000, 1_000_001, 1_000_002, 1_000_003, 1_000_004]);
});

test("the same bytes come back as the delivery that they were, also in another month", async () => {
  const { store, facts } = await openArchive();
  const bytes = randomBytes(100);
  const first = await store.archive(facts(bytes, Date.UTC(2026, 0, 1)), bytes);
  await store.enqueue(first.delivery);
  const again = await store.archive(facts(bytes, Date.UTC(2026, 1, 1)), bytes);
  expect([first.isNew, again.isNew, again.delivery.id]).toEqual([true, false, first.delivery.id]);
});
