/**
 * What no killed process can show: that the commit which names a delivery in the archive waits for the disk (contract
 * promise 1). In WAL mode the driver's own default would wait at checkpoints only. Small bodies and large ones go in by
 * different ways, so both are looked at, at the very commit.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test, vi } from "vitest";
import { openStore } from "../../src/store/open.js";

const full = 2;

test.each([
  ["small", 1000],
  ["large", 3_000_000],
])("the commit that names a %s body in the archive waits for the disk", async (_, bodyBytes) => {
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-durability-"));
  const store = await openStore({ url: `sqlite:${join(folder, "selfsensored.db")}`, create: true });
  const user = await store.addUser({ name: "me", email: null, timeZone: "Europe/Berlin" });

  const commits: { isNamed: boolean; journal: unknown; synchronous: unknown }[] = [];
  const run = Database.prototype.exec;
  const spy = vi.spyOn(Database.prototype, "exec").mockImplementation(function (this: Database.Database, sql: string) {
    if (sql === "commit" && basename(this.name) === "2026-03.db") {
      commits.push({
        isNamed:
          this.prepare("select 1 from sqlite_master where name = 'deliveries'").get() !== undefined &&
          this.prepare("select 1 from deliveries").get() !== undefined,
        journal: this.pragma("journal_mode", { simple: true }),
        synchronous: this.pragma("synchronous", { simple: true }),
      });
    }
    return run.call(this, sql);
  });
  onTestFinished(async () => {
    spy.mockRestore();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const body = Buffer.alloc(bodyBytes, " ");
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
      bodyBytes,
      wireBytes: bodyBytes,
    },
    body,
  );

  const naming = commits.filter(({ isNamed }) => isNamed);
  expect(naming).toEqual([{ isNamed: true, journal: "wal", synchronous: full }]);
});
