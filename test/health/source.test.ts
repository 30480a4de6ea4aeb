/** Names of devices and apps as parts of keys. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { normaliseSource, sourcePriority } from "../../src/health/source.js";

test("order, spaces and quotes do not tell sources apart", () => {
  const same = "Pat's Apple Watch|Pat's iPhone";

  expect(normaliseSource("Pat\u2019s Apple\u00a0Watch|Pat\u2019s iPhone")).toBe(same);
  expect(normaliseSource("Pat's iPhone|Pat's Apple Watch")).toBe(same);
  expect(normaliseSource(" Pat's iPhone | | Pat's Apple\u202fWatch|Pat's iPhone|")).toBe(same);
  expect(normaliseSource("Pat\u02bcs iPhone｜Pat\u2018s Apple Watch")).toBe(same);
});

test("names that differ stay different", () => {
  expect(normaliseSource("“Scale”")).toBe('"Scale"');
  expect(normaliseSource("Strong++")).toBe("Strong++");
  expect(normaliseSource("watch")).not.toBe(normaliseSource("Watch"));
  expect(normaliseSource("A")).not.toBe(normaliseSource("A|B"));
});

test("no source is the empty text", () => {
  expect([null, undefined, "", " ", "|", " | "].map(normaliseSource)).toEqual(["", "", "", "", "", ""]);
});

test("normalising a normalised source changes nothing", () => {
  const part = fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom("A", "b\u00a0", "’", "|", "\0", "e", "\u0301"),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const once = normaliseSource(parts.join("|"));
      expect(normaliseSource(once)).toBe(once);
      expect(normaliseSource(parts.toReversed().join("|"))).toBe(once);
    }),
  );
});

test("more names than are remembered do not change the answer", () => {
  for (let i = 0; i < 2500; i++) normaliseSource(`Scale ${i}`);

  expect(normaliseSource(" Scale 1")).toBe("Scale 1");
});

test("a watch counts before a phone, a phone before others", () => {
  expect(
    ["Pat's Apple Watch", "Pat's Apple Watch|Pat's iPhone", "Pat's iPhone", "Scale", ""].map(sourcePriority),
  ).toEqual([0, 0, 1, 2, 2]);
});
