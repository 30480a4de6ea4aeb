/**
 * The deliveries that are measured, as the app writes them (spec section 1.1): pretty-printed, keys in changing order,
 * several sources, float noise.
 *
 * One big body of a person's history and small ones of the hours after it. The same arguments give the same bytes. Stamps
 * ascend within a metric, as they do in the app's. In two of three metrics `data` stands before the name or the units,
 * as it must with random keys: a receiver has to hold back what it cannot name yet.
 */
import { closeSync, openSync, writeSync } from "node:fs";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Local midnight at which the big body ends; the person's clock is an hour ahead of UTC all year. */
const endMs = Date.UTC(2026, 1, 28, 23);
const offsetMs = hourMs;
const writeBytes = 1024 * 1024;

export const importHeaders = {
  "content-type": "application/json",
  "automation-name": "Benchmark",
  "automation-aggregation": "Default",
  "automation-period": "Default",
};
export const deltaHeaders = { ...importHeaders, "automation-period": "Since Last Sync" };

interface Series {
  name: string;
  units: string;
  /** Order of the metric's own keys. */
  keys: readonly ("name" | "units" | "data")[];
  /** Part of all points. */
  share: number;
  /** Milliseconds between two points. */
  stepMs: (random: () => number) => number;
  /** The fields beside date and source. */
  values: (random: () => number) => string[];
}

const series: readonly Series[] = [
  {
    name: "heart_rate",
    units: "count\\/min",
    keys: ["data", "units", "name"],
    share: 0.5,
    stepMs: (random) => 1000 * (2 + Math.floor(random() * 6)),
    values: (random) => {
      const average = 50 + random() * 90;
      return [`"Min" : ${Math.floor(average) - 2}`, `"Avg" : ${average}`, `"Max" : ${Math.ceil(average) + 3}`];
    },
  },
  {
    name: "step_count",
    units: "count",
    keys: ["name", "data", "units"],
    share: 0.3,
    stepMs: () => minuteMs,
    values: (random) => [`"qty" : ${random() * 120}`],
  },
  {
    name: "active_energy",
    units: "kcal",
    keys: ["units", "name", "data"],
    share: 0.2,
    stepMs: () => minuteMs,
    values: (random) => [`"qty" : ${random() * 9}`],
  },
];

const sources = ["Kim's Apple Watch", "Kim's iPhone", "Kim's Apple Watch|Kim's iPhone", "Pedometer++"];

/** How many points a body of `points` has of each metric. */
export function countsOf(points: number): Record<string, number> {
  const counts = Object.fromEntries(series.map(({ name, share }) => [name, Math.round(points * share)]));
  counts["heart_rate"]! += points - Object.values(counts).reduce((sum, count) => sum + count, 0);
  return counts;
}

/** The big body in pieces of text; its last points lie right before the end of February 2026. */
export function* importPieces(points: number): Generator<string> {
  const counts = countsOf(points);
  yield* envelope((one) => {
    const random = randomFrom(one.name.length * 7919);
    // Steps are drawn once for the length and once for the stamps, so that the series ends where it should.
    const lengths = Array.from({ length: counts[one.name]! }, () => one.stepMs(random));
    const lengthMs = lengths.reduce((sum, length) => sum + length, 0);
    return pointsOf(one, endMs - lengthMs, lengths, random);
  });
}

/** The delivery of hour `n` after the big body: 2 to 20 KB, a quarter of an hour of which the one before had too. */
export function deltaBody(n: number): Buffer {
  const windowMin = 75;
  const fromMs = endMs + n * hourMs - 15 * minuteMs;
  // Few minutes with steps at night, most of them on a walk.
  const minutes = 6 + ((n * 7) % 10) * 5;
  const pieces = envelope((one) => {
    const count = one.name === "heart_rate" ? Math.ceil(minutes / 5) : minutes;
    const lengths = Array.from({ length: count }, () => Math.floor(windowMin / count) * minuteMs);
    return pointsOf(one, fromMs, lengths, randomFrom(n * 31 + one.name.length));
  });
  return Buffer.from([...pieces].join(""));
}

function* envelope(pointsText: (one: Series) => Iterable<string>): Generator<string> {
  yield '{\n  "data" : {\n    "metrics" : [\n';
  for (const [i, one] of series.entries()) {
    yield `${i === 0 ? "" : ",\n"}      {\n`;
    for (const [k, key] of one.keys.entries()) {
      const end = k === one.keys.length - 1 ? "\n" : ",\n";
      if (key !== "data") yield `        "${key}" : "${one[key]}"${end}`;
      else {
        yield '        "data" : [\n';
        yield* pointsText(one);
        yield `\n        ]${end}`;
      }
    }
    yield "      }";
  }
  yield "\n    ]\n  }\n}";
}

function* pointsOf(
  { values }: Series,
  fromMs: number,
  lengths: readonly number[],
  random: () => number,
): Generator<string> {
  let ms = fromMs;
  let piece = "";
  for (const [i, length] of lengths.entries()) {
    const fields = [
      ...values(random),
      `"date" : "${stamp(ms)}"`,
      `"source" : "${sources[Math.floor(random() * sources.length)]}"`,
    ];
    for (let last = fields.length - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1));
      [fields[last], fields[other]] = [fields[other]!, fields[last]!];
    }
    piece += `${i === 0 ? "" : ",\n"}          {\n            ${fields.join(",\n            ")}\n          }`;
    ms += length;
    if (piece.length >= writeBytes) {
      yield piece;
      piece = "";
    }
  }
  yield piece;
}

let stampDay = Number.NaN;
let stampDate = "";

function stamp(ms: number): string {
  const local = ms + offsetMs;
  const day = Math.floor(local / 86_400_000);
  if (day !== stampDay) {
    stampDay = day;
    stampDate = new Date(local).toISOString().slice(0, 10);
  }
  const second = Math.floor(local / 1000) % 86_400;
  return `${stampDate} ${two(second / 3600)}:${two((second / 60) % 60)}:${two(second % 60)} +0100`;
}

function two(number: number): string {
  const whole = Math.floor(number);
  return whole < 10 ? `0${whole}` : String(whole);
}

/** A linear congruential generator: quick, and good enough to mix keys. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Writes the big body without holding it; returns its size in bytes. */
export function writeImport(path: string, points: number): number {
  const file = openSync(path, "w", 0o600);
  let bytes = 0;
  try {
    for (const piece of importPieces(points)) bytes += writeSync(file, piece);
  } finally {
    closeSync(file);
  }
  return bytes;
}
