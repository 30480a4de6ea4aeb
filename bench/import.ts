/** One big import into a fresh daemon, watched from outside: how long, how much memory, and how well others are served. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Daemon, readCpuMs, readMemory } from "./daemon.js";
import { importHeaders } from "./payload.js";
import { postDelivery } from "./post.js";

export interface ImportResult {
  ms: number;
  /** Of all threads of the daemon, from before the first byte to the receipt; null where it cannot be known. */
  cpuMs: number | null;
  peakBytes: number | null;
  /** Of each `/health` that was asked meanwhile. */
  healthMs: number[];
}

export interface FloorResult {
  ms: number;
  cpuMs: number;
}

export async function measureImport(
  daemon: Daemon,
  body: { path: string; isGzip: boolean; points: number },
): Promise<ImportResult> {
  const prober = await startProber(`${daemon.url}/health`);
  const cpuBeforeMs = readCpuMs(daemon.pid);
  const { ms, receipt } = await postDelivery({
    url: daemon.url,
    key: daemon.key!,
    headers: { ...importHeaders, ...(body.isGzip ? { "content-encoding": "gzip" } : {}) },
    body: { path: body.path },
  });
  const cpuAfterMs = readCpuMs(daemon.pid);
  const cpuMs = cpuBeforeMs === null || cpuAfterMs === null ? null : cpuAfterMs - cpuBeforeMs;
  const healthMs = await prober.finish();
  if (receipt.counts.inserted !== body.points) {
    throw new Error(`${receipt.counts.inserted} of ${body.points} points were inserted`);
  }
  return { ms, cpuMs, peakBytes: readMemory(daemon.pid)?.peakBytes ?? null, healthMs };
}

/** The least that anybody has to do with the same body, in a process of its own (`floor.ts`). */
export async function measureFloor(bodyPath: string, databasePath: string, points: number): Promise<FloorResult> {
  const child = spawn(process.execPath, [entry("floor.js"), bodyPath, databasePath], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const printed = await text(child.stdout);
  const { ms, cpuMs, rows } = JSON.parse(printed || "{}") as Partial<FloorResult & { rows: number }>;
  if (ms === undefined || cpuMs === undefined || rows !== points)
    throw new Error("the floor did not store every point");
  return { ms, cpuMs };
}

async function startProber(url: string): Promise<{ finish(): Promise<number[]> }> {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [entry("prober.js"), url], { stdio: "pipe" });
  child.stderr.pipe(process.stderr);
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(() => {
      throw new Error("the prober ended at once");
    }),
  ]);
  return {
    finish: async () => {
      child.stdin.end();
      return JSON.parse(await text(child.stdout)) as number[];
    },
  };
}

/** Built beside this file (`scripts/bench.js`). */
function entry(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
