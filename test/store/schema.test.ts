/** The schema, as committed for review and as people may rely on it (contract section 5). */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { dumpSchema, schemaFile } from "../../scripts/schema-dump.js";
import { type Migrator, openMigrator, openStore } from "../../src/store/open.js";

function openFresh(): { migrator: Migrator; path: string } {
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-schema-"));
  const path = join(folder, "selfsensored.db");
  const migrator = openMigrator({ url: `sqlite:${path}`, create: true });
  onTestFinished(() => {
    migrator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { migrator, path };
}

test("the committed schema is the one that the migrations make; npm run schema writes it anew", () => {
  const { migrator, path } = openFresh();
  migrator.up();
  expect(dumpSchema(path)).toBe(readFileSync(schemaFile, "utf8"));
});

test("down to nothing leaves nothing, and up again makes the very same schema", () => {
  const { migrator, path } = openFresh();
  const versions = migrator.up();
  const before = dumpSchema(path);
  expect(before.length).toBeGreaterThan(10_000);

  expect(migrator.down(versions.length)).toEqual(versions.toReversed());
  expect(namesIn(path)).toEqual([]);
  expect(migrator.status().map(({ appliedAt }) => appliedAt)).toEqual(versions.map(() => null));

  expect(migrator.up()).toEqual(versions);
  expect(dumpSchema(path)).toBe(before);
});

test("a store that makes itself has the schema of the migrations", async () => {
  const { migrator, path } = openFresh();
  migrator.up();
  const second = join(path, "../second.db");
  const store = await openStore({ url: `sqlite:${second}`, create: true });
  await store.close();
  expect(dumpSchema(second)).toBe(dumpSchema(path));
});

test("every public name can be asked", () => {
  const { migrator, path } = openFresh();
  migrator.up();
  const db = new Database(path, { readonly: true });
  onTestFinished(() => void db.close());
  const unreadable = publicNames.filter((name) => {
    try {
      db.prepare(`select * from ${name}`).all();
      return false;
    } catch {
      return true;
    }
  });
  expect(unreadable).toEqual([]);
});

/** Contract section 5. */
const publicNames = [
  "users",
  "api_keys",
  "raw_ingestions",
  "heart_rate_metrics",
  "blood_pressure_metrics",
  "sleep_metrics",
  "sleep_stages",
  "activity_metrics",
  "quantity_metrics",
  "events",
  "workouts",
  "workout_routes",
  "workout_samples",
  "ecg_recordings",
  "rejected_items",
  "daily_summaries",
  "audit_log",
  "metric_definitions",
  "schema_migrations",
];

function namesIn(path: string): unknown[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare("select name from sqlite_master").pluck().all();
  } finally {
    db.close();
  }
}
