/** Opens the store that a URL names. The only place that knows which engines there are. */
import { dirname, isAbsolute, resolve } from "node:path";
import { problem } from "../problem.js";
import { type DaemonLock, takeDaemonLock } from "./sqlite/lock.js";
import { type Migrator, openSqliteMigrator } from "./sqlite/migrator.js";
import { SqliteStore } from "./sqlite/sqlite-store.js";
import type { Store } from "./store.js";

export type { Migrator };

export interface OpenStoreOptions {
  /** `sqlite:PATH`. */
  url: string;
  /** Makes the store where it is missing. */
  create?: boolean;
  readonly?: boolean;
  /** Applies pending migrations; on unless the store is opened read-only. */
  migrate?: boolean;
}

export function sqlitePath(url: string): string | null {
  if (!url.startsWith("sqlite:")) return null;
  const path = url.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "");
  return isAbsolute(path) ? path : resolve(path);
}

/**
 * Claims the place for a daemon, for as long as the process lives; null where another daemon has it. Only engines that
 * want one daemon per place say no.
 */
export function lockForDaemon(url: string): DaemonLock | null {
  const path = sqlitePath(url);
  return path === null ? { release: () => {} } : takeDaemonLock(dirname(path));
}

function requirePath(url: string): string {
  const path = sqlitePath(url);
  if (path === null) throw problem("bad_configuration", "database.url has to begin with sqlite: in this release.");
  return path;
}

/** Migrations by hand; throws as `openStore` does. */
export function openMigrator(options: { url: string; create: boolean }): Migrator {
  return openSqliteMigrator(requirePath(options.url), { create: options.create });
}

/** Throws a `Problem`: `no_store`, `store_foreign`, `store_newer`, `store_read_only`, `storage_unavailable`. */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const path = requirePath(options.url);
  const readonly = options.readonly ?? false;
  return new SqliteStore({ path, create: options.create ?? false, readonly, migrate: options.migrate ?? !readonly });
}
