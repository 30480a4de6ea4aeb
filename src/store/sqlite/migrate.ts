/**
 * Brings the main file to this program's schema, one migration a transaction, so that of several processes that start
 * at once one migrates and the others find it done. A schema newer than the program is refused.
 */
import { problem } from "../../problem.js";
import { type MigrationState, readMigrations } from "../migration-files.js";
import type { Connection } from "./connection.js";

interface AppliedRow {
  version: number;
  name: string;
  checksum: string;
  applied_at: string;
}

function applied(connection: Connection): AppliedRow[] {
  const exists = connection.raw
    .prepare("select 1 from sqlite_master where type = 'table' and name = 'schema_migrations'")
    .get();
  if (!exists) return [];
  return connection.raw
    .prepare("select version, name, checksum, applied_at from schema_migrations order by version")
    .all() as AppliedRow[];
}

/** Throws `store_newer` or `store_foreign` where the file's history is not one of this program. */
export function checkSchema(connection: Connection): { pending: number } {
  const known = readMigrations("sqlite");
  const rows = applied(connection);
  for (const row of rows) {
    const migration = known.find((candidate) => candidate.version === row.version);
    if (!migration) {
      throw problem(
        "store_newer",
        `The store has schema ${row.version}; this program knows schemas up to ${known.at(-1)?.version ?? 0}.`,
      );
    }
    if (migration.checksum !== row.checksum) {
      throw problem("store_foreign", `Migration ${row.version} of the store is not the one of this program.`, {
        hint: "Install the release that made this store.",
      });
    }
  }
  return { pending: known.length - rows.length };
}

/** Applies what is pending; the versions applied. */
export function migrateUp(connection: Connection): number[] {
  checkSchema(connection);
  const done: number[] = [];
  for (const migration of readMigrations("sqlite")) {
    const ran = connection.write(() => {
      connection.raw.exec(
        "create table if not exists schema_migrations (version integer primary key, name text not null, checksum text not null, applied_at text not null) strict",
      );
      // The row first: a second process that waited for the lock sees it and leaves the migration alone.
      const inserted = connection.raw
        .prepare(
          "insert into schema_migrations (version, name, checksum, applied_at) values (?, ?, ?, ?) on conflict do nothing",
        )
        .run(migration.version, migration.name, migration.checksum, new Date().toISOString());
      if (inserted.changes === 0) return false;
      connection.raw.exec(migration.up);
      return true;
    });
    if (ran) done.push(migration.version);
  }
  return done;
}

/** Undoes the newest `steps` migrations; the versions undone. */
export function migrateDown(connection: Connection, steps: number): number[] {
  checkSchema(connection);
  const known = readMigrations("sqlite");
  const undone: number[] = [];
  for (const row of applied(connection).reverse().slice(0, steps)) {
    const migration = known.find((candidate) => candidate.version === row.version)!;
    connection.write(() => {
      connection.raw.exec(migration.down);
      connection.raw.prepare("delete from schema_migrations where version = ?").run(row.version);
      if (applied(connection).length === 0) connection.raw.exec("drop table schema_migrations");
    });
    undone.push(row.version);
  }
  return undone;
}

export function migrationStates(connection: Connection): MigrationState[] {
  const rows = new Map(applied(connection).map((row) => [row.version, row.applied_at]));
  return readMigrations("sqlite").map(({ version, name }) => ({ version, name, appliedAt: rows.get(version) ?? null }));
}
