/**
 * A daemon of its own for benchmarks and the demo: the built program on a folder and a port, apart from any other.
 *
 * Callers may rely on: no configuration file, variable or store of the machine is touched; when `startDaemon` resolves,
 * `/health` has answered; `stop` waits until the process has ended; and it ends with this process in any case.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { packageRoot } from "../src/package-root.js";

const startWithinMs = 60_000;
const stopWithinMs = 20_000;
const askEveryMs = 5;
const keptErrorCharacters = 4000;

export interface DaemonOptions {
  /** Gets the configuration and, under `data/`, the store. */
  folder: string;
  port?: number | undefined;
  /** Arguments of node itself, before the program. */
  nodeArguments?: readonly string[];
}

export interface Daemon {
  url: string;
  /** Of the first start in this folder; null later. */
  key: string | null;
  dataFolder: string;
  pid: number;
  /** From the start of the process to the first answer of `/health`. */
  startMs: number;
  /** What it told on stderr, the end of it. */
  errors(): string;
  /** Resolves when the process has ended by itself or by `stop`. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

export async function startDaemon({ folder, port, nodeArguments = [] }: DaemonOptions): Promise<Daemon> {
  const dataFolder = join(folder, "data");
  const ownPort = port ?? (await findFreePort());
  const configFile = writeConfig(folder, dataFolder, ownPort);
  const isFirst = !existsSync(dataFolder);
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [...nodeArguments, join(packageRoot, "bin/selfsensored.js"), "serve", "--config", configFile],
    // A group of its own: Ctrl-C reaches us alone, and we stop it in order.
    { stdio: ["ignore", "pipe", "pipe"], env: cleanEnvironment(process.env), detached: true },
  );
  const killWithUs = () => child.kill("SIGKILL");
  // Before the folders are removed, or it might make them again.
  process.prependListener("exit", killWithUs);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (errors = (errors + String(chunk)).slice(-keptErrorCharacters)));
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => (errors += error.message));
    child.once("close", () => {
      process.off("exit", killWithUs);
      resolve();
    });
  });

  const url = `http://127.0.0.1:${ownPort}`;
  const findKey = () => /\bss_[0-9A-Za-z]+_[0-9A-Za-z]+/.exec(output)?.[0] ?? null;
  let startMs = 0;
  try {
    await waitForHealth(url, child);
    startMs = performance.now() - startedMs;
    // It listens first and tells the key then.
    while (isFirst && findKey() === null && child.exitCode === null) await sleep(askEveryMs);
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`${(error as Error).message}\n${errors.trim()}`);
  }
  return {
    url,
    key: findKey(),
    dataFolder,
    pid: child.pid!,
    startMs,
    errors: () => errors,
    ended,
    stop: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Every setting that would lead elsewhere is said, so that no default of the machine counts. */
function writeConfig(folder: string, dataFolder: string, port: number): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, "config.yaml");
  // JSON is YAML, and quotes what needs quoting.
  const settings = {
    server: { host: "127.0.0.1", port },
    data_dir: dataFolder,
    database: { url: `sqlite:${join(dataFolder, "selfsensored.db")}` },
    log: { level: "warn", format: "json" },
  };
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  return file;
}

/** Without what configures another daemon, and without the journal, into which no key may go. */
export function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isOurs = (name: string) => /^(SELFSENSORED_|DATABASE_URL|REDIS_URL|JOURNAL_STREAM$)/.test(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isOurs(name)));
}

async function waitForHealth(url: string, child: ChildProcess): Promise<void> {
  const deadlineMs = performance.now() + startWithinMs;
  while (performance.now() < deadlineMs) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("the daemon ended while it started");
    try {
      const answer = await fetch(`${url}/health`);
      await answer.arrayBuffer();
      if (answer.status === 200) return;
    } catch {
      // Nobody listens yet.
    }
    await sleep(askEveryMs);
  }
  throw new Error("the daemon did not answer in time");
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export interface Memory {
  /** Most that was resident since the start. */
  peakBytes: number;
  residentBytes: number;
}

/** Null where the system has no /proc. */
export function readMemory(pid: number): Memory | null {
  try {
    return parseMemory(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return null;
  }
}

export function parseMemory(status: string): Memory | null {
  const bytesOf = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
  const memory = { peakBytes: bytesOf("VmHWM"), residentBytes: bytesOf("VmRSS") };
  return Number.isNaN(memory.peakBytes + memory.residentBytes) ? null : memory;
}

/** Time on processors that a process has used so far, all threads together; null where the system has no /proc. */
export function readCpuMs(pid: number): number | null {
  try {
    return parseCpuMs(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return null;
  }
}

/** Linux counts in hundredths of a second towards programs, whatever its own clock. */
export function parseCpuMs(stat: string): number | null {
  // The name in brackets may hold anything; after it the state is field 3, user and system time are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isNaN(ticks) ? null : ticks * 10;
}
