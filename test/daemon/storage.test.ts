/**
 * A place that does not want to be written (contract sections 3 and 4): a full disk is a 503 that passes by itself and
 * loses nothing; what can only be mended by a person ends the start with 1, the reason and the fix, and touches nothing.
 *
 * Full and read-only disks are real ones: a small tmpfs, which only root may mount.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { exportDeliveries } from "../phone/export.js";
import { livePerson } from "../phone/person.js";
import { type DailyRow, expectDays } from "../phone/truth.js";
import { type Daemon, type Ended, runCommand, startDaemon, until } from "../support/daemon.js";
import { expectKept, expectProblem, expectServing, receiptOf } from "./expectations.js";

const mebibyte = 1024 * 1024;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-storage-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Null where this process may not mount. */
function mountDisk(sizeBytes: number): string | null {
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-disk-"));
  if (!succeeds("mount", "-t", "tmpfs", "-o", `size=${sizeBytes}`, "selfsensored-test", folder)) {
    rmSync(folder, { recursive: true });
    return null;
  }
  mounted.add(folder);
  return folder;
}

function unmount(folder: string): void {
  succeeds("umount", "-l", folder);
  mounted.delete(folder);
  rmSync(folder, { recursive: true, force: true });
}

const mounted = new Set<string>();
process.on("exit", () => mounted.forEach(unmount));

function succeeds(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

const canMount = (() => {
  const folder = process.getuid?.() === 0 ? mountDisk(mebibyte) : null;
  if (folder !== null) unmount(folder);
  return folder !== null;
})();

/** Tests of real disks; without the right to mount they are skipped under a name that says why. */
const onDisk = canMount
  ? test
  : (name: string, ...rest: unknown[]) => test.skip(`${name} (needs root and mount)`, rest.at(-1) as () => void);

function newDisk(sizeBytes: number): string {
  const folder = mountDisk(sizeBytes);
  if (folder === null) throw new Error("a disk could be mounted a moment ago");
  onTestFinished(() => unmount(folder));
  return folder;
}

/** Takes all room but `leftBytes`; the file is what is removed or cut to make room again. */
function fill(disk: string, leftBytes: number): string {
  const file = join(disk, "filler");
  const piece = Buffer.alloc(4096);
  const free = () => {
    const { bavail, bsize } = statfsSync(disk);
    return bavail * bsize;
  };
  while (free() > leftBytes) appendFileSync(file, piece);
  return file;
}

const person = livePerson({
  seed: 31,
  zone: "Europe/Berlin",
  firstDate: "2026-03-28",
  days: 3,
  density: 20,
  metrics: ["step_count", "active_energy", "heart_rate"],
});

async function daily(daemon: Daemon): Promise<DailyRow[]> {
  return (await daemon.get("/daily?from=2026-01-01&to=2027-01-01")).json!["data"] as DailyRow[];
}

const weightOf = (day: number) =>
  `{"data":{"metrics":[{"name":"weight_body_mass","units":"kg","data":[{"date":"2026-02-0${day} 08:00:00 +0100","qty":7${day}}]}]}}`;

onDisk(
  "a full disk refuses deliveries, says so when asked, loses nothing, and passes by itself",
  {
    timeout: 180_000,
  },
  async () => {
    const disk = newDisk(64 * mebibyte);
    const daemon = await startDaemon({ dataDir: join(disk, "data") });
    const kept = receiptOf(await daemon.post(weightOf(1)));
    expect(kept.counts.inserted).toBe(1);
    expect((await daemon.request("/ready")).status).toBe(200);

    const filler = fill(disk, 0);
    const large = `{"data":{"metrics":[]},"filler":"${"x".repeat(3 * mebibyte)}"}`;
    for (const body of [weightOf(2), large]) {
      const refused = await daemon.post(body);
      expectProblem(refused, 503, "storage_unavailable");
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    const { detail } = expectProblem(await daemon.request("/ready"), 503, "storage_unavailable");
    expect(detail).toMatch(/disk/);
    expect(await daemon.isAlive()).toBe(true);
    // Reading goes on meanwhile.
    await expectKept(daemon, kept.ingestion_id, weightOf(1));
    expect((await daily(daemon)).map(({ date }) => date)).toEqual(["2026-02-01"]);

    rmSync(filler);
    expect((await daemon.request("/ready")).status).toBe(200);
    for (const [body, received] of [
      [weightOf(2), 1],
      [large, 0],
    ] as const) {
      const receipt = receiptOf(await daemon.post(body));
      expect([receipt.status, receipt.counts.received]).toEqual(["processed", received]);
      await expectKept(daemon, receipt.ingestion_id, body);
    }
    expect((await daily(daemon)).map(({ date }) => date)).toEqual(["2026-02-01", "2026-02-02"]);
  },
);

describe("a disk that fills up after the acknowledgement holds up the work until there is room", () => {
  onDisk("in the middle of it", { timeout: 180_000 }, () => fillUpDuringWork(false));
  onDisk("before the delivery is so much as queued", { timeout: 180_000 }, () => fillUpDuringWork(true));

  async function fillUpDuringWork(isQueueShut: boolean): Promise<void> {
    const disk = newDisk(128 * mebibyte);
    const dataDir = join(disk, "data");
    const daemon = await startDaemon({ dataDir, settings: { "ingest.reply_within": "1s" } });
    const [delivery] = exportDeliveries(person, { grouping: "raw" });
    // Somebody else has the write lock for a moment: the work cannot begin before the disk is full.
    const other = new Database(join(dataDir, "selfsensored.db"));
    // An emptied write-ahead log has no room of its own for the row of the queue.
    if (isQueueShut) other.pragma("wal_checkpoint(truncate)");
    other.exec("begin immediate");
    const reply = await daemon.post(delivery!.body, delivery!.headers);
    const filler = fill(disk, 0);
    other.exec("rollback");
    other.close();

    expect([reply.status, reply.json?.["status"]]).toEqual([202, "accepted"]);
    const id = String(reply.json!["ingestion_id"]);
    await until("the worker meets the full disk", 30_000, async () => /storage_unavailable/.test(daemon.output.stderr));
    const { status, json } = await daemon.get(`/ingestions/${id}`);
    expect([status, json?.["status"]]).toEqual([200, "accepted"]);
    expectProblem(await daemon.request("/ready"), 503, "storage_unavailable");
    expect(await daemon.isAlive()).toBe(true);

    rmSync(filler);
    await until("the delivery is processed", 30_000, async () => {
      return (await daemon.get(`/ingestions/${id}`)).json?.["status"] === "processed";
    });
    await expectKept(daemon, id, delivery!.body);
    expectDays(await daily(daemon), person.truth, { metrics: person.metrics });
  }
});

onDisk(
  "on a full disk it stops in order, and starts again to serve what can be served",
  {
    timeout: 180_000,
  },
  async () => {
    const disk = newDisk(64 * mebibyte);
    const dataDir = join(disk, "data");
    const daemon = await startDaemon({ dataDir });
    const kept = receiptOf(await daemon.post(weightOf(1)));
    const filler = fill(disk, 0);
    expectProblem(await daemon.post(weightOf(2)), 503, "storage_unavailable");

    expect((await daemon.stop()).code).toBe(0);
    await daemon.start();
    expectProblem(await daemon.post(weightOf(2)), 503, "storage_unavailable");
    await expectKept(daemon, kept.ingestion_id, weightOf(1));
    await daemon.stop();

    rmSync(filler);
    await daemon.start();
    await expectKept(daemon, kept.ingestion_id, weightOf(1));
    expect(receiptOf(await daemon.post(weightOf(2))).counts.inserted).toBe(1);
  },
);

/** Names and contents of everything in a folder. */
function contentsOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [path.slice(folder.length), createHash("sha256").update(readFileSync(path)).digest("hex")];
    }),
  );
}

function serve(dataDir: string): Promise<Ended> {
  return runCommand(["serve", "--data-dir", dataDir], {
    settings: { "server.host": "127.0.0.1", "server.port": "0" },
    timeoutMs: 30_000,
  });
}

/** Refused at the start: 1, one error that names the place, one hint, and no key. */
function expectRefused(ended: Ended, reason: RegExp, fix: RegExp): void {
  expect([ended.code, ended.stdout]).toEqual([1, ""]);
  expect(ended.stderr).toMatch(reason);
  expect(ended.stderr.split("\n").find((line) => line.startsWith("hint:"))).toMatch(fix);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
}

describe("a place that is not for this daemon is refused at the start, with reason and fix, and left as it is", () => {
  onDisk("a read-only disk", { timeout: 90_000 }, async () => {
    const disk = newDisk(32 * mebibyte);
    const dataDir = join(disk, "data");
    const daemon = await startDaemon({ dataDir });
    const kept = receiptOf(await daemon.post(weightOf(1)));
    await daemon.stop();
    expect(succeeds("mount", "-o", "remount,ro", disk)).toBe(true);
    const before = contentsOf(dataDir);

    const ended = await serve(dataDir);

    expectRefused(ended, new RegExp(`${dataDir}.* cannot be (written|opened)`), /permissions|mounted for writing/);
    expect(contentsOf(dataDir)).toEqual(before);
    expect(succeeds("mount", "-o", "remount,rw", disk)).toBe(true);
    await daemon.start();
    await expectKept(daemon, kept.ingestion_id, weightOf(1));
  });

  onDisk("a read-only disk without a store", async () => {
    const disk = newDisk(mebibyte);
    expect(succeeds("mount", "-o", "remount,ro", disk)).toBe(true);

    const ended = await serve(join(disk, "data"));

    expectRefused(ended, /data cannot be made/, /permissions|mounted for writing/);
    expect(readdirSync(disk)).toEqual([]);
  });

  test("a data directory that is a file", async () => {
    const file = join(newFolder(), "data");
    writeFileSync(file, "mine");

    const ended = await serve(file);

    expectRefused(ended, /data cannot be made/, /data directory/);
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  test.each<[string, (path: string) => void]>([
    ["a text", (path) => writeFileSync(path, "Dear diary, this is not a database at all, but a long letter.")],
    ["a short file", (path) => writeFileSync(path, "x")],
    [
      "another program's database",
      (path) => {
        const other = new Database(path);
        other.exec("create table recipes (name text); insert into recipes values ('soup')");
        other.close();
      },
    ],
    [
      "an empty database that another program has marked",
      (path) => {
        const other = new Database(path);
        other.pragma("application_id = 12345");
        other.close();
      },
    ],
  ])("%s in the database's place", async (_, make) => {
    const dataDir = newFolder();
    make(join(dataDir, "selfsensored.db"));
    const before = contentsOf(dataDir);

    const ended = await serve(dataDir);

    expectRefused(ended, /selfsensored\.db.* not a store of selfsensored/, /--data-dir|database\.url/);
    // The lock is the daemon's own: it is taken before the store is looked at.
    expect({ ...contentsOf(dataDir), "/daemon.lock": undefined }).toEqual({ ...before, "/daemon.lock": undefined });
  });

  test("a folder in the database's place", async () => {
    const dataDir = newFolder();
    mkdirSync(join(dataDir, "selfsensored.db"));

    const ended = await serve(dataDir);

    expectRefused(ended, /selfsensored\.db.* not a store of selfsensored/, /--data-dir|database\.url/);
    expect(existsSync(join(dataDir, "raw"))).toBe(false);
  });

  test("a store of a newer release", { timeout: 90_000 }, async () => {
    const daemon = await startDaemon();
    receiptOf(await daemon.post(weightOf(1)));
    await daemon.stop();
    const store = new Database(join(daemon.dataDir, "selfsensored.db"));
    store.exec("insert into schema_migrations values (9999, 'from the future', 'abc', '2030-01-01T00:00:00Z')");
    store.close();
    const before = contentsOf(daemon.dataDir);

    const ended = await serve(daemon.dataDir);

    expectRefused(ended, /9999/, /newest selfsensored/);
    expect(contentsOf(daemon.dataDir)).toEqual(before);
  });

  test("a folder where another daemon works", { timeout: 90_000 }, async () => {
    const daemon = await startDaemon();

    const ended = await serve(daemon.dataDir);

    expectRefused(ended, new RegExp(`Another daemon \\(process ${daemon.pid}\\)`), /Stop it first/);
    await expectServing(daemon);
    // The lock dies with its process, however that ends.
    await daemon.kill();
    await daemon.start();
    await expectServing(daemon);
  });
});
