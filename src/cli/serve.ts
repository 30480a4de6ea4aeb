/** `serve`: the daemon, in the foreground. */
import { fstatSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { FirstUser } from "../server/first-start.js";
import type { CommandContext } from "./context.js";

/** systemd's default is 90 s; containers get 10 s. */
const graceMs = 8000;

export function registerServe(program: Command, context: CommandContext): void {
  program
    .command("serve")
    .description("run the daemon; the first start makes a user and a key, and prints the key once")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored serve
  SELFSENSORED_SERVER_PORT=9000 selfsensored serve --data-dir /srv/health

SIGTERM and SIGINT stop it in order; SIGHUP reads TLS files and log.level again.
Exit codes: 0 stopped in order, 1 failed, 2 bad configuration`,
    )
    .action(() => serve(context));
}

async function serve(context: CommandContext): Promise<void> {
  process.umask(0o077);
  const config = context.loadConfig();
  const [{ createLogger }, { startAppliance }] = await Promise.all([
    import("../log.js"),
    import("../server/appliance.js"),
  ]);
  const logger = createLogger({ ...config.log, hasColour: context.output.hasColourOnStderr });
  const interruption = context.interruption();
  const appliance = await startAppliance(config, logger);
  if (appliance.first !== null) await announceFirstKey(context, config.dataDir, appliance.first);
  logger.info({ url: appliance.url }, "listening");

  const reload = () => {
    try {
      appliance.setLogLevel(context.reloadConfig().log.level);
      logger.info("configuration read again");
    } catch (error) {
      logger.error({ reason: (error as Error).message }, "the configuration stays as it was");
    }
  };
  process.on("SIGHUP", reload);
  await new Promise<void>((resolve) => {
    if (interruption.aborted) resolve();
    interruption.addEventListener("abort", () => resolve(), { once: true });
  });
  process.off("SIGHUP", reload);
  logger.info("stopping");
  await appliance.stop(graceMs);
  logger.info("stopped");
}

/** Printed once; where stdout is kept by the journal, into a file that only its owner reads. */
async function announceFirstKey(context: CommandContext, dataDir: string, first: FirstUser): Promise<void> {
  const { firstStartText } = await import("../server/first-start.js");
  const text = firstStartText(context.loadConfig(), first);
  if (!isJournal()) {
    context.output.raw(text);
    return;
  }
  const file = join(dataDir, "first-key.txt");
  writeFileSync(file, text, { mode: 0o600 });
  context.output.raw(`The first key is in ${file}: read it, put it into the app, and delete the file.\n`);
}

/** systemd says which device and inode its journal is; a redirected stdout is another one. */
function isJournal(): boolean {
  const stream = process.env["JOURNAL_STREAM"];
  if (!stream) return false;
  try {
    const { dev, ino } = fstatSync(1);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
