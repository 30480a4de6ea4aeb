/**
 * How fast the decoder is beside `JSON.parse` of the whole text: prints MB per CPU second (collector threads included)
 * and ratios, medians of five alternating rounds in one warm process. Ratios travel between machines, figures do not.
 *
 *     npx esbuild bench/cutter.ts --bundle --platform=node --format=esm --outfile=/tmp/cutter.mjs && node /tmp/cutter.mjs
 */
import { HaeJsonDecoder } from "../src/formats/hae-json.js";
import { JsonCutter, type Scope } from "../src/formats/json-cutter.js";

const rounds = 5;
const chunkBytes = 256 * 1024;
const body = makeBody(Number(process.argv[2] ?? 300_000));

/** Pretty-printed as the app does it (spec section 1.1), keys in changing order. */
function makeBody(points: number): Buffer {
  const lines: string[] = [];
  for (let n = 0; n < points; n++) {
    const minute = String(n % 60).padStart(2, "0");
    const parts = [
      `          "date" : "2026-03-02 09:${minute}:00 +0100"`,
      `          "Avg" : ${60 + (n % 70) + 1 / (3 + (n % 7))}`,
      `          "source" : "Pat\u2019s Apple\u00a0Watch|Pat\u2019s iPhone"`,
    ];
    lines.push(`        {\n${[0, 1, 2].map((k) => parts[(k + n) % 3]).join(",\n")}\n        }`);
  }
  const head =
    '{\n  "data" : {\n    "metrics" : [\n      {\n        "name" : "heart_rate",\n        "units" : "count\\/min",\n';
  return Buffer.from(`${head}        "data" : [\n${lines.join(",\n")}\n        ]\n      }\n    ]\n  }\n}`);
}

function* chunks(): Iterable<Buffer> {
  for (let from = 0; from < body.length; from += chunkBytes) yield body.subarray(from, from + chunkBytes);
}

function runCutter(scope: Scope): void {
  const cutter = new JsonCutter(scope);
  for (const chunk of chunks()) {
    cutter.feed(chunk);
    while (cutter.step());
  }
  cutter.end();
}

/** Walks everything and streams `data`, without parsing the slices. */
const cutOnly: Scope = {
  begin: (kind, key) => (kind === "array" && key === "data" ? { stream: cutOnly } : walk(kind)),
};
const walk = (kind: string) => (kind === "object" || kind === "array" ? ({ walk: cutOnly } as const) : "skip");

const ways: Record<string, () => void> = {
  "JSON.parse of the whole": () => JSON.parse(body.toString("utf8")),
  "cutter alone": () => runCutter(cutOnly),
  "strict skipping": () => runCutter({ begin: () => "skip" }),
  decoder: () => {
    const decoder = new HaeJsonDecoder();
    for (const chunk of chunks()) for (const _ of decoder.push(chunk));
    decoder.end();
  },
};

const times = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(ways)) {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    times.get(name)?.push((user + system) / 1000);
  }
}
const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1] ?? 0;
const parseMs = median(times.get("JSON.parse of the whole") ?? []);
for (const [name, list] of times) {
  const ms = median(list);
  const speed = (body.length / 1e3 / ms).toFixed(0);
  console.log(`${name.padEnd(26)} ${speed.padStart(5)} MB/CPU s  ${(ms / parseMs).toFixed(2)} of JSON.parse`);
}
