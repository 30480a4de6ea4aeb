/**
 * The store for one command: opened as the owner of the data, closed whatever happens.
 *
 * In the default place only `serve` and `setup` make a store (contract section 1); in a place that somebody named, a
 * command that brings the first thing makes one too. A missing store is reported with the place and who chose it, for
 * the usual cause is that the daemon has another one.
 */
import type { Config } from "../config.js";
import { Problem, problem } from "../problem.js";
import type { Store } from "../store/store.js";
import type { CommandContext } from "./context.js";

export interface StoreUse {
  readonly?: boolean;
  /** Makes a missing store: `named` only where a flag, the environment or the config file named the place. */
  creates?: "never" | "named" | "always";
}

export async function withStore<T>(
  context: CommandContext,
  use: StoreUse,
  work: (store: Store, config: Config) => Promise<T>,
): Promise<T> {
  const config = context.loadConfigAsOwner();
  const { openStore } = await import("../store/open.js");
  // Databases, drafts and exports hold health data: readable for their owner only.
  process.umask(0o077);
  const store = await sayWhereLooked(config, () =>
    openStore({ url: config.database.url, readonly: use.readonly ?? false, create: mayCreate(config, use.creates) }),
  );
  try {
    return await work(store, config);
  } finally {
    await store.close();
  }
}

export function mayCreate(config: Config, creates: StoreUse["creates"]): boolean {
  return creates === "always" || (creates === "named" && placeOrigin(config) !== "default");
}

/** Adds to a `no_store` problem who chose the place. */
export async function sayWhereLooked<T>(config: Config, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "no_store") throw error;
    const origin = placeOrigin(config);
    const place = origin === "default" ? "the default place" : `the place named by ${origin}`;
    throw problem("no_store", `${error.detail.replace(/\.$/, "")}, ${place}.`, { cause: error });
  }
}

function placeOrigin({ settings }: Config): string {
  const originOf = (key: string) => settings.find((setting) => setting.key === key)?.origin ?? "default";
  const databaseOrigin = originOf("database.url");
  return databaseOrigin === "default" ? originOf("data_dir") : databaseOrigin;
}
