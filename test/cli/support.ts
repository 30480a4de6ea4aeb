/**
 * A data directory of its own for one test, and the program called in it as the shell would: arguments and standard
 * input in, exit code and both streams out.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { main } from "../../src/main.js";
import { openStore } from "../../src/store/open.js";
import type { Store } from "../../src/store/store.js";

// A process runs one command, which listens for Ctrl-C to its end; here a process runs many.
process.setMaxListeners(0);

export interface Called {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Place {
  folder: string;
  dataDir: string;
  run(...argv: string[]): Promise<Called>;
  runWith(stdin: NodeJS.ReadableStream, ...argv: string[]): Promise<Called>;
  /** The result of a command that has to succeed, read as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests compare whole answers
  json(...argv: string[]): Promise<any>;
  /** Looks into the store. */
  look<T>(work: (store: Store) => Promise<T>): Promise<T>;
  write(name: string, content: unknown): string;
}

export function openPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dataDir = join(folder, "data");
  const config = join(folder, "config.yaml");
  writeFileSync(config, "");

  const runWith = async (stdin: NodeJS.ReadableStream, ...argv: string[]) => {
    const written = { stdout: "", stderr: "" };
    const sink = (name: "stdout" | "stderr") => ({
      write: (text: string) => {
        written[name] += text;
      },
    });
    const streams = { stdin, stdout: sink("stdout"), stderr: sink("stderr") };
    const code = await main([...argv, "--config", config, "--data-dir", dataDir], streams);
    return { code, ...written };
  };
  const run = (...argv: string[]) => runWith(Readable.from([]), ...argv);
  return {
    ...{ folder, dataDir, run, runWith },
    async json(...argv) {
      const { code, stdout, stderr } = await run(...argv, "--json");
      if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
      return JSON.parse(stdout);
    },
    async look(work) {
      const store = await openStore({ url: `sqlite:${join(dataDir, "selfsensored.db")}` });
      try {
        return await work(store);
      } finally {
        await store.close();
      }
    },
    write(name, content) {
      const path = join(folder, name);
      const isText = typeof content === "string" || content instanceof Uint8Array;
      writeFileSync(path, isText ? content : JSON.stringify(content));
      return path;
    },
  };
}

/** Hours of steps, as a phone sends them. */
export function steps(date: string, ...counts: number[]) {
  const data = counts.map((qty, hour) => ({
    date: `${date} ${String(hour + 8).padStart(2, "0")}:00:00 +0100`,
    qty,
    source: "Watch",
  }));
  return { data: { metrics: [{ name: "step_count", units: "count", data }] } };
}
