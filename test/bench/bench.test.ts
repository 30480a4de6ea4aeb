/** The parts of the benchmarks that a figure can be wrong by without anybody noticing. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanEnvironment, parseCpuMs, parseMemory } from "../../bench/daemon.js";
import { readStamp } from "../../bench/floor.js";
import { countsOf, deltaBody, importPieces } from "../../bench/payload.js";
import { selfTimes } from "../../bench/profile.js";
import { formatValue, hasFailed, judge, type Line, renderTable } from "../../bench/report.js";
import { median, quantile } from "../../bench/statistics.js";

type Point = Record<string, unknown> & { date: string; source: string };
type Body = { data: { metrics: { name: string; units: string; data: Point[] }[] } };

const instantOf = (stamp: string) => Date.parse(stamp.replace(" ", "T").replace(" +", "+").replace(" -", "-"));

test("a quantile is the smallest value that so many do not exceed, a median the middle", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect([quantile(hundred, 0.99), quantile(hundred, 1), quantile(hundred, 0)]).toEqual([99, 100, 1]);
  expect([median([3, 1, 2]), median([4, 1]), median([7]), median([])]).toEqual([2, 2.5, 7, Number.NaN]);
});

test("a line passes up to its limit, meets the aim up to the aim, and fails when it is no number", () => {
  const line = (value: number | null): Line => ({
    id: "a",
    name: "a",
    unit: "ms",
    value,
    rounds: [],
    aim: 10,
    limit: 50,
  });
  expect([10, 10.1, 50, 50.1, Number.NaN, null].map((value) => judge(line(value)))).toEqual([
    "aim met",
    "within limit",
    "within limit",
    "FAILED",
    "FAILED",
    "not measured",
  ]);
  const { limit: _, ...open } = line(99);
  expect([judge(open), hasFailed([open, line(null), line(50)]), hasFailed([line(9), line(51)])]).toEqual([
    "",
    false,
    true,
  ]);
});

test("the table shows value, goals, verdict and rounds in columns", () => {
  const lines: Line[] = [
    { id: "import", name: "import", unit: "x floor", value: 1.456, rounds: [1.4, 1.456, 12.34], aim: 1.5, limit: 2 },
    { id: "peak", name: "memory", unit: "MB", value: null, rounds: [], limit: 250 },
    { id: "key", name: "key", unit: "ms", value: 0.0123, rounds: [] },
  ];
  expect(renderTable(lines)).toBe(
    [
      "        value           aim  limit                rounds",
      "import   1.46  x floor  1.5      2  aim met       1.40  1.46  12.3",
      "memory      -  MB              250  not measured",
      "key     0.012  ms",
      "",
    ].join("\n"),
  );
  expect([formatValue(123.4), formatValue(Number.NaN)]).toEqual(["123", "NaN"]);
});

test("the big body is JSON as the app writes it, with every point once, ascending, and all before its end", () => {
  const text = [...importPieces(5001)].join("");
  const { metrics } = (JSON.parse(text) as Body).data;
  expect(Object.fromEntries(metrics.map(({ name, data }) => [name, data.length]))).toEqual(countsOf(5001));
  expect(countsOf(5001)).toEqual({ heart_rate: 2501, step_count: 1500, active_energy: 1000 });
  for (const { name, data } of metrics) {
    const instants = data.map(({ date }) => instantOf(date));
    expect(instants).toEqual([...new Set(instants)].sort((a, b) => a - b));
    expect(instants.at(-1)).toBeLessThan(Date.parse("2026-03-01T00:00:00+01:00"));
    const fields = name === "heart_rate" ? ["Avg", "Max", "Min"] : ["qty"];
    for (const point of data) expect(Object.keys(point).sort()).toEqual([...fields, "date", "source"].sort());
    expect(new Set(data.map((point) => Object.keys(point).join())).size).toBeGreaterThan(fields.length + 1);
    expect(new Set(data.map(({ source }) => source)).size).toBe(4);
  }
  expect(text).toContain('\n          {\n            "');
  expect(text).toMatch(/\n {12}"qty" : \d+\.\d+/);
});

test("hourly deltas have 2 to 20 KB, follow the big body and overlap the one before", () => {
  const bodies = Array.from({ length: 200 }, (_, n) => deltaBody(n));
  for (const body of bodies) {
    expect(body.length).toBeGreaterThanOrEqual(2000);
    expect(body.length).toBeLessThanOrEqual(20_480);
  }
  expect(Math.max(...bodies.map(({ length }) => length))).toBeGreaterThan(15_000);
  const firstOf = (body: Buffer) => instantOf((JSON.parse(String(body)) as Body).data.metrics[0]!.data[0]!.date);
  expect(bodies.slice(0, 3).map((body) => new Date(firstOf(body)).toISOString())).toEqual([
    "2026-02-28T22:45:00.000Z",
    "2026-02-28T23:45:00.000Z",
    "2026-03-01T00:45:00.000Z",
  ]);
});

test("the floor reads the same instants as everybody, with any offset and in any order", () => {
  const two = (n: number) => String(n).padStart(2, "0");
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: -720, max: 840 }))),
      (moments) => {
        for (const [second, offsetMin] of moments) {
          const local = new Date((second + offsetMin * 60) * 1000).toISOString().replace("T", " ").slice(0, 19);
          const offset = Math.abs(offsetMin);
          const sign = offsetMin < 0 ? "-" : "+";
          expect(readStamp(`${local} ${sign}${two(Math.floor(offset / 60))}${two(offset % 60)}`)).toBe(second * 1000);
        }
      },
    ),
  );
});

test("memory and processor time are read from what Linux tells, and are unknown otherwise", () => {
  const status = "Name:\tnode\nVmPeak:\t 999 kB\nVmHWM:\t  200 kB\nVmRSS:\t  100 kB\n";
  expect(parseMemory(status)).toEqual({ peakBytes: 204_800, residentBytes: 102_400 });
  expect(parseMemory("Name:\tnode\n")).toBeNull();
  expect(parseCpuMs("7 (a) b) S 1 7 7 0 -1 4 10 20 30 40 150 25 1 2 20 0 11 0 99")).toBe(1750);
  expect(parseCpuMs("")).toBeNull();
});

test("a daemon of ours is not told about any other", () => {
  const env = {
    PATH: "/bin",
    SELFSENSORED_DATA_DIR: "/x",
    DATABASE_URL: "p",
    REDIS_URL_FILE: "r",
    JOURNAL_STREAM: "1:2",
  };
  expect(cleanEnvironment(env)).toEqual({ PATH: "/bin" });
});

test("time in a function is that of its own samples, in order, without idling", () => {
  const frame = (functionName: string, url = "", lineNumber = -1) => ({ functionName, url, lineNumber });
  const times = selfTimes({
    nodes: [
      { id: 1, callFrame: frame("(idle)") },
      { id: 2, callFrame: frame("parse", "file:///x/worker.js", 9) },
      { id: 3, callFrame: frame("parse", "file:///x/worker.js", 9) },
      { id: 4, callFrame: frame("") },
    ],
    samples: [1, 2, 4, 3],
    timeDeltas: [5000, 1000, 1000, 2000],
  });
  expect(times).toEqual([
    { name: "parse  worker.js:10", selfMs: 3, share: 0.75 },
    { name: "(anonymous)", selfMs: 1, share: 0.25 },
  ]);
});
