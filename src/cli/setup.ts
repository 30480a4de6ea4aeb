/**
 * `setup`: the first start without serving. Makes the store, a user and a key, and prints the key with what the phone
 * has to be told.
 *
 * On a terminal it asks for what no flag says; nothing is made before the last answer. A store that has a user is left
 * as it is, and the command says so: repeating it is harmless.
 */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Command } from "commander";
import { hostTimeZone } from "../health/zone.js";
import { Problem, problem } from "../problem.js";
import type { Store, User } from "../store/store.js";
import type { CommandContext } from "./context.js";
import { withStore } from "./open-store.js";
import { readTimeZone, readUserName } from "./users.js";

interface SetupFlags {
  user?: string;
  timeZone?: string;
  input: boolean;
}

export function registerSetup(program: Command, context: CommandContext): void {
  program
    .command("setup")
    .description("make the store, a user and a key, and say what to put into the phone")
    .option("--user <name>", "name of the user, else me", readUserName)
    .option("--time-zone <tz>", "zone of the user's days; else this machine's", readTimeZone)
    .option("--no-input", "ask nothing, also on a terminal")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored setup
  selfsensored setup --user anna --time-zone Europe/Vienna --data-dir /srv/health`,
    )
    .action((flags: SetupFlags) => setUp(context, flags));
}

async function setUp(context: CommandContext, flags: SetupFlags): Promise<void> {
  const known = await findUsers(context);
  if (known.length > 0) {
    reportKnown(context, known);
    return;
  }
  const answers = await askForMissing(context, flags);
  const { ensureFirstUser, firstStartText, ingestUrls } = await import("../server/first-start.js");
  const made = await withStore(context, { creates: "always" }, async (store, config) => ({
    first: await ensureFirstUser(store, answers),
    config,
    users: await store.users(),
  }));
  const { first, config, users } = made;
  if (first === null) {
    reportKnown(context, users);
    return;
  }
  const { output } = context;
  if (!output.isJson) {
    output.raw(firstStartText(config, first));
    return;
  }
  const { user, key } = first;
  output.json({ created: true, user: user.name, time_zone: user.timeZone, key, urls: ingestUrls(config) });
}

/** Users of the store that is there; none where there is no store yet. */
async function findUsers(context: CommandContext): Promise<User[]> {
  try {
    return await withStore(context, { readonly: true }, (store: Store) => store.users());
  } catch (error) {
    if (error instanceof Problem && error.code === "no_store") return [];
    throw error;
  }
}

function reportKnown({ output }: CommandContext, users: readonly User[]): void {
  if (output.isJson) {
    output.json({ created: false, users: users.map(({ name }) => name) });
    return;
  }
  output.line("This is set up already; nothing was changed.");
  output.note("A new key for the phone:  selfsensored keys create --name phone");
}

async function askForMissing(context: CommandContext, flags: SetupFlags): Promise<{ name: string; zone: string }> {
  const fallback = { name: "me", zone: hostTimeZone() };
  const { stdin } = context.streams;
  const isInteractive =
    flags.input && !context.output.isJson && context.output.isTerminal && "isTTY" in stdin && stdin.isTTY === true;
  if (!isInteractive) return { name: flags.user ?? fallback.name, zone: flags.timeZone ?? fallback.zone };

  const ask = openDialogue(context);
  try {
    return {
      name: flags.user ?? (await ask.question("Name of the user", fallback.name, readUserName)),
      zone: flags.timeZone ?? (await ask.question("Time zone of the days", fallback.zone, readTimeZone)),
    };
  } finally {
    ask.close();
  }
}

/** Questions on stderr: stdout has the result and nothing else. */
function openDialogue(context: CommandContext) {
  const { stdin, stderr } = context.streams;
  const interruption = context.interruption();
  const output = new Writable({
    write: (chunk, _, done) => {
      stderr.write(String(chunk));
      done();
    },
  });
  const lines = createInterface({ input: stdin, output, terminal: false });
  const end = new AbortController();
  lines.on("close", () => end.abort());
  const signal = AbortSignal.any([interruption, end.signal]);
  return {
    async question(text: string, fallback: string, read: (answer: string) => string): Promise<string> {
      for (;;) {
        const answer = await lines.question(`${text} [${fallback}]: `, { signal }).catch(() => {
          interruption.throwIfAborted();
          throw problem("interrupted", "The answers ended early; nothing was set up.");
        });
        try {
          return answer.trim() === "" ? fallback : read(answer.trim());
        } catch (error) {
          stderr.write(`${(error as Error).message}\n`);
        }
      }
    },
    close: () => lines.close(),
  };
}
