/**
 * One daemon per data directory: an exclusive lock on a small file, which the system lets go when its process dies,
 * however it dies. (Node has no flock; SQLite's own file locks are the same thing.)
 */
import { join } from "node:path";
import Database from "better-sqlite3";
import { problem } from "../../problem.js";
import { makeFolder } from "../make-folder.js";
import { isBusy, translate } from "./connection.js";

export interface DaemonLock {
  release(): void;
}

/** Null where another process holds it. */
export function takeDaemonLock(folder: string): DaemonLock | null {
  const path = join(folder, "daemon.lock");
  try {
    makeFolder(folder);
  } catch (error) {
    // Node says ENOENT where the disk is read-only: only the place itself can be named for sure.
    throw problem("store_read_only", `The folder ${folder} cannot be made.`, { cause: error });
  }
  try {
    const file = new Database(path, { timeout: 0 });
    try {
      file.pragma("journal_mode = memory");
      file.exec("begin exclusive");
    } catch (error) {
      file.close();
      if (isBusy(error)) return null;
      throw error;
    }
    return { release: () => file.close() };
  } catch (error) {
    const code = String((error as { code?: unknown }).code ?? "");
    if (code.startsWith("SQLITE_CANTOPEN") || code.startsWith("SQLITE_READONLY")) {
      throw problem("store_read_only", `The folder ${folder} cannot be written.`, { cause: error });
    }
    throw translate(error, folder);
  }
}
