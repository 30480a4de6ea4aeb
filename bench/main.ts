/**
 * `npm run bench`: how the appliance does beside the least that anybody has to do, on this machine, now.
 *
 * Absolute times travel badly between machines, so imports are told as ratios to a floor (`floor.ts`) that is measured
 * in the same run, alternating with them. Every daemon is the built program on a folder of its own; all of it is removed
 * at the end. Progress goes to stderr, the result to stdout.
 *
 *     payload → rounds of (floor, plain import, gzip import) → restarts → deltas → idle → key → table
 */
import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createGzip } from "node:zlib";
import { readVersion } from "../src/package-root.js";
import { type Daemon, readMemory, startDaemon } from "./daemon.js";
import { measureDeltaFloor, measureDeltas } from "./delta.js";
import { type FloorResult, type ImportResult, measureFloor, measureImport } from "./import.js";
import { measureKeyChecks } from "./key.js";
import { writeImport } from "./payload.js";
import { renderProfiles } from "./profile.js";
import { formatValue, hasFailed, type Line, renderTable } from "./report.js";
import { median, quantile } from "./statistics.js";

const usage = `Usage: npm run bench -- [options]

  --points N    points of the big import (1000000)
  --rounds N    rounds of floor and imports (3)
  --posts N     hourly deltas (200)
  --json        the result as JSON
  --check       exit 1 when a limit is missed
  --profile     one more import under the profiler of Node.js, and where its time went
  --help
`;

const starts = 5;
const idleMs = 10_000;
const megabyte = 1_000_000;

interface Settings {
  points: number;
  rounds: number;
  posts: number;
}

export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      points: { type: "string", default: "1000000" },
      rounds: { type: "string", default: "3" },
      posts: { type: "string", default: "200" },
      json: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const settings = {
    points: wholeNumber("points", values.points, 100),
    rounds: wholeNumber("rounds", values.rounds, 1),
    posts: wholeNumber("posts", values.posts, 1),
  };
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const machine = describeMachine();
  const { lines, bytes } = await measureAll(folder, settings);
  const result = { machine, settings: { ...settings, payload_bytes: bytes }, lines };
  if (values.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else process.stdout.write(`\n${describeRun(result)}\n\n${renderTable(lines)}`);
  if (values.profile) process.stderr.write(`\n${await profileImport(folder, settings.points)}`);
  return values.check && hasFailed(lines) ? 1 : 0;
}

async function measureAll(folder: string, settings: Settings): Promise<{ lines: Line[]; bytes: number }> {
  const { points, rounds, posts } = settings;
  const body = join(folder, "body.json");
  say(`writing a body of ${points} points`);
  const bytes = writeImport(body, points);
  const gzipBody = `${body}.gz`;
  await pipeline(createReadStream(body), createGzip(), createWriteStream(gzipBody));

  const floors: FloorResult[] = [];
  const plain: ImportResult[] = [];
  const gzip: ImportResult[] = [];
  const firstStartMs: number[] = [];
  const kept = join(folder, "kept");
  let key = "";
  for (let round = 1; round <= rounds; round++) {
    const floorFolder = makeFolder(folder, "floor");
    floors.push(await measureFloor(body, join(floorFolder, "floor.db"), points));
    rmSync(floorFolder, { recursive: true });
    for (const [path, results] of [
      [body, plain],
      [gzipBody, gzip],
    ] as const) {
      const isKept = results === plain && round === rounds;
      const place = isKept ? kept : join(folder, "fresh");
      const daemon = await startDaemon({ folder: place });
      firstStartMs.push(daemon.startMs);
      results.push(await importOnce(daemon, { path, isGzip: results === gzip, points }));
      if (isKept) key = daemon.key!;
      else rmSync(place, { recursive: true });
    }
    const floorMs = floors.at(-1)!.ms;
    const ratio = plain.at(-1)!.ms / floorMs;
    say(`round ${round} of ${rounds}: floor ${formatValue(floorMs)} ms, import ${formatValue(ratio)} x floor`);
  }

  say(`${starts} starts and ${posts} hourly deltas on the database of ${points} points`);
  const restartMs: number[] = [];
  for (let start = 1; start < starts; start++) {
    const daemon = await startDaemon({ folder: kept });
    restartMs.push(daemon.startMs);
    await daemon.stop();
  }
  const daemon = await startDaemon({ folder: kept });
  restartMs.push(daemon.startMs);
  const deltaMs = await stopAfter(daemon, () => measureDeltas(daemon.url, key, posts));
  const deltaFloorMs = measureDeltaFloor(makeFolder(folder, "delta"), posts);

  say(`an idle daemon for ${idleMs / 1000} s`);
  const idle = await startDaemon({ folder: join(folder, "idle") });
  const idleMemory = await stopAfter(idle, async () => {
    await sleep(idleMs);
    return readMemory(idle.pid);
  });
  const { firstMs, knownMs } = await measureKeyChecks(makeFolder(folder, "keys"));

  const ratios = (results: readonly ImportResult[]) => results.map(({ ms }, i) => ms / floors[i]!.ms);
  const cpuRatios = plain.flatMap(({ cpuMs }, i) => (cpuMs === null ? [] : cpuMs / floors[i]!.cpuMs));
  const peaks = (results: readonly ImportResult[]) => results.flatMap(({ peakBytes }) => peakBytes ?? []);
  const health = [...plain, ...gzip].flatMap(({ healthMs }) => healthMs);
  const lines: Line[] = [
    ofRounds(
      "floor",
      "floor: parse and upsert, one process",
      "ms",
      floors.map(({ ms }) => ms),
    ),
    ofRounds("import", "import, one POST to a fresh daemon", "x floor", ratios(plain), 1.5, 2),
    ofRounds("import_gzip", "the same with gzip", "x floor", ratios(gzip), 1.5, 2),
    ofRounds("import_cpu", "processor time of the import, plain", "x floor", cpuRatios),
    ofRounds(
      "import_speed",
      "points a second, plain",
      "points/s",
      plain.map(({ ms }) => (points / ms) * 1000),
    ),
    ofRounds("peak_memory", "peak memory of the daemon, plain", "MB", peaks(plain).map(inMegabytes), 200, 250),
    ofRounds("peak_memory_gzip", "peak memory of the daemon, gzip", "MB", peaks(gzip).map(inMegabytes), 200, 250),
    one("health_p99", "/health meanwhile, p99", "ms", quantile(health, 0.99), 10, 50),
    one("health_max", "/health meanwhile, worst", "ms", quantile(health, 1)),
    one("delta_p50", "hourly delta, p50", "ms", median(deltaMs), undefined, 15),
    one("delta_p95", "hourly delta, p95", "ms", quantile(deltaMs, 0.95)),
    one("delta_floor", "hourly delta, p50", "x floor", median(deltaMs) / median(deltaFloorMs)),
    one("key_known", "check of a known key, p99", "ms", quantile(knownMs, 0.99), undefined, 1),
    one("key_first", "first check of a key (Argon2)", "ms", firstMs),
    ofRounds("start", "start on the filled database", "ms", restartMs, undefined, 1000),
    ofRounds("start_first", "very first start", "ms", firstStartMs, undefined, 1000),
    one(
      "idle_memory",
      `memory when idle for ${idleMs / 1000} s`,
      "MB",
      idleMemory && inMegabytes(idleMemory.residentBytes),
      undefined,
      110,
    ),
  ];
  return { lines, bytes };
}

async function importOnce(daemon: Daemon, body: Parameters<typeof measureImport>[1]): Promise<ImportResult> {
  return stopAfter(daemon, () => measureImport(daemon, body));
}

async function stopAfter<T>(daemon: Daemon, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    say(daemon.errors().trim());
    throw error;
  } finally {
    await daemon.stop();
  }
}

/** Times under the profiler are longer; only their proportions mean something. */
async function profileImport(folder: string, points: number): Promise<string> {
  const profiles = makeFolder(folder, "profiles");
  const daemon = await startDaemon({
    folder: join(folder, "profiled"),
    nodeArguments: ["--cpu-prof", `--cpu-prof-dir=${profiles}`],
  });
  await importOnce(daemon, { path: join(folder, "body.json"), isGzip: false, points });
  return renderProfiles(profiles);
}

function ofRounds(id: string, name: string, unit: Line["unit"], rounds: number[], aim?: number, limit?: number): Line {
  return { ...one(id, name, unit, rounds.length > 0 ? median(rounds) : null, aim, limit), rounds };
}

function one(id: string, name: string, unit: Line["unit"], value: number | null, aim?: number, limit?: number): Line {
  const goals = { ...(aim === undefined ? {} : { aim }), ...(limit === undefined ? {} : { limit }) };
  return { id, name, unit, value, rounds: [], ...goals };
}

function inMegabytes(bytes: number): number {
  return bytes / megabyte;
}

function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memory_bytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    version: readVersion(),
    /** Above the number of cores, somebody else was measured too. */
    load: loadavg()[0]!,
  };
}

function describeRun({
  machine,
  settings,
}: {
  machine: ReturnType<typeof describeMachine>;
  settings: Settings & { payload_bytes: number };
}): string {
  const { cpu, cores, memory_bytes, platform, node, version, load } = machine;
  return (
    `selfsensored ${version}, Node.js ${node}, ${platform}, ${cpu}, ${cores} cores, ` +
    `${formatValue(memory_bytes / 2 ** 30)} GiB, load ${load.toFixed(2)} at the start\n` +
    `${settings.points} points in ${formatValue(settings.payload_bytes / megabyte)} MB, medians of ${settings.rounds} rounds`
  );
}

function makeFolder(parent: string, name: string): string {
  const path = join(parent, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least)) throw new Error(`--${name} must be a whole number from ${least} on`);
  return number;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
