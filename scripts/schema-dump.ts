/**
 * The schema that the migrations make, as text for people who review a change of it: `migrations/sqlite/schema.sql`.
 *
 * Callers may rely on: the text depends on the migrations alone, not on their number or on the way to them, so a store
 * that went down to nothing and up again has the same one.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { packageRoot } from "../src/package-root.js";
import { openMigrator } from "../src/store/open.js";

export const schemaFile = join(packageRoot, "migrations/sqlite/schema.sql");

const head = `-- What the migrations make, for reading and review; written by "npm run schema", checked by
-- test/store/schema.test.ts. Nothing is built from it.
`;

/** Tables, then their indexes, then views, each by name. */
export function dumpSchema(databasePath: string): string {
  const db = new Database(databasePath, { readonly: true });
  try {
    const statements = db
      .prepare(
        `select sql from sqlite_master where sql is not null
         order by case type when 'table' then 0 when 'index' then 1 else 2 end, tbl_name, name`,
      )
      .pluck()
      .all() as string[];
    return `${[head.trimEnd(), ...statements.map((sql) => `${lowerVerb(sql)};`)].join("\n\n")}\n`;
  } finally {
    db.close();
  }
}

/** SQLite writes the beginning of a statement in capitals, whatever it was given. */
function lowerVerb(sql: string): string {
  return sql.replace(/^CREATE [A-Z ]+/, (verb) => verb.toLowerCase());
}

/** `npm run schema` */
export function main(): number {
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-schema-"));
  try {
    const path = join(folder, "selfsensored.db");
    const migrator = openMigrator({ url: `sqlite:${path}`, create: true });
    migrator.up();
    migrator.close();
    writeFileSync(schemaFile, dumpSchema(path));
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
