/** `daemon.json` in the data directory: where the running daemon is, for commands that ask it. A hint, not a lock. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface DaemonFile {
  pid: number;
  url: string;
}

export function daemonFilePath(dataDir: string): string {
  return join(dataDir, "daemon.json");
}

/** Null where there is none or it cannot be read. */
export function readDaemonFile(dataDir: string): DaemonFile | null {
  try {
    const { pid, url } = JSON.parse(readFileSync(daemonFilePath(dataDir), "utf8")) as Partial<DaemonFile>;
    return typeof pid === "number" && typeof url === "string" ? { pid, url } : null;
  } catch {
    return null;
  }
}
