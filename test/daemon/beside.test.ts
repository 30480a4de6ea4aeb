/**
 * Two processes on one SQLite store: a long import on the command line beside a daemon that phones keep busy. Both get
 * on, and the rows are those of all that was sent.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { Connection } from "../../src/store/sqlite/connection.js";
import { type Delivery, exportDeliveries, resend } from "../phone/export.js";
import { livePerson, type Person } from "../phone/person.js";
import { type DailyRow, expectDays } from "../phone/truth.js";
import { type Daemon, pause, runCommand, startDaemon } from "../support/daemon.js";
import { receiptOf } from "./expectations.js";

const place = { zone: "Europe/Berlin", firstDate: "2026-03-28" };
/** What the files tell, and what the phone tells: no metric in common, so that each has a truth of its own. */
const filed = livePerson({
  ...place,
  seed: 41,
  days: 4,
  density: 65,
  metrics: ["step_count", "active_energy", "heart_rate"],
});
const phoned = livePerson({
  ...place,
  seed: 42,
  days: 3,
  metrics: ["dietary_water", "weight_body_mass", "sleep_analysis"],
});

function writeFiles(deliveries: readonly Delivery[]): string {
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-files-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [i, { body }] of deliveries.entries()) writeFileSync(join(folder, `export-${i}.json`), body);
  return folder;
}

function* runsOfThePhone(): Generator<Delivery> {
  for (let run = 1; ; run++) {
    yield* resend(phoned, { grouping: "raw", batch: "metric" }, run);
    yield* resend(phoned, { grouping: "hour", batch: "day" }, run);
  }
}

async function expectTruthOf(daemon: Daemon, ...people: Person[]): Promise<void> {
  const { json } = await daemon.get("/daily?from=2026-01-01&to=2027-01-01");
  for (const { truth, metrics } of people) expectDays(json!["data"] as DailyRow[], truth, { metrics });
}

/** Of all deliveries, the latest received first. */
async function statuses(daemon: Daemon): Promise<unknown[]> {
  const { json } = await daemon.get("/ingestions");
  return (json!["data"] as { status: string }[]).map(({ status }) => status);
}

/** Another process's import: transactions of 8 ms, and after every 30 ms a gap of one. */
const importer = `
  const { parentPort, workerData } = require("node:worker_threads");
  const db = new (require("better-sqlite3"))(workerData);
  const work = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };
  const turn = () => {
    for (const end = performance.now() + 30; performance.now() < end; ) {
      db.exec("begin immediate; insert into marks values (1)");
      work(8);
      db.exec("commit");
    }
    setTimeout(turn, 1);
  };
  turn();
  parentPort.postMessage("busy");
`;

test("a writer gets the lock in the short gaps that an import leaves", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-lock-"));
  const connection = new Connection(join(folder, "a.db"), { kind: "main", create: true, synchronous: "NORMAL" });
  connection.raw.exec("create table marks (mark integer)");
  const other = new Worker(importer, { eval: true, workerData: connection.path });
  onTestFinished(async () => {
    await other.terminate();
    connection.close();
    rmSync(folder, { recursive: true });
  });
  await once(other, "message");

  const waitsMs: number[] = [];
  for (let i = 0; i < 21; i++) {
    const startedMs = performance.now();
    connection.write(() => connection.raw.exec("insert into marks values (2)"));
    waitsMs.push(performance.now() - startedMs);
    await pause(10);
  }

  // SQLite's own waiting takes 350 ms in the middle and seconds at worst; this about 14 ms.
  expect(waitsMs.sort((a, b) => a - b)[10]).toBeLessThan(150);
});

test("a long import beside a busy daemon: phones are answered in time, and the import ends", {
  timeout: 300_000,
}, async () => {
  const daemon = await startDaemon();
  // Whole, and again in parts: about 40 MB.
  const deliveries = [
    ...exportDeliveries(filed, { grouping: "raw" }),
    ...exportDeliveries(filed, { grouping: "raw", batch: "metric" }),
  ];
  const folder = writeFiles(deliveries);
  const phone = runsOfThePhone();
  let isImporting = true;
  const answers: { status: number; ms: number }[] = [];
  let slowestHealthMs = 0;

  const sending = Array.from({ length: 3 }, async () => {
    while (isImporting) {
      const { body, headers } = phone.next().value!;
      const startedMs = performance.now();
      const reply = await daemon.post(body, headers);
      answers.push({ status: reply.status, ms: performance.now() - startedMs });
      receiptOf(reply);
    }
  });
  const watching = (async () => {
    while (isImporting) {
      const startedMs = performance.now();
      expect(await daemon.isAlive()).toBe(true);
      slowestHealthMs = Math.max(slowestHealthMs, performance.now() - startedMs);
      await pause(20);
    }
  })();
  const imported = await runCommand(["ingest", "--json", "--data-dir", daemon.dataDir, folder], { timeoutMs: 200_000 });
  isImporting = false;
  await Promise.all([...sending, watching]);

  expect([imported.code, imported.stderr]).toEqual([0, ""]);
  expect(JSON.parse(imported.stdout)).toMatchObject({
    totals: { files: deliveries.length, files_processed: deliveries.length, rejected: 0 },
  });
  // A receipt each time, not "accepted": none waited for as long as ingest.reply_within.
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(answers.length).toBeGreaterThan(20);
  const inOrder = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  expect(inOrder[Math.floor(inOrder.length / 2)]).toBeLessThan(2000);
  expect(slowestHealthMs).toBeLessThan(2000);
  await daemon.settle();
  await expectTruthOf(daemon, filed, phoned);
});

test("a small import beside a daemon with large bodies in hand does not wait for its end", {
  timeout: 180_000,
}, async () => {
  const daemon = await startDaemon({ settings: { "ingest.reply_within": "300ms" } });
  const [large] = exportDeliveries(filed, { grouping: "raw" });
  const bodies = [large!.body, Buffer.concat([large!.body, Buffer.from("\n")])];
  for (const body of bodies) expect((await daemon.post(body, large!.headers)).status).toBe(202);
  // Files count as received when they were written: this is the latest.
  const folder = writeFiles(exportDeliveries(phoned, { grouping: "raw" }));

  const imported = await runCommand(["ingest", "--json", "--data-dir", daemon.dataDir, folder]);

  expect([imported.code, imported.stderr]).toEqual([0, ""]);
  expect(JSON.parse(imported.stdout)).toMatchObject({ totals: { files: 1, files_processed: 1, rejected: 0 } });
  expect(await statuses(daemon)).toEqual(["processed", "accepted", expect.any(String)]);
  await daemon.settle();
  expect(await statuses(daemon)).toEqual(["processed", "processed", "processed"]);
  await expectTruthOf(daemon, filed, phoned);
});

test("an import that is killed half way leaves whole deliveries, which the daemon works through", {
  timeout: 300_000,
}, async () => {
  const daemon = await startDaemon();
  const deliveries = exportDeliveries(filed, { grouping: "raw", batch: "metric" });
  const folder = writeFiles(deliveries);

  // Killed after this long, whatever it does by then.
  for (const timeoutMs of [1500, 3000, 4500]) {
    await runCommand(["ingest", "--json", "--data-dir", daemon.dataDir, folder], { timeoutMs });
  }
  const imported = await runCommand(["ingest", "--json", "--data-dir", daemon.dataDir, folder], { timeoutMs: 200_000 });

  expect([imported.code, imported.stderr]).toEqual([0, ""]);
  await daemon.settle(150_000);
  expect(await statuses(daemon)).toEqual(deliveries.map(() => "processed"));
  await expectTruthOf(daemon, filed);
});
