/**
 * Convergence (contract promise 2): the derived tables are a function of what arrived and when, not of how it was
 * processed: any order, repetition, splitting under the same headers, concurrency, restart, rebuild.
 */

import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { processDelivery } from "../../src/ingest/pipeline.js";
import { openStore } from "../../src/store/open.js";
import type { Delivery as Archived, Store } from "../../src/store/store.js";
import { type Delivery, type ExportOptions, exportDeliveries, resend } from "../phone/export.js";
import { livePerson, type Person } from "../phone/person.js";
import { split } from "../phone/split.js";
import { dumpDerived } from "../support/dump.js";
import { Lab } from "../support/lab.js";

interface Bench {
  folder: string;
  store: Store;
  archived: { delivery: Archived; body: Buffer }[];
}

/** Archives deliveries at given times and queues them, processing nothing. */
async function archive(
  deliveries: readonly { delivery: Delivery; receivedMs: number }[],
  zone: string,
): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "selfsensored-"));
  const store = await openStore({ url: `sqlite:${join(folder, "selfsensored.db")}`, create: true });
  const user = await store.addUser({ name: "me", email: null, timeZone: zone });
  const archived = [];
  for (const { delivery, receivedMs } of deliveries) {
    const kept = await store.archive(
      {
        userId: user.userId,
        userUuid: user.id,
        keyId: null,
        receivedMs,
        contentType: "application/json",
        headers: delivery.headers,
        via: "http",
        fileName: null,
        requestId: null,
        sha256: createHash("sha256").update(delivery.body).digest(),
        bodyBytes: delivery.body.length,
        wireBytes: delivery.body.length,
      },
      delivery.body,
    );
    await store.enqueue(kept.delivery);
    archived.push({ delivery: kept.delivery, body: delivery.body });
  }
  return { folder, store, archived };
}

async function work(bench: Bench, zone: string, order: readonly number[], breathe = async () => {}): Promise<void> {
  for (const index of order) {
    const { delivery, body } = bench.archived[index % bench.archived.length]!;
    await processDelivery({
      store: bench.store,
      delivery,
      zone,
      bytes: [body],
      scratchFolder: join(bench.folder, "scratch"),
      breathe,
    });
  }
}

async function finish(bench: Bench): Promise<Record<string, string[]>> {
  await bench.store.close();
  const dump = dumpDerived(join(bench.folder, "selfsensored.db"));
  await rm(bench.folder, { recursive: true, force: true });
  return dump;
}

const zone = "Europe/Berlin";
const everything = [
  "metrics",
  "workouts",
  "ecg",
  "symptoms",
  "state_of_mind",
  "medications",
  "cycle_tracking",
  "heart_rate_notifications",
] as ExportOptions["dataTypes"];

/** Exports of one person at growing instants, as a phone makes them: the running bucket grows, late data comes. */
function history(
  seed: number,
  groupings: readonly ExportOptions["grouping"][],
): { person: Person; sent: { delivery: Delivery; receivedMs: number }[] } {
  const person = livePerson({
    seed,
    zone,
    firstDate: "2026-10-24",
    days: 2,
    // The same hours are sent again from another zone, under another offset.
    travel: [{ atDate: "2026-10-25", zone: "America/New_York" }],
    ecgSeconds: 0.05,
    metrics: [
      "step_count",
      "heart_rate",
      "dietary_energy",
      "weight_body_mass",
      "blood_pressure",
      "insulin_delivery",
      "sleep_analysis",
    ],
  });
  const sent = groupings.flatMap((grouping, i) => {
    const receivedMs = person.startMs + ((i + 1) * (person.endMs - person.startMs)) / groupings.length;
    return exportDeliveries(person, {
      grouping,
      asOfMs: receivedMs,
      dataTypes: everything!,
      sleep: i % 2 === 0 ? "summary" : "segments",
      version: i % 3 === 0 ? "v1" : "v2",
      run: i,
      shuffleKeys: true,
      calendar: "current",
      // A range that begins in the middle of an hour: its first bucket is cut, here and there.
      ...(i % 2 === 1 ? { from: new Date(person.startMs + 36_000_000 + 420_000 * i).toISOString() } : {}),
    }).map((delivery) => ({ delivery: editWorkouts(delivery, i), receivedMs: Math.floor(receivedMs) }));
  });
  return { person, sent };
}

/** Workouts as other versions of the app and other settings send them: without route, with another total, a field less. */
function editWorkouts(delivery: Delivery, run: number): Delivery {
  const document = JSON.parse(delivery.body.toString()) as { data?: { workouts?: Record<string, unknown>[] } };
  const workouts = document.data?.workouts;
  if (!workouts?.length) return delivery;
  for (const workout of workouts) {
    const route = workout["route"] as unknown[] | undefined;
    if (run % 3 === 0) delete workout["route"];
    else if (run % 3 === 1 && route) workout["route"] = route.slice(0, Math.ceil(route.length / 2));
    workout["totalEnergy"] = { qty: 1000 + run, units: "kJ" };
    if (run % 2 === 0) delete workout["distance"];
    if (run % 2 === 1) workout["humidity"] = { qty: 50 + run, units: "%" };
  }
  return { ...delivery, body: Buffer.from(JSON.stringify(document)) };
}

const groupingsOf = fc.array(
  fc.constantFrom("raw", "minute", "hour", "day", "default") as fc.Arbitrary<ExportOptions["grouping"]>,
  { minLength: 2, maxLength: 4 },
);

test("any order of processing, with repetitions, gives the rows of the order of arrival", {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000_000 }),
      groupingsOf,
      fc.array(fc.nat(), { minLength: 3, maxLength: 8 }),
      async (seed, groupings, picks) => {
        const { sent } = history(seed, groupings);
        const inOrder = await archive(sent, zone);
        await work(inOrder, zone, [...sent.keys()]);
        const disorderly = await archive(sent, zone);
        // Some first, some twice, and all at least once, backwards.
        await work(disorderly, zone, [...picks, ...[...sent.keys()].reverse()]);
        expect(await finish(disorderly)).toEqual(await finish(inOrder));
      },
    ),
    { numRuns: 25 },
  );
});

test("a delivery that died in the middle and is done again leaves the rows of one that lived", {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000_000 }),
      groupingsOf,
      fc.integer({ min: 1, max: 40 }),
      async (seed, groupings, breaths) => {
        const { sent } = history(seed, groupings);
        const calm = await archive(sent, zone);
        await work(calm, zone, [...sent.keys()]);
        const shaken = await archive(sent, zone);
        for (const index of sent.keys()) {
          let left = breaths;
          const dies = async () => {
            if (--left === 0) throw new Error("killed");
          };
          await work(shaken, zone, [index], dies).catch(() => undefined);
        }
        await work(shaken, zone, [...sent.keys()].reverse());
        expect(await finish(shaken)).toEqual(await finish(calm));
      },
    ),
    { numRuns: 15 },
  );
});

test("splitting a delivery under the same headers changes nothing that people see", { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.constantFrom("metric", "day") as fc.Arbitrary<"metric" | "day">,
      async (seed, by) => {
        const { sent } = history(seed, ["hour", "raw"]);
        const whole = await archive(sent, zone);
        await work(whole, zone, [...sent.keys()]);
        const pieces = sent.flatMap(({ delivery, receivedMs }) =>
          split(delivery, by).map((piece) => ({ delivery: piece, receivedMs })),
        );
        const parts = await archive(pieces, zone);
        await work(parts, zone, [...pieces.keys()]);
        expect(await finish(parts)).toEqual(await finish(whole));
      },
    ),
    { numRuns: 15 },
  );
});

test("a rebuild from the archive gives every row back, with the delivery that it came with", {
  timeout: 120_000,
}, async () => {
  for (const seed of [11, 12, 13]) {
    const lab = await Lab.open({ zone });
    const { person, sent } = history(seed, ["minute", "hour", "day", "raw"]);
    for (const { delivery } of sent) await lab.send(delivery.body, { headers: delivery.headers });
    for (const delivery of resend(person, { grouping: "hour" }))
      await lab.send(delivery.body, { headers: delivery.headers });
    const path = join(lab.folder, "selfsensored.db");
    const before = dumpDerived(path, { withDeliveries: true });
    expect(before["daily_summaries"]!.length).toBeGreaterThan(10);
    await lab.rebuild();
    expect(dumpDerived(path, { withDeliveries: true })).toEqual(before);
    await lab.close();
  }
});

test("deliveries sent all at once end as if sent one by one", { timeout: 120_000 }, async () => {
  const { sent } = history(5, ["hour", "day", "raw", "minute"]);
  const lab = await Lab.open({ zone });
  await Promise.all(sent.map(({ delivery }) => lab.send(delivery.body, { headers: delivery.headers })));
  await Promise.all(sent.map(({ delivery }) => lab.send(delivery.body, { headers: delivery.headers })));
  const path = join(lab.folder, "selfsensored.db");
  const together = dumpDerived(path, { withDeliveries: true });
  await lab.rebuild();
  expect(dumpDerived(path, { withDeliveries: true })).toEqual(together);
  await lab.close();
});
