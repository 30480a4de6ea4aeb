/**
 * What no killed process can show: that a commit of the archive is on the disk and not merely with the system (contract
 * promise 1). In WAL mode SQLite's own default would wait for the disk at checkpoints only.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test, vi } from "vitest";
import { openStore } from "../../src/store/open.js";

const full = 2;

test("whoever writes to the archive waits for the disk at every commit", async () => {
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-durability-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const opened = new Set<Database.Database>();
  const askPragma = Database.prototype.pragma;
  const spy = vi.spyOn(Database.prototype, "pragma").mockImplementation(function (this: Database.Database, ...given) {
    opened.add(this);
    return askPragma.apply(this, given);
  });
  onTestFinished(() => spy.mockRestore());

  const store = await openStore({ url: `sqlite:${join(folder, "selfsensored.db")}`, create: true });
  const user = await store.addUser({ name: "me", email: null, timeZone: "Europe/Berlin" });
  const body = Buffer.from('{"data":{}}');
  await store.archive(
    {
      userId: user.userId,
      userUuid: user.id,
      keyId: null,
      receivedMs: Date.parse("2026-03-02T10:00:00Z"),
      contentType: "application/json",
      headers: {},
      via: "http",
      fileName: null,
      requestId: null,
      sha256: Buffer.alloc(32, 1),
      bodyBytes: body.length,
      wireBytes: body.length,
    },
    body,
  );

  const archives = [...opened].filter((db) => db.open && basename(db.name) === "2026-03.db");
  const modes = archives.map((db) => [
    askPragma.call(db, "journal_mode", { simple: true }),
    askPragma.call(db, "synchronous", { simple: true }),
  ]);
  await store.close();
  expect(modes).toEqual([["wal", full]]);
});
