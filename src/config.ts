/**
 * Every setting: its name, kind, default; and how the settings in force come about.
 *
 *     default → config file → environment → flags      the later one wins (contract section 2)
 *
 * `loadConfig` reads nothing but what it is given (`currentSurroundings` describes the running process), and is called
 * once per program. Callers may rely on: values are typed, paths absolute, sizes in bytes, durations in milliseconds;
 * each value knows its origin; anything wrong, in whatever place, is one `bad_configuration` problem that names all
 * faults together. A value that is overridden must be right all the same: it would bite on the day the stronger one
 * goes.
 *
 * How places are searched is in `config-sources.ts`, what a value may look like in `config-values.ts`.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { collectSettings, type Finding, type Given, type Sources } from "./config-sources.js";
import {
  cronExpression,
  databaseUrl,
  duration,
  host,
  oneOf,
  path,
  proxies,
  publicUrl,
  type Retention,
  redisUrl,
  retention,
  type ShownValue,
  size,
  type ValueKind,
  wholeNumber,
} from "./config-values.js";
import { type LogFormat, type LogLevel, logFormats, logLevels } from "./log-names.js";
import { problem } from "./problem.js";

export interface Config {
  server: {
    host: string;
    port: number;
    publicUrl: string | null;
    /** Addresses, networks and group names; empty when there is no proxy to trust. */
    trustedProxies: readonly string[];
    tls: { certPath: string; keyPath: string } | null;
    metricsAuth: "none" | "admin";
  };
  dataDir: string;
  database: { url: string; poolSize: number };
  redis: { url: string | null };
  ingest: { maxBodyBytes: number; maxInflatedBytes: number; replyWithinMs: number };
  limits: { requestsPerHour: number; bandwidthBytesPerHour: number };
  retention: { raw: Retention; audit: Retention };
  maintenance: { schedule: string };
  log: { level: LogLevel; format: LogFormat };
  /** The config file that was read, if any. */
  configFile: string | null;
  /** Every setting in force, passwords masked: what `config show` prints. */
  settings: readonly SettingInForce[];
}

export interface SettingInForce {
  key: SettingKey;
  value: ShownValue;
  /** `default`, `file PATH`, `environment NAME` or `flag --name`. */
  origin: string;
}

export interface Surroundings extends Sources {
  /** True for root and for a system service: they live in /var/lib. */
  isService: boolean;
  /** Whether a person reads the log as it comes. */
  isTerminal: boolean;
}

interface Setting<T> {
  kind: ValueKind<T>;
  /** As text; null for a setting that may be absent. */
  fallback: string | null | ((surroundings: Surroundings, dataDir: string) => string);
  /** Values of secret settings are never repeated in messages. */
  isSecret?: true;
}

const dayMs = 86_400_000;

const table = {
  "server.host": setting(host, "0.0.0.0"),
  "server.port": setting(wholeNumber(0, 65535), "8080"),
  "server.public_url": optional(publicUrl),
  "server.trusted_proxies": optional(proxies),
  "server.tls.cert": optional(path),
  "server.tls.key": optional(path),
  "server.metrics_auth": setting(oneOf("none", "admin"), "none"),
  data_dir: setting(path, defaultDataDir),
  "database.url": {
    ...setting(databaseUrl, (_, dataDir) => `sqlite:${join(dataDir, "selfsensored.db")}`),
    ...secret(),
  },
  "database.pool_size": setting(wholeNumber(1, 1000), "10"),
  "redis.url": { ...optional(redisUrl), ...secret() },
  "ingest.max_body": setting(size, "256MiB"),
  "ingest.max_inflated": setting(size, "2GiB"),
  "ingest.reply_within": setting(duration({ minMs: 0, maxMs: dayMs }), "10s"),
  "limits.requests_per_hour": setting(wholeNumber(1, 1_000_000_000), "6000"),
  "limits.bandwidth_per_hour": setting(size, "2GiB"),
  "retention.raw": setting(retention, "forever"),
  "retention.audit": setting(retention, "24 months"),
  "maintenance.schedule": setting(cronExpression, "17 3 * * *"),
  "log.level": setting(oneOf(...logLevels), "info"),
  "log.format": setting(oneOf(...logFormats), ({ isTerminal }) => (isTerminal ? "pretty" : "json")),
};

export type SettingKey = keyof typeof table;

type Values = { [K in SettingKey]: (typeof table)[K] extends Setting<infer T> ? ValueOf<(typeof table)[K], T> : never };
type ValueOf<S, T> = S extends { fallback: null } ? T | null : T;

export const settingKeys = Object.keys(table) as readonly SettingKey[];

function setting<T>(kind: ValueKind<T>, fallback: Exclude<Setting<T>["fallback"], null>) {
  return { kind, fallback };
}

function optional<T>(kind: ValueKind<T>) {
  return { kind, fallback: null };
}

function secret(): { isSecret: true } {
  return { isSecret: true };
}

function defaultDataDir({ isService, env, homeFolder }: Surroundings): string {
  if (isService) return "/var/lib/selfsensored";
  const xdg = env["XDG_DATA_HOME"];
  return join(xdg?.startsWith("/") ? xdg : join(homeFolder, ".local/share"), "selfsensored");
}

/** The running process, as `loadConfig` wants to know it. */
export function currentSurroundings(flags: Sources["flags"]): Surroundings {
  const { env } = process;
  // systemd names the state folders of a unit; those of a user's own units lie in their home.
  const stateFolders = env["STATE_DIRECTORY"]?.split(":") ?? [];
  return {
    flags,
    env,
    readFile: (file) => readFileSync(file, "utf8"),
    isService: process.getuid?.() === 0 || stateFolders.some((folder) => folder.startsWith("/var/lib/")),
    isTerminal: process.stderr.isTTY === true,
    homeFolder: env["HOME"] || homedir(),
    workingFolder: process.cwd(),
  };
}

export function loadConfig(surroundings: Surroundings): Config {
  const { given, findings, configFile } = collectSettings(settingKeys, surroundings);
  const settings: SettingInForce[] = [];
  const values: Partial<Record<SettingKey, unknown>> = {};
  for (const key of settingKeys) {
    const { kind, fallback, isSecret } = table[key] as Setting<unknown>;
    const said = given.filter((one) => one.key === key);
    let value: unknown;
    let origin = "default";
    for (const one of said) {
      if (one.isBorrowed && one !== said.at(-1)) continue;
      value = readValue(kind, one, surroundings.homeFolder);
      origin = one.origin;
      if (value === undefined) findings.push(refuse(key, one, kind.allowed, isSecret === true));
    }
    if (said.length === 0 && fallback !== null) {
      // A bad data_dir is reported already; its database need not be.
      const dataDir = (values.data_dir as string | undefined) ?? "/";
      const text = typeof fallback === "string" ? fallback : fallback(surroundings, dataDir);
      value = kind.parse(text, { folder: "/", home: surroundings.homeFolder });
    }
    values[key] = value ?? null;
    settings.push({ key, value: value === undefined ? null : kind.show(value), origin });
  }
  findings.push(...findContradictions(settings));
  if (findings.length > 0) throw badConfiguration(findings);
  return shape(values as Values, settings, configFile);
}

function readValue(kind: ValueKind<unknown>, { raw, folder }: Given, home: string): unknown {
  if (typeof raw === "string") return kind.parse(raw, { folder, home });
  return kind.isList && raw.length > 0 ? kind.parse(raw.join(","), { folder, home }) : undefined;
}

function refuse(key: SettingKey, { raw, origin }: Given, allowed: string, isSecret: boolean): Finding {
  const isQuotable = !isSecret && typeof raw === "string" && raw.length <= 60;
  const what = isQuotable ? JSON.stringify(raw) : "the value";
  return { key, origin, message: `${key}: ${what} (${origin}) is not allowed; allowed: ${allowed}` };
}

/** Rules between settings. */
function findContradictions(settings: readonly SettingInForce[]): Finding[] {
  const [cert, key] = ["server.tls.cert", "server.tls.key"].map((name) => settings.find((one) => one.key === name)!);
  const present = [cert!, key!].filter((one) => one.origin !== "default");
  const [single] = present;
  if (present.length !== 1 || single === undefined) return [];
  const other = single === cert ? key! : cert!;
  const message = `${single.key} (${single.origin}) needs ${other.key} too; allowed: both or neither`;
  return [{ key: other.key, origin: single.origin, message }];
}

function badConfiguration(findings: readonly Finding[]) {
  const detail =
    findings.length === 1
      ? findings[0]!.message
      : `the configuration has ${findings.length} faults:${findings.map(({ message }) => `\n  ${message}`).join("")}`;
  return problem("bad_configuration", detail, { extra: { findings } });
}

function shape(values: Values, settings: readonly SettingInForce[], configFile: string | null): Config {
  const certPath = values["server.tls.cert"];
  const keyPath = values["server.tls.key"];
  return {
    server: {
      host: values["server.host"],
      port: values["server.port"],
      publicUrl: values["server.public_url"],
      trustedProxies: values["server.trusted_proxies"] ?? [],
      tls: certPath === null || keyPath === null ? null : { certPath, keyPath },
      metricsAuth: values["server.metrics_auth"],
    },
    dataDir: values.data_dir,
    database: { url: values["database.url"], poolSize: values["database.pool_size"] },
    redis: { url: values["redis.url"] },
    ingest: {
      maxBodyBytes: values["ingest.max_body"],
      maxInflatedBytes: values["ingest.max_inflated"],
      replyWithinMs: values["ingest.reply_within"],
    },
    limits: {
      requestsPerHour: values["limits.requests_per_hour"],
      bandwidthBytesPerHour: values["limits.bandwidth_per_hour"],
    },
    retention: { raw: values["retention.raw"], audit: values["retention.audit"] },
    maintenance: { schedule: values["maintenance.schedule"] },
    log: { level: values["log.level"], format: values["log.format"] },
    configFile,
    settings,
  };
}
