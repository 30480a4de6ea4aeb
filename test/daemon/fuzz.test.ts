/** A real delivery, damaged in every way that fast-check finds: never a 5xx, never a receipt that does not add up. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { entryTypes } from "../phone/events.js";
import { exportDeliveries } from "../phone/export.js";
import { livePerson } from "../phone/person.js";
import { startDaemon } from "../support/daemon.js";
import { expectKept, expectProblem, expectServing, receiptOf } from "./expectations.js";

const posts = 300;

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Change = (bytes: Buffer) => Buffer;

const person = livePerson({
  seed: 11,
  zone: "Europe/Berlin",
  firstDate: "2026-03-28",
  days: 2,
  density: 0.2,
  ecgSeconds: 1,
  metrics: ["step_count", "heart_rate", "weight_body_mass", "blood_pressure", "blood_glucose", "sleep_analysis"],
});
const [base] = exportDeliveries(person, {
  grouping: "hour",
  dataTypes: ["metrics", "workouts", ...entryTypes],
});
const { body, headers } = base!;

/** Where a change hits, as a share of the length, so that it shrinks whatever it hits. */
const share = fc.double({ min: 0, max: 1, noNaN: true });
const place = (at: number, length: number) => Math.min(length - 1, Math.floor(at * length));

const flip = fc.tuple(share, fc.nat(255)).map(
  ([at, mask]): Change =>
    (bytes) => {
      const changed = Buffer.from(bytes);
      const i = place(at, bytes.length);
      changed[i] = changed[i]! ^ mask;
      return changed;
    },
);
const cut = fc.tuple(share, share).map(
  ([from, length]): Change =>
    (bytes) => {
      const start = place(from, bytes.length);
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + Math.floor(length ** 4 * bytes.length))]);
    },
);
const words = [
  "null",
  "{}",
  "[]",
  ",",
  ":",
  '"',
  "\\",
  "\0",
  "1e400",
  "NaN",
  '"__proto__":',
  "\ud83d\ude00",
  "[".repeat(300),
];
const insert = fc.tuple(share, fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 20 })), fc.boolean()).map(
  ([at, word, isText]): Change =>
    (bytes) => {
      const i = place(at, bytes.length);
      const text = isText ? JSON.stringify(word).slice(1, -1) : word;
      return Buffer.concat([bytes.subarray(0, i), Buffer.from(text), bytes.subarray(i)]);
    },
);

/** Changes within the JSON, so that what comes out is JSON still. */
const value = fc.oneof(
  fc.constantFrom<Json>(null, true, "", "x", "1,5", 0, -1, 1e308, [], {}, [[]], [null], "2026-02-30", "\ud800", "a\0b"),
  fc.double({ noNaN: true }),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
);
const swapValue = fc.tuple(share, value).map(([at, to]): Change => editJson(at, (holder, key) => set(holder, key, to)));
const renameKey = fc
  .tuple(share, fc.oneof(fc.constantFrom("data", "name", "qty", "date", "__proto__", "id"), fc.string()))
  .map(
    ([at, name]): Change =>
      editJson(at, (holder, key) => {
        if (Array.isArray(holder)) return;
        const old = holder[key]!;
        delete holder[key];
        set(holder, name, old);
      }),
  );
const dropKey = share.map(
  (at): Change =>
    editJson(at, (holder, key) => {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
    }),
);
const swapType = share.map(
  (at): Change =>
    editJson(at, (holder, key) => {
      const old = (holder as { [key: string]: Json })[key]!;
      set(holder, key, typeof old === "string" ? Number(old) || 5 : typeof old === "number" ? String(old) : [old]);
    }),
);

function set(holder: Json[] | { [key: string]: Json }, key: string, to: Json): void {
  Object.defineProperty(holder, key, { value: to, enumerable: true, configurable: true, writable: true });
}

/** Changes one member of one object or array anywhere in the document; leaves what is no JSON any more. */
function editJson(at: number, edit: (holder: Json[] | { [key: string]: Json }, key: string) => void): Change {
  return (bytes) => {
    let root: Json;
    try {
      root = JSON.parse(bytes.toString()) as Json;
    } catch {
      return bytes;
    }
    const members: [Json[] | { [key: string]: Json }, string][] = [];
    const collect = (one: Json) => {
      if (typeof one !== "object" || one === null) return;
      for (const key of Object.keys(one)) {
        members.push([one, key]);
        collect((one as { [key: string]: Json })[key]!);
      }
    };
    collect(root);
    if (members.length === 0) return bytes;
    const [holder, key] = members[place(at, members.length)]!;
    edit(holder, key);
    return Buffer.from(JSON.stringify(root));
  };
}

const changes = fc.array(fc.oneof(flip, cut, insert, swapValue, renameKey, dropKey, swapType), {
  minLength: 1,
  maxLength: 4,
});

test(`${posts} damaged deliveries are each refused in words or taken item by item`, { timeout: 180_000 }, async () => {
  const daemon = await startDaemon({ settings: { "ingest.reply_within": "1m" } });
  const met: Record<number, number> = {};

  await fc.assert(
    fc.asyncProperty(changes, async (list) => {
      const bytes = list.reduce((now, change) => change(now), body);

      const reply = await daemon.post(bytes, headers);

      met[reply.status] = (met[reply.status] ?? 0) + 1;
      if (reply.status === 400) {
        const problem = expectProblem(reply, 400, String(reply.json?.["code"]));
        expect(["invalid_json", "invalid_envelope"]).toContain(problem["code"]);
        if (bytes.length > 0) await expectKept(daemon, problem["ingestion_id"], bytes);
      } else {
        const receipt = receiptOf(reply);
        expect(reply.status).not.toBe(202);
        await expectKept(daemon, receipt.ingestion_id, bytes);
      }
    }),
    // The same 300 on every machine; a failure names seed and path.
    { numRuns: posts, seed: 1 },
  );

  // Damage of both kinds was met: documents that are none any more, and items.
  expect(Object.keys(met)).toEqual(expect.arrayContaining(["200", "400"]));
  expect(daemon.output.stderr).not.toMatch(/"level":"(error|fatal)"/);
  await expectServing(daemon);
  for (const path of [
    "/daily",
    "/metrics",
    "/metrics/heart_rate?bucket=raw",
    "/workouts",
    "/events",
    "/sleep",
    "/ecg",
  ]) {
    expect([path, (await daemon.get(path)).status]).toEqual([path, 200]);
  }
});
