/** Reads what `node --cpu-prof` wrote, one file per thread: which functions the time was spent in themselves. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** The part of V8's format that is used here; times are in microseconds. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

export interface SelfTime {
  name: string;
  selfMs: number;
  share: number;
}

/** Most expensive first, shares of the time that the thread was not idle. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTime[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, describe(callFrame)]));
  const spent = new Map<string, number>();
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) ?? "?";
    if (name !== "(idle)") spent.set(name, (spent.get(name) ?? 0) + (timeDeltas[i] ?? 0) / 1000);
  }
  const totalMs = [...spent.values()].reduce((sum, ms) => sum + ms, 0);
  return [...spent]
    .map(([name, selfMs]) => ({ name, selfMs, share: selfMs / totalMs }))
    .sort((a, b) => b.selfMs - a.selfMs);
}

function describe({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  const name = functionName || "(anonymous)";
  return url === "" ? name : `${name}  ${basename(url)}:${lineNumber + 1}`;
}

/** The busiest functions of the busiest threads, as text. */
export function renderProfiles(folder: string, functions = 25): string {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".cpuprofile"))
    .map((file) => ({ file, times: selfTimes(JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile) }))
    .map(({ file, times }) => ({ file, times, busyMs: times.reduce((sum, { selfMs }) => sum + selfMs, 0) }))
    .sort((a, b) => b.busyMs - a.busyMs)
    .slice(0, 2)
    .map(({ file, times, busyMs }) => {
      const lines = times
        .slice(0, functions)
        .map(
          ({ name, selfMs, share }) =>
            `${selfMs.toFixed(0).padStart(7)} ms ${(share * 100).toFixed(1).padStart(5)} %  ${name}`,
        );
      return `${file}: busy ${busyMs.toFixed(0)} ms\n${lines.join("\n")}\n`;
    })
    .join("\n");
}
