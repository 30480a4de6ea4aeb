/**
 * Migrations by hand (`selfsensored migrate`): on a connection of its own, because the store itself refuses a file whose
 * schema is not the program's.
 */
import { existsSync } from "node:fs";
import { problem } from "../../problem.js";
import { type MigrationState, readMigrations } from "../migration-files.js";
import { Connection } from "./connection.js";
import { checkSchema, migrateDown, migrateUp, migrationStates } from "./migrate.js";
import { syncRegistry } from "./names.js";

/** First line of a down migration after which nothing is missing that people brought. */
const keepsData = /^-- keeps all data\b/;

export interface Migrator {
  status(): MigrationState[];
  /** Applies what is pending; the versions applied. */
  up(): number[];
  /** Whether undoing so many steps takes away what people or phones brought. */
  losesData(steps: number): boolean;
  /** Undoes the newest steps, or as many as there are; the versions undone. */
  down(steps: number): number[];
  close(): void;
}

export function openSqliteMigrator(path: string, options: { create: boolean }): Migrator {
  if (!existsSync(path) && !options.create) throw problem("no_store", `There is no store at ${path}.`);
  const db = new Connection(path, { kind: "main", create: options.create, synchronous: "FULL" });
  const appliedVersions = () =>
    migrationStates(db)
      .filter(({ appliedAt }) => appliedAt !== null)
      .map(({ version }) => version);
  return {
    status() {
      checkSchema(db);
      return migrationStates(db);
    },
    up() {
      const versions = migrateUp(db);
      syncRegistry(db);
      return versions;
    },
    losesData(steps) {
      checkSchema(db);
      const undone = new Set(appliedVersions().slice(-steps));
      const isHarmless = readMigrations("sqlite")
        .filter(({ version }) => undone.has(version))
        .every(({ down }) => keepsData.test(down));
      return !isHarmless && holdsData(db);
    },
    down: (steps) => migrateDown(db, steps),
    close: () => db.close(),
  };
}

/** Everything that a store holds belongs to a user. */
function holdsData(db: Connection): boolean {
  const hasUsers = db.raw.prepare("select 1 from sqlite_master where type = 'table' and name = 'users'").get();
  return hasUsers !== undefined && db.raw.prepare("select 1 from users limit 1").get() !== undefined;
}
