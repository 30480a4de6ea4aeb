/**
 * `keys create`, `keys list`, `keys revoke`, `keys rotate`: who may send and read.
 *
 * A key is printed once, by the command that made it; nothing here prints a secret that exists already, nor a hash.
 */
import { type Command, Option } from "commander";
import { problem } from "../problem.js";
import { type ApiKey, type Scope, scopes } from "../store/store.js";
import { chooseUser } from "./choose-user.js";
import type { CommandContext } from "./context.js";
import { readCount, readDuration, readSize, readWords } from "./flag-values.js";
import { withStore } from "./open-store.js";
import { formatWhen } from "./output.js";

interface CreateFlags {
  user?: string;
  name: string;
  scope: Scope[];
  expires?: number;
  requestsPerHour?: number;
  bandwidthPerHour?: number;
  automation?: string;
}

interface NewKey {
  id: string;
  key: string;
  user: string;
  name: string;
  scopes: Scope[];
  expires_at: string | null;
}

/** Beyond it a date has no four-digit year. */
const latestMs = Date.UTC(9999, 0);

export function registerKeys(program: Command, context: CommandContext): void {
  const keys = program.command("keys").description("manage the keys of phones and programs");
  keys
    .command("create")
    .description("make a key and print it, this once")
    .option("--user <name>", "whose data; needed when there are several users")
    .option("--name <label>", "what the key is for", "key")
    .addOption(
      new Option("--scope <list>", "of ingest, read, admin")
        .argParser(readWords(scopes))
        .default(["ingest", "read"] satisfies Scope[], "ingest,read"),
    )
    .option("--expires <duration>", "how long it is good, such as 90d; else for ever", readDuration)
    .option("--requests-per-hour <n>", "instead of limits.requests_per_hour", readCount)
    .option("--bandwidth-per-hour <size>", "instead of limits.bandwidth_per_hour", readSize)
    .option("--automation <file>", "also write a file that Health Auto Export imports; it holds the key")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored keys create --name phone --automation phone.json
  selfsensored keys create --user anna --name grafana --scope read --expires 365d`,
    )
    .action((flags: CreateFlags) => createKey(context, flags));
  keys
    .command("list")
    .description("list the keys, without their secrets")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored keys list
  selfsensored keys list --json`,
    )
    .action(() => listKeys(context));
  keys
    .command("revoke")
    .description("end a key; daemons refuse it within seconds")
    .argument("<id>", "id, as keys list shows it")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored keys revoke 019a0c3e-5d7b-7c1e-9b0a-3f1c2d4e5f60
  selfsensored keys list --json`,
    )
    .action((id: string) => revokeKey(context, id));
  keys
    .command("rotate")
    .description("give a key a new secret and print it, this once")
    .argument("<id>", "id, as keys list shows it")
    .addOption(
      new Option("--grace <duration>", "how long the old secret still works")
        .argParser(readDuration)
        .default(86_400_000, "24h"),
    )
    .addHelpText(
      "after",
      `
Examples:
  selfsensored keys rotate 019a0c3e-5d7b-7c1e-9b0a-3f1c2d4e5f60
  selfsensored keys rotate 019a0c3e-5d7b-7c1e-9b0a-3f1c2d4e5f60 --grace 0s`,
    )
    .action((id: string, flags: { grace: number }) => rotateKey(context, id, flags.grace));
}

async function createKey(context: CommandContext, flags: CreateFlags): Promise<void> {
  const expiresMs = flags.expires === undefined ? null : Date.now() + flags.expires;
  if (expiresMs !== null && expiresMs > latestMs) throw problem("usage", "--expires lies beyond the year 9999.");
  const [{ hashSecret, newApiKey }, { uuidv7 }] = await Promise.all([
    import("../server/api-keys.js"),
    import("../store/uuid.js"),
  ]);
  const made = await withStore(context, {}, async (store, config) => {
    const user = await chooseUser(store, flags.user);
    const { handle, secret, text } = newApiKey();
    const key: NewKey = {
      id: uuidv7(),
      key: text,
      user: user.name,
      name: flags.name,
      scopes: flags.scope,
      expires_at: expiresMs === null ? null : new Date(expiresMs).toISOString(),
    };
    // The file first: a key that nobody got to see would only be in the way.
    if (flags.automation !== undefined) {
      const { writeAutomation } = await import("./automation.js");
      await writeAutomation(flags.automation, config, key);
    }
    await store.addKey({
      id: key.id,
      handle,
      userId: user.userId,
      name: key.name,
      scopes: key.scopes,
      secretHash: await hashSecret(secret),
      requestsPerHour: flags.requestsPerHour ?? null,
      bandwidthPerHour: flags.bandwidthPerHour ?? null,
      expiresAt: key.expires_at,
    });
    return key;
  });
  const { output } = context;
  if (output.isJson) return output.json(made);
  printKey(context, made);
  if (flags.automation !== undefined) {
    output.note(`${flags.automation} holds the key too: send it to the phone, import it there, and delete it.`);
  }
}

function printKey({ output }: CommandContext, { id, key, user, name, scopes: granted, expires_at }: NewKey): void {
  output.line(`key      ${key}`);
  output.line(`id       ${id}`);
  output.line(`user     ${user}`);
  output.line(`name     ${name}`);
  output.line(`scopes   ${granted.join(", ")}`);
  output.line(`expires  ${expires_at ?? "never"}`);
  output.note("The key is shown only now.");
}

type KeyState = "active" | "expired" | "revoked";

function stateOf({ revokedAt, expiresAt }: ApiKey, nowMs: number): KeyState {
  if (revokedAt !== null) return "revoked";
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs ? "expired" : "active";
}

async function listKeys(context: CommandContext): Promise<void> {
  const keys = await withStore(context, { readonly: true }, (store) => store.keys());
  const { output } = context;
  const nowMs = Date.now();
  if (output.isJson) {
    return output.json({
      keys: keys.map((key) => ({
        id: key.id,
        user: key.userName,
        name: key.name,
        scopes: key.scopes,
        state: stateOf(key, nowMs),
        created_at: key.createdAt,
        last_used_at: key.lastUsedAt,
        expires_at: key.expiresAt,
        revoked_at: key.revokedAt,
        requests_per_hour: key.requestsPerHour,
        bandwidth_per_hour: key.bandwidthPerHour,
      })),
    });
  }
  const titles = ["ID", "USER", "NAME", "SCOPES", "STATE", "LAST USED", "EXPIRES"];
  const when = (time: string | null, otherwise: string) =>
    time === null ? otherwise : formatWhen(Date.parse(time), nowMs);
  output.table(
    titles.map((title) => ({ title })),
    keys.map((key) => [
      ...[key.id, key.userName, key.name, key.scopes.join(","), stateOf(key, nowMs)],
      ...[when(key.lastUsedAt, "never"), when(key.expiresAt, "never")],
    ]),
  );
}

function unknownKey() {
  return problem("not_found", "There is no key of this id.", { hint: "selfsensored keys list" });
}

async function revokeKey(context: CommandContext, id: string): Promise<void> {
  const key = await withStore(context, {}, async (store) => {
    if (!(await store.revokeKey(id))) throw unknownKey();
    return (await store.keys()).find((one) => one.id === id);
  });
  const { output } = context;
  if (output.isJson) return output.json({ id, revoked_at: key?.revokedAt ?? null });
  output.line(`Revoked ${id}.`);
}

async function rotateKey(context: CommandContext, id: string, graceMs: number): Promise<void> {
  const previousUntilMs = Date.now() + graceMs;
  if (previousUntilMs > latestMs) throw problem("usage", "--grace lies beyond the year 9999.");
  const { hashSecret, newSecretFor } = await import("../server/api-keys.js");
  const rotated = await withStore(context, {}, async (store) => {
    const key = (await store.keys()).find((one) => one.id === id);
    if (key === undefined) throw unknownKey();
    const state = stateOf(key, Date.now());
    const { secret, text } = newSecretFor(key.handle);
    // The store refuses a revoked key, also one that is revoked at this very moment.
    const isDone =
      state === "active" && (await store.rotateKey(id, { secretHash: await hashSecret(secret), previousUntilMs }));
    if (!isDone) {
      throw problem("failed", `The key is ${state === "active" ? "revoked" : state}: make a new one.`, {
        hint: "selfsensored keys create",
      });
    }
    const { userName: user, name, scopes: granted, expiresAt } = key;
    return { id, key: text, user, name, scopes: granted, expires_at: expiresAt };
  });
  const previousUntil = new Date(previousUntilMs).toISOString();
  const { output } = context;
  if (output.isJson) return output.json({ ...rotated, previous_valid_until: previousUntil });
  printKey(context, rotated);
  output.note(graceMs === 0 ? "The old secret ends now." : `The old secret works until ${previousUntil}.`);
}
