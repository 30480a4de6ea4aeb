/** The decoder against an oracle that parses the whole document at once. */
import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { arrayTypes, type HaeEvent } from "../../src/formats/hae-json.js";
import { decode, join, tinyLimits } from "./decoding.js";

type Members = [string, unknown][];

/** An object whose keys stay in the order given, which is what a phone's random key order asks for. */
const shuffled = (members: Members) =>
  fc.shuffledSubarray(members, { minLength: members.length }).map((inOrder) => Object.fromEntries(inOrder));

const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -0.5,
    1e21,
    77.000000000000014,
    "",
    '"\\/[]{},:',
    "Pat’s\u00a0Watch|😀",
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const point = fc.oneof(
  { weight: 3, arbitrary: fc.record({ date: fc.constant("2026-03-02 09:00:00 +0100"), qty: fc.integer() }) },
  scalar,
  fc.array(scalar, { maxLength: 5 }),
  fc.dictionary(fc.string({ maxLength: 3 }), fc.array(scalar, { maxLength: 3 }), { maxKeys: 3 }),
);
const points = fc.oneof({ weight: 5, arbitrary: fc.array(point, { maxLength: 8 }) }, fc.constant(null), scalar);
const metric = fc
  .tuple(fc.option(scalar), fc.option(scalar), points, fc.boolean())
  .chain(([name, units, data, hasMore]) =>
    shuffled([
      ...((name === null ? [] : [["name", name]]) as Members),
      ...((units === null ? [] : [["units", units]]) as Members),
      ["data", data],
      ...((hasMore ? [["metadata", { data: [1, { name: 2 }] }]] : []) as Members),
    ]),
  );
const workout = fc
  .tuple(fc.array(point, { maxLength: 6 }), fc.array(point, { maxLength: 6 }), fc.array(scalar, { maxLength: 3 }))
  .chain(([route, heartRateData, metadata]) =>
    shuffled([
      ["id", "6F0E2C1A"],
      ["route", route],
      ["heartRateData", heartRateData],
      ["metadata", { deep: metadata }],
      ["heartRateRecovery", null],
    ]),
  );
const members = fc.record(
  {
    metrics: fc.oneof({ weight: 5, arbitrary: fc.array(fc.oneof({ weight: 5, arbitrary: metric }, scalar)) }, scalar),
    workouts: fc.oneof({ weight: 5, arbitrary: fc.array(fc.oneof(workout, point), { maxLength: 3 }) }, scalar),
    ecg: fc.array(fc.oneof(workout, point), { maxLength: 2 }),
    symptoms: fc.oneof(fc.array(point, { maxLength: 4 }), fc.constant(null)),
    more: fc.array(point, { maxLength: 3 }),
    constructor: scalar,
  },
  { requiredKeys: [] },
);
const envelope = fc.oneof(
  fc.record({ data: fc.oneof({ weight: 6, arbitrary: members }, scalar) }),
  members,
  fc.tuple(members, members).map(([data, rest]) => ({ ...rest, data })),
);
const document = fc.oneof(
  { weight: 4, arbitrary: envelope },
  { weight: 1, arbitrary: fc.array(fc.oneof({ weight: 8, arbitrary: envelope }, scalar), { maxLength: 3 }) },
  { weight: 1, arbitrary: scalar },
);
const text = fc
  .tuple(document, fc.constantFrom(undefined, 2, "\t\r\n "))
  .map(([value, space]) => JSON.stringify(value, null, space));

/** Contract section 3.2 and spec section 2, said once more over a value in memory. */
function walk(value: unknown): { events: HaeEvent[]; error?: string } {
  const events: HaeEvent[] = [];
  let sections = 0;
  let isEnvelope = true;
  let [known, unknown] = [0, 0];
  const isObject = (it: unknown): it is Record<string, unknown> =>
    typeof it === "object" && it !== null && !Array.isArray(it);

  function walkEnvelope(part: Record<string, unknown>, isRoot: boolean): void {
    for (const [key, it] of Object.entries(part)) {
      const type = arrayTypes.find((name) => name === key) ?? (key === "metrics" ? "metric" : undefined);
      const isData = isRoot && key === "data";
      if (isRoot && (isData || type !== undefined)) known++;
      else if (isRoot) unknown++;
      if (isData) {
        if (isObject(it)) walkEnvelope(it, false);
        else if (it !== null) isEnvelope = false;
      } else if (type === undefined) events.push({ kind: "unknownKey", key: key.slice(0, 100) });
      else if (it === null) continue;
      else if (!Array.isArray(it)) {
        events.push({ kind: "unreadable", type, index: 0, reason: `${key} is not an array` });
      } else if (type === "metric") for (const entry of it) walkMetric(entry);
      else for (const [index, element] of it.entries()) events.push({ kind: "item", type, index, value: element });
    }
  }

  function walkMetric(entry: unknown): void {
    const section = sections++;
    const about = { kind: "unreadable", type: "metric", section, index: 0 } as const;
    if (!isObject(entry)) {
      events.push({ ...about, reason: "the metric is not an object" });
      return;
    }
    const { name, units, data } = entry;
    if (Array.isArray(data) && data.length > 0) {
      events.push({ kind: "points", section, name, units, firstIndex: 0, points: data });
    }
    if (data !== null && data !== undefined && !Array.isArray(data)) {
      events.push({ ...about, name, reason: "data is not an array" });
    }
  }

  const parts = Array.isArray(value) ? value : [value];
  for (const part of parts) {
    if (isObject(part)) walkEnvelope(part, true);
    else isEnvelope = false;
  }
  const isValid = isEnvelope && (known > 0 || unknown === 0);
  return isValid ? { events } : { events, error: "invalid_envelope" };
}

test.each([undefined, tinyLimits])(
  "any envelope is told as a plain walk over it tells (limits %o)",
  (limits) => {
    fc.assert(
      fc.property(text, (body) => {
        const expected = walk(JSON.parse(body));
        const all = decode(body, Infinity, limits);

        expect({ ...all, events: join(all.events) }).toEqual(expected);
        expect(decode(body, 1, limits)).toEqual(all);
        expect(decode(body, 7, limits)).toEqual(all);
      }),
      { numRuns: 150 },
    );
  },
  60_000,
);

function nesting(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(nesting));
}

function isValidJson(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  try {
    return nesting(JSON.parse(bytes.toString("utf8").replace(/^\ufeff/, ""))) <= 200;
  } catch {
    return false;
  }
}

const mutation = fc.record({
  what: fc.constantFrom("delete", "insert", "flip", "cut", "repeat"),
  where: fc.double({ min: 0, max: 0.999, noNaN: true }),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 2 }),
    fc
      .constantFrom(
        '"',
        "\\",
        "\\u",
        "\\u00e9",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "1",
        "-",
        ".",
        "e",
        "0",
        "\n",
        "\0",
        "NaN",
        "\ufeff",
        "true",
        "nul",
        "[]",
        "{}",
      )
      .map((it) => Uint8Array.from(Buffer.from(it))),
  ),
});

function mutate(
  bytes: Buffer,
  { what, where, bytes: more }: typeof mutation extends fc.Arbitrary<infer M> ? M : never,
) {
  const at = Math.floor(where * bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  if (what === "delete") return Buffer.concat([before, after.subarray(1)]);
  if (what === "insert") return Buffer.concat([before, more, after]);
  if (what === "cut") return Buffer.from(before);
  if (what === "repeat") return Buffer.concat([before, after.subarray(0, 9), after]);
  const flipped = Buffer.from(bytes);
  if (at < flipped.length) flipped[at]! ^= 1 << (more[0]! & 7);
  return flipped;
}

test.each([undefined, tinyLimits])(
  "damaged bytes are invalid_json exactly when they are not JSON (limits %o)",
  (limits) => {
    let valid = 0;
    fc.assert(
      fc.property(
        text,
        fc.array(mutation, { maxLength: 2 }),
        fc.integer({ min: 1, max: 40 }),
        (body, mutations, chunk) => {
          const bytes = mutations.reduce(mutate, Buffer.from(body));
          const expected = isValidJson(bytes);
          if (expected) valid++;

          const { error } = decode(bytes, chunk, limits);

          expect(error !== "invalid_json").toBe(expected);
        },
      ),
      { numRuns: 1200 },
    );
    expect(valid).toBeGreaterThan(120);
  },
  60_000,
);
