/**
 * The references that are written by the program itself: commands, settings, errors.
 *
 *     commander's help, the settings table, the catalogue of problems → docs/{cli,configuration,errors}.md
 *
 * Callers may rely on: `writeReferences` gives the same text on every machine, and nothing is opened, listened to or
 * stored for it. Words that no table holds (what a setting is for, when an item code is given) stand here, one for each
 * name, so that a new name without words does not compile.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { CommandContext } from "../src/cli/context.js";
import { createProgram } from "../src/cli/program.js";
import { loadConfig, type SettingKey, settingKeys } from "../src/config.js";
import { environmentName } from "../src/config-sources.js";
import type { ItemErrorCode, WarningCode } from "../src/health/record.js";
import { packageRoot } from "../src/package-root.js";
import { catalogue, Problem, type ProblemCode } from "../src/problem.js";

const helpWidth = 100;

/** Texts of the files by their path in the repository. */
export function writeReferences(): Record<string, string> {
  return {
    "docs/cli.md": describeCommands(),
    "docs/configuration.md": describeSettings(),
    "docs/errors.md": describeErrors(),
  };
}

/** `npm run docs` */
export function main(): number {
  for (const [path, text] of Object.entries(writeReferences())) writeFileSync(join(packageRoot, path), text);
  return 0;
}

function begin(title: string, introduction: string): string {
  return `# ${title}\n\n<!-- Written by "npm run docs"; test/docs.test.ts compares. -->\n\n${introduction}\n`;
}

// Commands ------------------------------------------------------------------------------------------------------------

/** The program and all its commands, each before its own. */
export function listCommands(): Command[] {
  const silent = { write: () => true };
  const unfold = (command: Command): Command[] => [command, ...command.commands.flatMap(unfold)];
  return unfold(createProgram(new CommandContext({ stdin: process.stdin, stdout: silent, stderr: silent })));
}

function describeCommands(): string {
  const parts: string[] = [];
  for (const command of listCommands()) {
    const level = command.parent === null ? "##" : "###";
    parts.push(`\n${level} ${pathOf(command)}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`);
  }
  const introduction =
    "What each command says with `--help`. Global flags may stand before or after the command; results go to stdout,\n" +
    "progress and errors to stderr.";
  return begin("Commands", introduction) + parts.join("");
}

export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => helpWidth,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}

// Settings ------------------------------------------------------------------------------------------------------------

const settingPurposes: Record<SettingKey, string> = {
  "server.host": "address to listen on; the phone must reach it",
  "server.port": "port to listen on; 0 takes a free one",
  "server.public_url": "URL as the phone sees it, when a proxy stands in between",
  "server.trusted_proxies": "proxies whose `X-Forwarded-…` headers are believed",
  "server.tls.cert": "certificate (PEM); together with its key",
  "server.tls.key": "private key (PEM); together with its certificate",
  "server.metrics_auth": "`admin` asks for an admin key on `/metrics`",
  data_dir: "folder of database and archive",
  "database.url": "where the database is; by default a file in `data_dir`",
  "database.pool_size": "connections to PostgreSQL",
  "redis.url": "Redis to share caches through; without it everything works in process",
  "ingest.max_body": "size of one delivery, compressed or not",
  "ingest.max_inflated": "size of one delivery when it is unpacked",
  "ingest.reply_within": "past it the phone gets 202, and the work goes on",
  "limits.requests_per_hour": "requests of one key; a key may have its own limit",
  "limits.bandwidth_per_hour": "bytes received from one key; a key may have its own limit",
  "retention.raw": "how long the received bytes are kept; without them nothing can be rebuilt",
  "retention.audit": "how long the audit log is kept",
  "maintenance.schedule": "when scheduled maintenance runs",
  "log.level": "least level that is logged",
  "log.format": "form of the log lines",
};

/** Read and checked, but nothing in this release acts on them; `test/docs.test.ts` knows when that changes. */
export const dormantSettings: readonly SettingKey[] = [
  "database.pool_size",
  "redis.url",
  "limits.requests_per_hour",
  "limits.bandwidth_per_hour",
  "retention.raw",
  "retention.audit",
  "maintenance.schedule",
];

/** Defaults that depend on where the program runs, in words. */
const defaultsInWords: Partial<Record<SettingKey, string>> = {
  data_dir: "`/var/lib/selfsensored` for root and services, else `$XDG_DATA_HOME/selfsensored`",
  "database.url": "`sqlite:` and `selfsensored.db` in `data_dir`",
  "log.format": "`pretty` on a terminal, else `json`",
};

function describeSettings(): string {
  const nowhere = {
    env: {},
    readFile: () => {
      throw Object.assign(new Error("no file"), { code: "ENOENT" });
    },
    isService: false,
    isTerminal: false,
    homeFolder: "/home/you",
    workingFolder: "/",
  };
  const defaults = new Map(loadConfig({ ...nowhere, flags: {} }).settings.map(({ key, value }) => [key, value]));
  const allowed = askWhatIsAllowed((settings) => loadConfig({ ...nowhere, flags: { settings } }));
  const sections = settingKeys.map((key) => {
    const value = defaults.get(key);
    const fallback = defaultsInWords[key] ?? (value === null || value === undefined ? "none" : code(String(value)));
    return [
      `\n## \`${key}\`\n`,
      `${capitalise(settingPurposes[key])}.${dormantSettings.includes(key) ? " Understood, but not acted on yet." : ""}\n`,
      `- Default: ${fallback}`,
      `- Allowed: ${allowed.get(key)}`,
      `- Environment: \`${environmentName(key)}\`, or \`${environmentName(key)}_FILE\` for a file that holds the value\n`,
    ].join("\n");
  });
  const introduction =
    "Every setting. Flags are stronger than the environment, the environment than the config file, the file than the\n" +
    "default; [install.md](install.md) says where the file lies and how values are written. `selfsensored config show`\n" +
    "prints what is in force and where it comes from. `DATABASE_URL` and `REDIS_URL` are honoured where nothing stronger\n" +
    "names a value; `SELFSENSORED_CONFIG` names the config file.";
  return begin("Settings", introduction) + sections.join("");
}

/** No setting may be empty, and the refusal says what it may be. */
function askWhatIsAllowed(load: (settings: Record<string, string>) => unknown): Map<string, string> {
  try {
    load(Object.fromEntries(settingKeys.map((key) => [key, ""])));
  } catch (refusal) {
    if (!(refusal instanceof Problem)) throw refusal;
    const findings = refusal.extra?.["findings"] as { key: string; message: string }[];
    const allowed = new Map(findings.map(({ key, message }) => [key, message.split("allowed: ")[1] ?? ""]));
    const silent = settingKeys.filter((key) => !allowed.get(key));
    if (silent.length > 0) throw new Error(`nothing says what is allowed for ${silent.join(", ")}`);
    return allowed;
  }
  throw new Error("empty settings were accepted");
}

// Errors --------------------------------------------------------------------------------------------------------------

/** In the table, but thrown by nothing in this release; `test/docs.test.ts` knows when that changes. */
export const dormantProblems: readonly ProblemCode[] = ["rate_limited_requests", "rate_limited_bandwidth"];

const itemErrors: Record<ItemErrorCode, string> = {
  invalid_date: "A date that is needed cannot be read.",
  invalid_value: "A value is no number, or not of the kind that the field holds.",
  missing_field: "A field is missing without which the item means nothing.",
  out_of_range: "A value is impossible, such as a negative count.",
  unknown_unit: "The unit is not one of the metric, so the number cannot be converted.",
  unsupported_shape: "The item is no object, or its JSON is not what its place asks for.",
  storage_error: "The database refused the item; its neighbours were stored.",
};

const itemWarnings: Record<WarningCode, string> = {
  suspicious_value: "A value is implausible, or a part of the item could not be used; the rest is stored.",
  unknown_metric: "The registry does not know the metric; it is stored under the name that was sent.",
  unit_assumed: "No unit was sent, or one that is not known; the message says what was done.",
  future_date: "The item lies in the future.",
  clock_skew: "Reserved for clocks that are wrong; not given yet.",
  unknown_key: "A key of the document is not known; it stays in the archive.",
  mixed_grouping: "The points are not grouped as the delivery's headers say; their stamps decided.",
};

function describeErrors(): string {
  const problems = Object.entries(catalogue).map(([name, failure]) => [
    code(name),
    String(failure.status),
    String(failure.exitCode),
    failure.mayRepeat ? "yes" : "no",
    failure.title,
    dormantProblems.includes(name as ProblemCode) ? "Not given yet." : (failure.hint ?? ""),
  ]);
  return [
    begin(
      "Errors and warnings",
      "Programs may rely on the codes; sentences may change. No message holds a health value, a body or a key.",
    ),
    "\n## Problems\n\nOver HTTP a problem is `application/problem+json` with `type`, `title`, `status`, `code`, `detail` and\n",
    "`request_id`; on the command line a line on stderr (one of JSON with `--json`) and the exit code. *Repeat*: whether\n",
    "the very same request or command can succeed later.\n\n",
    table(["Code", "HTTP", "Exit", "Repeat", "Title", "What to do"], problems),
    "\n## Errors of items\n\nIn `errors` of a receipt: the item was not stored; it stays in the archive and is listed in `rejected_items`.\n\n",
    table(["Code", "When"], Object.entries(itemErrors).map(named)),
    "\n## Warnings\n\nIn `warnings` of a receipt: the item was stored.\n\n",
    table(["Code", "When"], Object.entries(itemWarnings).map(named)),
  ].join("");
}

function named([name, words]: [string, string]): string[] {
  return [code(name), words];
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return line(titles) + line(titles.map(() => "---")) + rows.map(line).join("");
}

function code(text: string): string {
  return `\`${text}\``;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
