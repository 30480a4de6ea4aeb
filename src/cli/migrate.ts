/**
 * `migrate up`, `migrate down`, `migrate status`, `migrate new`: the schema by hand.
 *
 * `serve` and every command that writes bring a store up to date by themselves; these are for looking, for going back
 * to an older release, and for people who work on the program.
 */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { packageRoot } from "../package-root.js";
import { problem } from "../problem.js";
import type { MigrationState } from "../store/migration-files.js";
import type { Migrator } from "../store/open.js";
import type { CommandContext } from "./context.js";
import { readCount } from "./flag-values.js";
import { mayCreate, sayWhereLooked } from "./open-store.js";
import { formatWhen } from "./output.js";

interface DownFlags {
  steps: number;
  yes?: true;
}

export function registerMigrate(program: Command, context: CommandContext): void {
  const migrate = program.command("migrate").description("bring the store's schema forward or back");
  migrate
    .command("up")
    .description("apply the pending migrations")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored migrate up
  selfsensored migrate up --database-url sqlite:/srv/health/selfsensored.db`,
    )
    .action(() => migrateUp(context));
  migrate
    .command("down")
    .description("undo the newest migrations; the archive of raw months stays")
    .addOption(new Option("--steps <n>", "how many").argParser(readCount).default(1))
    .option("--yes", "yes, also where data goes")
    .addHelpText(
      "after",
      `
Stop the daemon first.

Examples:
  selfsensored migrate down
  selfsensored migrate down --steps 2 --yes`,
    )
    .action((flags: DownFlags) => migrateDown(context, flags));
  migrate
    .command("status")
    .description("list the migrations and when they were applied")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored migrate status
  selfsensored migrate status --json`,
    )
    .action(() => showMigrations(context));
  migrate
    .command("new")
    .description("write the empty files of a new migration, for developers")
    .argument("<name>", "what it does, such as add_sources")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored migrate new add_sources
  selfsensored migrate new "add sources" --json`,
    )
    .action((name: string) => newMigration(context, name));
}

/** `work` on the store's schema, with the lock of the daemon where the store must be nobody else's meanwhile. */
async function withMigrator<T>(
  context: CommandContext,
  use: { creates?: "named"; isAlone?: boolean },
  work: (migrator: Migrator) => T,
): Promise<T> {
  const config = context.loadConfigAsOwner();
  const { url } = config.database;
  const { lockForDaemon, openMigrator } = await import("../store/open.js");
  process.umask(0o077);
  const migrator = await sayWhereLooked(config, () => openMigrator({ url, create: mayCreate(config, use.creates) }));
  try {
    const lock = use.isAlone ? lockForDaemon(url) : undefined;
    if (lock === null) throw problem("daemon_running", "The daemon is using this store.");
    try {
      return work(migrator);
    } finally {
      lock?.release();
    }
  } finally {
    migrator.close();
  }
}

async function migrateUp(context: CommandContext): Promise<void> {
  const { versions, states } = await withMigrator(context, { creates: "named" }, (migrator) => ({
    versions: migrator.up(),
    states: migrator.status(),
  }));
  report(context, "applied", versions, states);
}

async function migrateDown(context: CommandContext, { steps, yes }: DownFlags): Promise<void> {
  const { versions, states } = await withMigrator(context, { isAlone: true }, (migrator) => {
    if (yes !== true && migrator.losesData(steps)) {
      throw problem("usage", "This takes away what is stored; say --yes.", {
        hint: "The archive of raw months stays, users and keys do not. A backup first is a good idea.",
      });
    }
    return { versions: migrator.down(steps), states: migrator.status() };
  });
  report(context, "undone", versions, states);
}

function report(
  { output }: CommandContext,
  word: "applied" | "undone",
  versions: readonly number[],
  states: readonly MigrationState[],
): void {
  if (output.isJson) {
    output.json({ [word]: versions, ...describeStates(states) });
    return;
  }
  if (versions.length === 0) output.line(`Nothing to do: no migration was ${word}.`);
  for (const version of versions) {
    output.line(`${word} ${nameOf(states.find((state) => state.version === version)!)}`);
  }
}

async function showMigrations(context: CommandContext): Promise<void> {
  const states = await withMigrator(context, {}, (migrator) => migrator.status());
  const { output } = context;
  if (output.isJson) return output.json(describeStates(states));
  output.table(
    [{ title: "MIGRATION" }, { title: "APPLIED" }],
    states.map((state) => [
      nameOf(state),
      state.appliedAt === null ? "pending" : formatWhen(Date.parse(state.appliedAt), Date.now()),
    ]),
  );
}

function describeStates(states: readonly MigrationState[]) {
  return {
    migrations: states.map(({ version, name, appliedAt }) => ({ version, name, applied_at: appliedAt })),
    pending: states.filter(({ appliedAt }) => appliedAt === null).length,
  };
}

function nameOf({ version, name }: MigrationState): string {
  return `${String(version).padStart(4, "0")}_${name}`;
}

async function newMigration({ output }: CommandContext, name: string): Promise<void> {
  const { writeNewMigration } = await import("./new-migration.js");
  const files = writeNewMigration(join(packageRoot, "migrations"), name);
  if (output.isJson) return output.json({ files });
  for (const file of files) output.line(file);
}
