/**
 * The command tree: names, flags and help, no work.
 *
 * Each command lives in a file of its own, which exports `register…(program, context)`: description and flags at once,
 * everything heavy by `await import()` inside the action, so that `selfsensored --help` and the small commands start
 * fast. Callers may rely on: global flags may stand before or after the command; nothing here writes or exits, every
 * fault of the command line is thrown as commander's error (`main.ts` turns it into exit code 2).
 */
import { Command, Option } from "commander";
import { readVersion } from "../package-root.js";
import { registerBackfill } from "./backfill.js";
import { registerConfig } from "./config.js";
import type { CommandContext, GlobalFlags } from "./context.js";
import { registerExport } from "./export.js";
import { registerIngest } from "./ingest.js";
import { registerKeys } from "./keys.js";
import { registerMigrate } from "./migrate.js";
import { registerQuery } from "./query.js";
import { registerServe } from "./serve.js";
import { registerSetup } from "./setup.js";
import { registerStatus } from "./status.js";
import { registerUsers } from "./users.js";

export function createProgram(context: CommandContext): Command {
  const { stdout, stderr } = context.streams;
  const program = new Command("selfsensored")
    .description("A self-hosted home for your own health data")
    .version(readVersion(), "--version", "print the version")
    .helpOption("-h, --help", "print help, for a command too")
    .addOption(new Option("--config <file>", "config file to use instead of the usual ones"))
    .addOption(new Option("--data-dir <dir>", "folder of the data (setting data_dir)"))
    .addOption(new Option("--database-url <url>", "database (setting database.url)"))
    .addOption(new Option("--json", "machine-readable result on stdout, and nothing else there"))
    .addOption(new Option("--quiet", "no notes and no progress"))
    .addOption(new Option("--no-color", "no colours"))
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 done but some input was rejected",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      // Help that is shown because the command is missing; a program that asked for JSON gets the error alone.
      writeErr: (text) => void (context.output.isJson || stderr.write(text)),
      outputError: () => {},
    })
    .hook("preAction", () => void context.applyFlags(program.opts<GlobalFlags>()));

  registerServe(program, context);
  registerSetup(program, context);
  registerStatus(program, context);
  registerUsers(program, context);
  registerKeys(program, context);
  registerIngest(program, context);
  registerBackfill(program, context);
  registerQuery(program, context);
  registerExport(program, context);
  registerMigrate(program, context);
  registerConfig(program, context);
  return program;
}
