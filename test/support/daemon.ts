/**
 * The real program in a process of its own: a daemon on a free loopback port with a folder of its own, and commands
 * beside it.
 *
 * Callers may rely on: `Daemon.start` resolves when `/health` answers, or rejects with what the program wrote; `kill` and
 * `stop` act on the process they started and on no other; `close` ends it and removes its folder, and what a test forgot
 * dies with the test's process. `startDaemon` closes by itself at the end of the test it is called in.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const program = join(root, "bin/selfsensored.js");
const startTimeoutMs = 60_000;
const pollMs = 5;

export interface DaemonOptions {
  /** Settings by their keys, as `ingest.reply_within`. */
  settings?: Record<string, string>;
  /** A folder that is the caller's to remove; default: a temporary one. */
  dataDir?: string;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Reply {
  status: number;
  headers: Headers;
  /** Parsed where it is JSON, else null. */
  json: Record<string, unknown> | null;
  bytes: Buffer;
}

const running = new Set<ChildProcess>();
const folders = new Set<string>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function environment(settings: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(SELFSENSORED_|DATABASE_URL|REDIS_URL|XDG_|JOURNAL_STREAM|STATE_DIRECTORY|NODE_OPTIONS)/.test(name),
  );
  const own = Object.entries({ "log.format": "json", ...settings }).map(([key, value]) => [
    `SELFSENSORED_${key.replaceAll(".", "_").toUpperCase()}`,
    value,
  ]);
  // A home without a config file, and a zone that does not depend on the machine.
  return { ...Object.fromEntries([...inherited, ...own]), HOME: "/nonexistent", TZ: "Europe/Berlin" };
}

function launch(args: readonly string[], settings: Record<string, string>) {
  const child = spawn(process.execPath, [program, ...args], {
    env: environment(settings),
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    ended.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    ended.stderr += text;
  });
  const end = once(child, "close").then(([code]) => {
    running.delete(child);
    ended.code = code as number | null;
    return ended;
  });
  return { child, ended, end };
}

/** Runs a command to its end; after `timeoutMs` it is killed, and its code is null. */
export async function runCommand(
  args: readonly string[],
  { settings = {}, timeoutMs = 60_000 }: { settings?: Record<string, string>; timeoutMs?: number } = {},
): Promise<Ended> {
  const { child, end } = launch(args, settings);
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  try {
    return await end;
  } finally {
    clearTimeout(timer);
  }
}

export class Daemon {
  readonly dataDir: string;
  /** The first key; known once the first start is through. */
  key = "";
  url = "";
  private readonly settings: Record<string, string>;
  private readonly isOwnFolder: boolean;
  private run: ReturnType<typeof launch> | null = null;

  private constructor(dataDir: string, isOwnFolder: boolean, settings: Record<string, string>) {
    this.dataDir = dataDir;
    this.isOwnFolder = isOwnFolder;
    this.settings = settings;
  }

  static async start(options: DaemonOptions = {}): Promise<Daemon> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "selfsensored-daemon-")));
    if (options.dataDir === undefined) folders.add(dataDir);
    const daemon = new Daemon(dataDir, options.dataDir === undefined, {
      "server.host": "127.0.0.1",
      "server.port": "0",
      "limits.requests_per_hour": "1000000",
      "limits.bandwidth_per_hour": "1000GiB",
      ...options.settings,
    });
    try {
      await daemon.start();
      return daemon;
    } catch (error) {
      await daemon.close();
      throw error;
    }
  }

  /** Starts it, again after `kill` or `stop`, in the same folder. */
  async start(): Promise<void> {
    const run = this.spawn();
    const deadline = performance.now() + startTimeoutMs;
    while (!(this.hasKey(run.ended.stdout) && (await this.answers(run.ended.stderr)))) {
      if (run.child.exitCode !== null || run.child.signalCode !== null) {
        throw new Error(`the daemon ended at its start:\n${(await run.end).stderr}`);
      }
      if (performance.now() > deadline) throw new Error(`the daemon does not answer:\n${run.ended.stderr}`);
      await pause(pollMs);
    }
  }

  /** The key is printed once, after the port is open. */
  private hasKey(stdout: string): boolean {
    if (this.key === "") this.key = /Bearer (ss_\S+)\n/.exec(stdout)?.[1] ?? "";
    return this.key !== "";
  }

  /** Starts the process and does not wait for it. */
  spawn() {
    const run = launch(["serve", "--data-dir", this.dataDir], this.settings);
    this.run = run;
    return run;
  }

  /** The log says where it listens. (`daemon.json` is a hint for commands: on a full disk there is none.) */
  private async answers(log: string): Promise<boolean> {
    const url = /"url":"([^"]+)","msg":"listening"/.exec(log)?.[1];
    if (url === undefined) return false;
    this.url = url;
    return this.isAlive();
  }

  get pid(): number {
    return this.run!.child.pid!;
  }

  /** What the running process, or the last one, wrote so far. */
  get output(): Readonly<Ended> {
    return this.run!.ended;
  }

  /** Peak resident memory of the process, bytes. */
  get peakMemoryBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) * 1024;
  }

  /** Ends it as a power cut would: no handler runs. */
  async kill(): Promise<void> {
    this.run!.child.kill("SIGKILL");
    await this.run!.end;
  }

  /** Ends it as systemd does. */
  async stop(): Promise<Ended> {
    this.run!.child.kill("SIGTERM");
    return this.run!.end;
  }

  /** Kills what still runs and removes the folder. */
  async close(): Promise<void> {
    if (this.run && running.has(this.run.child)) await this.kill();
    if (!this.isOwnFolder) return;
    await rm(this.dataDir, { recursive: true, force: true });
    folders.delete(this.dataDir);
  }

  async request(path: string, init: RequestInit = {}): Promise<Reply> {
    const headers = new Headers({ authorization: `Bearer ${this.key}` });
    for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
    const response = await fetch(`${this.url}${path}`, {
      signal: AbortSignal.timeout(120_000),
      ...init,
      headers,
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, json: parsed(bytes), bytes };
  }

  /** Sends one body to the ingest route. */
  post(body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Reply> {
    return this.request("/api/v1/ingest", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : new Uint8Array(body),
    });
  }

  get(path: string): Promise<Reply> {
    return this.request(`/api/v1${path}`);
  }

  async isAlive(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(5000) });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      return false;
    }
  }

  /** Waits until nothing is pending or in work. */
  async settle(timeoutMs = 120_000): Promise<void> {
    await until("the queue is empty", timeoutMs, async () => {
      const text = (await this.request("/metrics")).bytes.toString();
      return /^selfsensored_queue_depth 0$/m.test(text);
    });
  }
}

/** A daemon that is closed when the test is over, whatever its end. */
export async function startDaemon(options: DaemonOptions = {}): Promise<Daemon> {
  const daemon = await Daemon.start(options);
  onTestFinished(() => daemon.close());
  return daemon;
}

/** Waits for a condition, and fails by its name. */
export async function until(what: string, timeoutMs: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`);
    await pause(10);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function parsed(bytes: Buffer): Record<string, unknown> | null {
  try {
    return JSON.parse(bytes.toString()) as Record<string, unknown>;
  } catch {
    return null;
  }
}
