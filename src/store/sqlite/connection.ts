/**
 * One connection to one SQLite file: pragmas, the write lock, cached statements, and errors in the program's words.
 *
 * Callers may rely on: `write` runs its function in one immediate transaction, waiting for other writers in short steps
 * (SQLite's own busy handler backs off to 100 ms and starves behind a long import); what it throws is a `Problem` where
 * trying again may help. With `lock.ts` the only file that imports the driver.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { Problem, problem } from "../../problem.js";
import { makeFolder } from "../make-folder.js";

export type Statement = Database.Statement<unknown[], unknown>;

/** "SELF": marks the main file; "SELA" marks a month of the archive. */
export const applicationIds = { main: 0x53454c46, archive: 0x53454c41 } as const;

export interface OpenOptions {
  kind: keyof typeof applicationIds;
  readonly?: boolean;
  create?: boolean;
  synchronous: "FULL" | "NORMAL";
}

/** An archive is written and read from end to end, which no cache helps. */
const cacheKibibytes = { main: 8192, archive: 512 } as const;
const writeLockTimeoutMs = 60_000;
/** Readers wait only for rare things, as another process that mends the file after a crash. */
const readTimeoutMs = 5000;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Blocks the thread. Only for waiting on another process's write lock. */
export function sleepSync(ms: number): void {
  Atomics.wait(sleeper, 0, 0, ms);
}

export class Connection {
  readonly path: string;
  readonly raw: Database.Database;
  private readonly statements = new Map<string, Statement>();

  constructor(path: string, options: OpenOptions) {
    this.path = path;
    try {
      if (options.create && !options.readonly) makeFolder(dirname(path));
      refuseForeignFile(path);
      this.raw = new Database(path, {
        readonly: options.readonly ?? false,
        fileMustExist: !options.create,
        timeout: readTimeoutMs,
      });
      const id = this.raw.pragma("application_id", { simple: true }) as number;
      const isEmpty = this.raw.prepare("select count(*) from sqlite_master").pluck().get() === 0;
      if (id !== applicationIds[options.kind] && !(isEmpty && id === 0)) {
        this.raw.close();
        throw foreign(path);
      }
      if (!options.readonly) {
        this.raw.pragma("journal_mode = wal");
        if (isEmpty) this.raw.pragma(`application_id = ${applicationIds[options.kind]}`);
      }
      this.raw.pragma(`synchronous = ${options.synchronous}`);
      this.raw.pragma("foreign_keys = off");
      this.raw.pragma("temp_store = memory");
      this.raw.pragma(`cache_size = -${cacheKibibytes[options.kind]}`);
    } catch (error) {
      throw translate(error, path);
    }
  }

  /** A statement, prepared once per connection. */
  sql(text: string): Statement {
    let statement = this.statements.get(text);
    if (!statement) {
      statement = this.raw.prepare(text) as Statement;
      this.statements.set(text, statement);
    }
    return statement;
  }

  /** Runs `work` in one immediate transaction. */
  write<T>(work: () => T): T {
    try {
      this.begin();
      try {
        const result = work();
        this.raw.exec("commit");
        return result;
      } catch (error) {
        if (this.raw.inTransaction) this.raw.exec("rollback");
        throw error;
      }
    } catch (error) {
      throw translate(error, this.path);
    }
  }

  /**
   * Takes the write lock in steps of a millisecond. SQLite's own handler, which is off meanwhile, would wait for 100 ms
   * between two looks: behind an import that leaves gaps of 1 ms, writers waited for 0.35 s, and for 3 s at worst.
   */
  private begin(): void {
    const deadline = performance.now() + writeLockTimeoutMs;
    this.sql("pragma busy_timeout = 0").get();
    try {
      while (true) {
        try {
          this.raw.exec("begin immediate");
          return;
        } catch (error) {
          if (!isBusy(error) || performance.now() > deadline) throw error;
          sleepSync(1);
        }
      }
    } finally {
      this.sql(`pragma busy_timeout = ${readTimeoutMs}`).get();
    }
  }

  close(): void {
    this.statements.clear();
    this.raw.close();
  }
}

/** What is not SQLite at all is foreign; the driver would only say so at the first statement. */
function refuseForeignFile(path: string): void {
  let head: Buffer;
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw foreign(path);
    if (!found || found.size === 0) return;
    const file = openSync(path, "r");
    head = Buffer.alloc(15);
    readSync(file, head, 0, 15, 0);
    closeSync(file);
  } catch (error) {
    throw translate(error, path);
  }
  if (head.toString("latin1") !== "SQLite format 3") throw foreign(path);
}

function foreign(path: string): Problem {
  return problem("store_foreign", `${path} exists, but it is not a store of selfsensored.`, {
    hint: "Choose another place with --data-dir or database.url, or move that file away.",
  });
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? "");
}

export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith("SQLITE_BUSY");
}

/** True for refusals of the data itself, which repeating cannot mend. */
export function isRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return (
    code.startsWith("SQLITE_CONSTRAINT") ||
    code === "SQLITE_MISMATCH" ||
    code === "SQLITE_TOOBIG" ||
    code === "SQLITE_RANGE"
  );
}

/** Turns what the driver and the file system say into the program's words; refusals and bugs stay as they are. */
export function translate(error: unknown, path: string): unknown {
  if (error instanceof Problem) return error;
  const code = codeOf(error);
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT") {
    return problem("storage_unavailable", "The disk is full.", { cause: error });
  }
  if (code.startsWith("SQLITE_READONLY") || code === "EROFS" || code === "EACCES" || code === "EPERM") {
    return problem("store_read_only", `${path} cannot be written.`, { cause: error });
  }
  if (code === "ENOENT" || code === "ENOTDIR") {
    return problem("store_read_only", `The folder of ${path} cannot be made.`, { cause: error });
  }
  if (code.startsWith("SQLITE_CANTOPEN")) {
    return existsSync(path)
      ? problem("store_read_only", `${path} cannot be opened.`, { cause: error })
      : problem("no_store", `There is no store at ${path}.`, { cause: error });
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return problem("storage_unavailable", "The store is locked by another process.", { cause: error });
  }
  if (code.startsWith("SQLITE_IOERR") || code === "EIO") {
    return problem("storage_unavailable", "The disk reports errors.", { cause: error });
  }
  if (code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT")) {
    return problem("store_foreign", `${path} is damaged or not a store of selfsensored.`, { cause: error });
  }
  return error;
}
