/** `users add`, `users list`, `users remove`: whose data the store keeps. */
import { type Command, InvalidArgumentError } from "commander";
import { hostTimeZone, isTimeZone } from "../health/zone.js";
import { problem } from "../problem.js";
import type { User } from "../store/store.js";
import { findUser } from "./choose-user.js";
import type { CommandContext } from "./context.js";
import { withStore } from "./open-store.js";
import { formatCount, formatWhen } from "./output.js";

interface AddFlags {
  timeZone?: string;
  email?: string;
}

export function registerUsers(program: Command, context: CommandContext): void {
  const users = program.command("users").description("manage the people whose data is kept");
  users
    .command("add")
    .description("add a user")
    .argument("<name>", "name, as it is used with --user", readUserName)
    .option("--time-zone <tz>", "zone of the user's days, such as Europe/Berlin; else this machine's", readTimeZone)
    .option("--email <address>", "for your own records")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored users add anna --time-zone Europe/Vienna
  selfsensored users add ben --email ben@example.org --json`,
    )
    .action((name: string, flags: AddFlags) => addUser(context, name, flags));
  users
    .command("list")
    .description("list the users")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored users list
  selfsensored users list --json`,
    )
    .action(() => listUsers(context));
  users
    .command("remove")
    .description("erase a user with keys, records and archived deliveries, for good")
    .argument("<name>", "name of the user")
    .option("--yes", "yes, erase all of it")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored export --user anna -o anna.ndjson
  selfsensored users remove anna --yes`,
    )
    .action((name: string, flags: { yes?: true }) => removeUser(context, name, flags));
}

/** Names go into URLs (`?user=`), files and tables. */
export function readUserName(text: string): string {
  const name = text.normalize("NFC").trim();
  if (name === "" || name.length > 100 || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)) {
    throw new InvalidArgumentError("Allowed: 1 to 100 characters, no control characters.");
  }
  return name;
}

export function readTimeZone(text: string): string {
  if (!isTimeZone(text)) {
    throw new InvalidArgumentError("Allowed: the name of a time zone such as Europe/Berlin or UTC.");
  }
  return text;
}

async function addUser(context: CommandContext, name: string, flags: AddFlags): Promise<void> {
  const { timeZone = hostTimeZone(), email = null } = flags;
  const user = await withStore(context, { creates: "named" }, (store) => store.addUser({ name, email, timeZone }));
  const { output } = context;
  if (output.isJson) return output.json(describeUser(user));
  output.line(`Added ${user.name} (${user.timeZone}).`);
  output.note(`A key for the phone:  selfsensored keys create --user ${JSON.stringify(user.name)} --name phone`);
}

async function listUsers(context: CommandContext): Promise<void> {
  const users = await withStore(context, { readonly: true }, (store) => store.users());
  const { output } = context;
  if (output.isJson) return output.json({ users: users.map(describeUser) });
  const columns = [{ title: "NAME" }, { title: "TIME ZONE" }, { title: "EMAIL" }, { title: "ADDED" }, { title: "ID" }];
  output.table(
    columns,
    users.map((user) => [
      user.name,
      user.timeZone,
      user.email,
      formatWhen(Date.parse(user.createdAt), Date.now()),
      user.id,
    ]),
  );
}

function describeUser({ id, name, timeZone, email, createdAt }: User) {
  return { id, name, time_zone: timeZone, email, created_at: createdAt };
}

async function removeUser(context: CommandContext, name: string, flags: { yes?: true }): Promise<void> {
  if (flags.yes !== true) {
    throw problem("usage", "This erases keys, records and archived deliveries of the user for good; say --yes.", {
      hint: "To keep a copy first: selfsensored export --user NAME -o FILE",
    });
  }
  const { user, removed } = await withStore(context, {}, async (store) => {
    const found = findUser(await store.users(), name);
    return { user: found, removed: await store.removeUser(found.userId) };
  });
  const { output } = context;
  if (output.isJson) {
    const counts = Object.entries(removed).map(([word, count]) => [word.replaceAll(" ", "_"), count]);
    return output.json({ id: user.id, name: user.name, removed: Object.fromEntries(counts) });
  }
  output.line(`Removed ${user.name}:`);
  for (const [word, count] of Object.entries(removed)) output.line(`  ${formatCount(count)} ${word}`);
}
