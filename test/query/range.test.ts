/** From when to when: instants, bare dates, and what is neither. */
import { expect, test } from "vitest";
import { holdsDated, parseMoment, readRange } from "../../src/query/range.js";

const iso = (ms: number) => new Date(ms).toISOString();
const spanOf = (from: string, to: string, zone = "Europe/Berlin") => {
  const { fromMs, toMs } = readRange({ from, to }, zone);
  return [iso(fromMs), iso(toMs)];
};

test("a bare date is the whole local day at either end, however long it is", () => {
  expect(spanOf("2026-03-02", "2026-03-02")).toEqual(["2026-03-01T23:00:00.000Z", "2026-03-02T23:00:00.000Z"]);
  expect(spanOf("2026-03-29", "2026-03-29")).toEqual(["2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"]);
});

test("an instant is itself, with a plus sign that an address turned into a space", () => {
  expect(spanOf("2026-03-02T10:00:00+01:00", "2026-03-02T10:00:00.5Z")).toEqual([
    "2026-03-02T09:00:00.000Z",
    "2026-03-02T10:00:00.500Z",
  ]);
  expect(parseMoment("2026-03-02T10:00:00 01:00")).toEqual({ kind: "instant", epochMs: Date.UTC(2026, 2, 2, 9) });
});

test("from after to is refused; an empty range is not", () => {
  const refused = (from: string, to: string) => () => readRange({ from, to }, "Europe/Berlin");

  expect(refused("2026-03-03", "2026-03-02")).toThrow("The parameter from lies after to.");
  expect(refused("2026-03-02T10:00:01Z", "2026-03-02T10:00:00Z")).toThrow("The parameter from lies after to.");
  expect(refused("2026-03-02T23:00:00Z", "2026-03-02")).toThrow("The parameter from lies after to.");
  expect(spanOf("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z")).toEqual([
    "2026-03-02T10:00:00.000Z",
    "2026-03-02T10:00:00.000Z",
  ]);
});

test("a record with a date of its own belongs to bare dates by it, and to instants by its instant", () => {
  // 2 March in Tokyo begins on 1 March in Berlin.
  const inTokyo = { atMs: Date.UTC(2026, 2, 1, 15), localDay: Date.UTC(2026, 2, 2) / 86_400_000 };

  expect(holdsDated(readRange({ from: "2026-03-02", to: "2026-03-02" }, "Europe/Berlin"), inTokyo)).toBe(true);
  expect(holdsDated(readRange({ from: "2026-03-01", to: "2026-03-01" }, "Europe/Berlin"), inTokyo)).toBe(false);
  expect(holdsDated(readRange({ from: "2026-03-01T23:00:00Z" }, "Europe/Berlin"), inTokyo)).toBe(false);
});
