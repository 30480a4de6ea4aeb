/**
 * Collects what was said about settings, from weakest to strongest: config file, environment, flags.
 *
 * Nothing is judged here but the form: unknown names, names given twice, files that cannot be read. Callers may rely on:
 * nothing is thrown for what the user did wrong, every fault becomes a finding, so that all can be reported together; a
 * finding never holds a value, only names, origins and positions.
 *
 * What the values mean is in `config.ts` and `config-values.ts`.
 */
import { join, resolve } from "node:path";
import { readYamlSettings } from "./config-file.js";
import { explainUnknown } from "./nearest.js";

/** One fault in the configuration. */
export interface Finding {
  key: string;
  origin: string;
  message: string;
}

/** One value for one setting, as text, with the place that it came from. */
export interface Given {
  key: string;
  raw: string | readonly string[];
  /** As `config show` prints it: `flag --data-dir`, `environment DATABASE_URL`, `file /etc/selfsensored/config.yaml`. */
  origin: string;
  /** Folder against which a relative path is meant. */
  folder: string;
  /** True for DATABASE_URL and REDIS_URL, which other programs use too: they count only where nothing stronger does. */
  isBorrowed: boolean;
}

export interface Sources {
  flags: { config?: string | undefined; settings?: Readonly<Record<string, string | undefined>> };
  env: Readonly<Record<string, string | undefined>>;
  readFile: (path: string) => string;
  homeFolder: string;
  workingFolder: string;
}

export interface Collected {
  /** In rising precedence. */
  given: Given[];
  findings: Finding[];
  configFile: string | null;
}

const prefix = "SELFSENSORED_";
const configVariable = `${prefix}CONFIG`;
const borrowedNames: Readonly<Record<string, string>> = { DATABASE_URL: "database.url", REDIS_URL: "redis.url" };

/** Kubernetes puts these into every pod beside a service named selfsensored or selfsensored-something. */
const serviceLink =
  /^SELFSENSORED_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

export function environmentName(key: string): string {
  return prefix + key.toUpperCase().replaceAll(".", "_");
}

export function flagName(key: string): string {
  return `--${key.replaceAll(/[._]/g, "-")}`;
}

export function collectSettings(keys: readonly string[], sources: Sources): Collected {
  const collected: Collected = { given: [], findings: [], configFile: null };
  readConfigFile(keys, sources, collected);
  readEnvironment(keys, sources, collected);
  for (const [key, raw] of Object.entries(sources.flags.settings ?? {})) {
    if (raw === undefined) continue;
    collected.given.push({
      key,
      raw,
      origin: `flag ${flagName(key)}`,
      folder: sources.workingFolder,
      isBorrowed: false,
    });
  }
  return collected;
}

/** A named file must exist; of the two usual places the first that exists counts. */
function readConfigFile(keys: readonly string[], sources: Sources, collected: Collected): void {
  const named = sources.flags.config ?? (sources.env[configVariable] || undefined);
  const origin = sources.flags.config === undefined ? `environment ${configVariable}` : "flag --config";
  const xdg = sources.env["XDG_CONFIG_HOME"];
  // The XDG rules have relative paths ignored.
  const userFolder = xdg?.startsWith("/") ? xdg : join(sources.homeFolder, ".config");
  const usual = ["/etc/selfsensored/config.yaml", join(userFolder, "selfsensored/config.yaml")];
  for (const path of named === undefined ? usual : [resolve(sources.workingFolder, named)]) {
    const content = readOrExplain(sources, path);
    if ("text" in content) {
      collected.configFile = path;
      const { given, findings } = readYamlSettings(keys, content.text, path);
      collected.given.push(...given);
      collected.findings.push(...findings);
      return;
    }
    if (named === undefined && content.isMissing) continue;
    const where = named === undefined ? "the usual place" : origin;
    const message = `the config file ${path} (${where}) cannot be read: ${content.reason}`;
    collected.findings.push({ key: "config", origin: where, message });
    return;
  }
}

function readEnvironment(keys: readonly string[], sources: Sources, collected: Collected): void {
  const { env } = sources;
  const keyOf = new Map<string, string>(keys.map((key) => [environmentName(key), key]));
  const known = [...keyOf.keys(), configVariable];
  const isInPod = env["KUBERNETES_SERVICE_HOST"] !== undefined;
  for (const name of Object.keys(env).sort()) {
    if (!name.startsWith(prefix) || known.includes(name)) continue;
    if (name.endsWith("_FILE") && keyOf.has(name.slice(0, -"_FILE".length))) continue;
    if (isInPod && serviceLink.test(name)) continue;
    const origin = `environment ${name}`;
    collected.findings.push({
      key: name,
      origin,
      message: `${name} (environment) ${explainUnknown("variable", name, known)}`,
    });
  }
  // Borrowed names come first: the ones of this program are stronger.
  for (const [name, key] of [...Object.entries(borrowedNames), ...keyOf]) {
    const isBorrowed = name in borrowedNames;
    const folder = sources.workingFolder;
    // Compose files and units pass variables on that nobody set: empty means not given.
    const text = env[name] || undefined;
    const file = env[`${name}_FILE`] || undefined;
    if (text !== undefined && file !== undefined) {
      const origin = `environment ${name}`;
      const message = `${name} and ${name}_FILE (environment) are both set; only one is allowed`;
      collected.findings.push({ key, origin, message });
    } else if (text !== undefined) {
      collected.given.push({ key, raw: text, origin: `environment ${name}`, folder, isBorrowed });
    } else if (file !== undefined) {
      const origin = `environment ${name}_FILE`;
      const content = readOrExplain(sources, file);
      if ("text" in content) {
        collected.given.push({ key, raw: content.text.replace(/\r?\n$/, ""), origin, folder, isBorrowed });
      } else {
        const message = `${key}: the file ${file} (${origin}) cannot be read: ${content.reason}`;
        collected.findings.push({ key, origin, message });
      }
    }
  }
}

function readOrExplain(sources: Sources, path: string): { text: string } | { isMissing: boolean; reason: string } {
  try {
    return { text: sources.readFile(path) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    const reasons: Record<string, string> = {
      ENOENT: "it does not exist",
      EACCES: "permission denied",
      EISDIR: "it is a folder",
      ENOTDIR: "a part of its path is no folder",
    };
    return { isMissing: code === "ENOENT" || code === "ENOTDIR", reason: reasons[code] ?? code };
  }
}
