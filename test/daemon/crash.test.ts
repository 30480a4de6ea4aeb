/**
 * Death at any instant (contract section 4, promise 1): whatever was answered with 2xx is in the archive byte for byte,
 * is worked through after the restart, and ends in the rows that it would have made without the crash.
 */

import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { entryTypes } from "../phone/events.js";
import { type Delivery, type ExportOptions, exportDeliveries, resend } from "../phone/export.js";
import { livePerson } from "../phone/person.js";
import { randomFor } from "../phone/random.js";
import { type DailyRow, expectDays } from "../phone/truth.js";
import { type Daemon, pause, type Reply, startDaemon, until } from "../support/daemon.js";
import { expectKept } from "./expectations.js";

/** Kills wanted, and how long the machine may take over them; a slow one gets fewer, but never less than the least. */
const rounds = 200;
const budgetMs = 200_000;
const leastRounds = 30;
/** Daemons that are killed side by side, by how long they let senders wait: see below. */
const lanes = 2;
const senders = 4;
/** Every so many rounds the daemon is killed before it can serve. */
const stillbornEvery = 10;

const person = livePerson({
  seed: 21,
  zone: "Europe/Berlin",
  firstDate: "2026-03-28",
  days: 3,
  ecgSeconds: 1,
  metrics: ["step_count", "active_energy", "heart_rate", "weight_body_mass", "dietary_water", "sleep_analysis"],
});

/** One run of the automations after the other over the same days: same facts, never the same bytes. */
function* runsOfThePhone(): Generator<Delivery> {
  const exports: ExportOptions[] = [
    { grouping: "raw", batch: "metric" },
    { grouping: "hour", batch: "day" },
    { grouping: "day" },
    { grouping: "raw", dataTypes: ["workouts", ...entryTypes], batch: "metric" },
  ];
  for (const options of exports) yield* exportDeliveries(person, options);
  for (let run = 1; ; run++) for (const options of exports) yield* resend(person, options, run);
}

async function daily(daemon: Daemon): Promise<DailyRow[]> {
  return (await daemon.get("/daily?from=2026-01-01&to=2027-01-01&limit=10000")).json!["data"] as DailyRow[];
}

/** Everything that was made of the deliveries, page by page. */
async function rowsOf(daemon: Daemon): Promise<Record<string, unknown[]>> {
  const range = "from=2026-01-01&to=2027-01-01&limit=10000";
  const paths = [
    ...person.metrics.filter((name) => name !== "sleep_analysis").map((name) => `/metrics/${name}?bucket=raw&${range}`),
    ...["/daily", "/sleep", "/sleep/stages", "/events", "/ecg", "/workouts"].map((path) => `${path}?${range}`),
  ];
  const rows: Record<string, unknown[]> = {};
  for (const path of paths) {
    const { status, json } = await daemon.get(path);
    expect([path, status, json?.["next_cursor"]]).toEqual([path, 200, null]);
    rows[path] = json!["data"] as unknown[];
  }
  return rows;
}

/** Sends and kills, and returns what was acknowledged once everything is worked through. */
async function killRepeatedly(daemon: Daemon, lane: number): Promise<Map<string, Delivery>> {
  const random = randomFor("crash", lane);
  const phone = runsOfThePhone();
  const unanswered: Delivery[] = [];
  const acknowledged = new Map<string, Delivery>();
  const deadline = performance.now() + budgetMs;
  let answers = 0;
  let kills = 0;

  const send = async (delivery: Delivery): Promise<boolean> => {
    let reply: Reply;
    try {
      reply = await daemon.post(delivery.body, delivery.headers);
    } catch {
      unanswered.push(delivery);
      return false;
    }
    expect([200, 202]).toContain(reply.status);
    answers++;
    acknowledged.set(String(reply.json!["ingestion_id"]), delivery);
    return true;
  };
  const sendUntilDeath = async (): Promise<void> => {
    while (await send(unanswered.shift() ?? phone.next().value!));
  };

  for (let round = 1; round <= rounds / lanes; round++) {
    if (performance.now() > deadline && round > leastRounds / lanes) break;
    if (round % stillbornEvery === 0) {
      daemon.spawn();
      await pause(random.between(0, 500));
      await daemon.kill();
      kills++;
    }
    if (round > 1) await daemon.start();
    const answersBefore = answers;
    const sending = Promise.all(Array.from({ length: senders }, sendUntilDeath));
    if (round % 2 === 0) {
      await pause(random.between(50, 300));
    } else {
      // On a busy machine the first check of the key alone can take that long: these get to work before they die.
      await until("an answer", 20_000, async () => answers > answersBefore);
      await pause(random.between(0, 150));
    }
    await daemon.kill();
    kills++;
    await sending;
  }
  await daemon.start();
  // What nobody acknowledged is sent again, or there would be days that nobody knows the truth of.
  while (unanswered.length > 0) await send(unanswered.shift()!);
  await daemon.settle();
  process.stderr.write(`${kills} kills, ${acknowledged.size} deliveries acknowledged\n`);
  return acknowledged;
}

test(`killed up to ${rounds} times under load, it loses nothing that it acknowledged`, {
  timeout: 1_200_000,
}, async () => {
  // One answers receipts, the other mostly "accepted", so that acknowledged work is cut off too.
  const patience = ["10s", "20ms"];
  const daemons = await Promise.all(
    patience.map((replyWithin) => startDaemon({ settings: { "ingest.reply_within": replyWithin } })),
  );

  const sent = await Promise.all(daemons.map((daemon, lane) => killRepeatedly(daemon, lane)));

  for (const [lane, daemon] of daemons.entries()) {
    const acknowledged = sent[lane]!;
    expect(acknowledged.size).toBeGreaterThan(leastRounds / lanes);
    for (const [id, delivery] of acknowledged) {
      const { status, json } = await daemon.get(`/ingestions/${id}`);
      expect([status, json?.["status"], json?.["errors"]]).toEqual([200, "processed", []]);
      await expectKept(daemon, id, delivery.body);
    }
    expectDays(await daily(daemon), person.truth);

    // A daemon that is left in peace gets the same bodies, in the order of their arrival.
    const calm = await startDaemon();
    for (const id of [...acknowledged.keys()].sort()) {
      const { body, headers } = acknowledged.get(id)!;
      expect((await calm.post(body, headers)).status).toBe(200);
    }
    expect(await rowsOf(daemon)).toEqual(await rowsOf(calm));
    await calm.close();
  }
});

/** About 20 MB of one person's days. */
const busy = livePerson({
  seed: 22,
  zone: "Europe/Berlin",
  firstDate: "2026-03-28",
  days: 4,
  density: 65,
  metrics: ["step_count", "active_energy", "heart_rate"],
});

function largeDelivery(): Delivery {
  const [delivery] = exportDeliveries(busy, { grouping: "raw" });
  expect(delivery!.body.length).toBeGreaterThan(20_000_000);
  return delivery!;
}

test("killed three times in the middle of a large body, it works through it in the end", {
  timeout: 180_000,
}, async () => {
  const daemon = await startDaemon({ settings: { "ingest.reply_within": "300ms" } });
  const { body, headers } = largeDelivery();

  const reply = await daemon.post(body, headers);

  expect([reply.status, reply.json?.["status"], reply.json?.["counts"]]).toEqual([
    202,
    "accepted",
    { received: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 },
  ]);
  const id = String(reply.json!["ingestion_id"]);
  for (const lifeMs of [50, 500, 1000]) {
    expect((await daemon.get(`/ingestions/${id}`)).json).toMatchObject({ status: "accepted" });
    await pause(lifeMs);
    await daemon.kill();
    await daemon.start();
  }
  await daemon.settle();
  expect((await daemon.get(`/ingestions/${id}`)).json).toMatchObject({ status: "processed", errors: [] });
  await expectKept(daemon, id, body);
  expectDays(await daily(daemon), busy.truth, { metrics: busy.metrics });
});

test("killed while a large body comes in, it promises nothing and keeps no half of it", {
  timeout: 180_000,
}, async () => {
  const daemon = await startDaemon();
  const { body, headers } = largeDelivery();
  let isAcknowledged = false;
  // Later and later, until an answer is faster than the kill: first the upload dies, then the archiving, then the work.
  for (let i = 0, afterMs = 30; i < 12 && !isAcknowledged; i++, afterMs *= 2.5) {
    // Another body each time: what was archived once is known by its bytes.
    const changed = Buffer.concat([body, Buffer.from(" ".repeat(i + 1))]);
    const sending = daemon.post(changed, headers).then(
      ({ status }) => status < 300,
      () => false,
    );
    await pause(afterMs);
    await daemon.kill();
    isAcknowledged = await sending;
    await daemon.start();
  }

  await daemon.settle();
  const kept = (await daemon.get("/ingestions")).json!["data"] as {
    ingestion_id: string;
    status: string;
    body_bytes: number;
  }[];
  expect([isAcknowledged, kept.length > 0]).toEqual([true, true]);
  for (const { ingestion_id, status, body_bytes } of kept) {
    expect(status).toBe("processed");
    await expectKept(daemon, ingestion_id, Buffer.concat([body, Buffer.from(" ".repeat(body_bytes - body.length))]));
  }
  const archive = new Database(join(daemon.dataDir, "raw", `${new Date().toISOString().slice(0, 7)}.db`), {
    readonly: true,
  });
  const strays = archive
    .prepare("select count(*) from chunks where upload not in (select upload from deliveries)")
    .pluck();
  expect(strays.get()).toBe(0);
  archive.close();
});

test("asked to stop in the middle of work, it hands the work back, ends with 0 in time, and goes on at the next start", {
  timeout: 180_000,
}, async () => {
  const daemon = await startDaemon({ settings: { "ingest.reply_within": "300ms" } });
  const { body, headers } = largeDelivery();
  const reply = await daemon.post(body, headers);
  expect(reply.status).toBe(202);
  const id = String(reply.json!["ingestion_id"]);

  const startedMs = performance.now();
  const { code, stderr } = await daemon.stop();

  expect(code).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  expect(stderr).toMatch(/"msg":"stopped"/);
  const store = new Database(join(daemon.dataDir, "selfsensored.db"), { readonly: true });
  expect(store.prepare("select status, attempts, lease_owner from ingestions where id = ?").get(id)).toEqual({
    status: "pending",
    attempts: 0,
    lease_owner: null,
  });
  store.close();

  await daemon.start();
  await until("the work is done", 60_000, async () => {
    const { json } = await daemon.get(`/ingestions/${id}`);
    return json?.["status"] === "processed";
  });
  expectDays(await daily(daemon), busy.truth, { metrics: busy.metrics });
});

test("a sender that waits while it is asked to stop still hears that its delivery is kept", {
  timeout: 180_000,
}, async () => {
  const daemon = await startDaemon({ settings: { "ingest.reply_within": "60s" } });
  const { body, headers } = largeDelivery();
  const sending = daemon.post(body, headers);
  await until("the delivery is in work", 20_000, async () => {
    return /^selfsensored_queue_depth 1$/m.test((await daemon.request("/metrics")).bytes.toString());
  });

  const { code } = await daemon.stop();

  expect(code).toBe(0);
  expect([200, 202]).toContain((await sending).status);
});
