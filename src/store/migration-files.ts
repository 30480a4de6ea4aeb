/** Numbered migrations as files: `migrations/<engine>/NNNN_name.{up,down}.sql`, read and checksummed. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../package-root.js";

export interface Migration {
  version: number;
  name: string;
  up: string;
  down: string;
  /** SHA-256 of the up file: a released migration is never edited. */
  checksum: string;
}

export interface MigrationState {
  version: number;
  name: string;
  appliedAt: string | null;
}

export function migrationFolder(engine: "sqlite" | "postgres"): string {
  return join(packageRoot, "migrations", engine);
}

/** All migrations of an engine in ascending order. Throws when a number is double or a down file is missing. */
export function readMigrations(engine: "sqlite" | "postgres"): Migration[] {
  const folder = migrationFolder(engine);
  const migrations: Migration[] = [];
  for (const file of readdirSync(folder).sort()) {
    const match = /^(\d{4})_([a-z0-9_]+)\.up\.sql$/.exec(file);
    if (!match) continue;
    const version = Number(match[1]);
    if (migrations.at(-1)?.version === version) throw new Error(`migration ${match[1]} exists twice in ${engine}`);
    const up = readFileSync(join(folder, file), "utf8");
    const down = readFileSync(join(folder, file.replace(".up.sql", ".down.sql")), "utf8");
    migrations.push({ version, name: match[2]!, up, down, checksum: createHash("sha256").update(up).digest("hex") });
  }
  return migrations;
}
