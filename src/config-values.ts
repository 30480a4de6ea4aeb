/**
 * What a setting may be: one kind of value each, with its reading, its showing and the sentence that says what is
 * allowed.
 *
 * A kind reads text (the environment and flags have nothing else) into a typed value, or gives `undefined` for what it
 * refuses; `show` writes the value back so that it can be read again, with passwords masked. Callers may rely on: no
 * kind looks at the world; paths are made absolute against the folder they are given.
 *
 * Which setting has which kind is in `config.ts`. `parseDurationMs` and `parseSizeBytes` also serve flags such as
 * `--expires 90d` and `--bandwidth-per-hour 2GiB`.
 */
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { isCronExpression } from "./cron-expression.js";

/** As `config show` prints a value. */
export type ShownValue = string | number | readonly string[] | null;

/** Against what relative paths and `~` are resolved. */
export interface PathBase {
  folder: string;
  home: string;
}

export interface ValueKind<T> {
  /** Ends the sentence "allowed: …". */
  allowed: string;
  /** Lists may be written as a YAML list or with commas. */
  isList?: true;
  parse(text: string, base: PathBase): T | undefined;
  show(value: T): ShownValue;
}

/** `forever`, whole calendar months, or a duration. */
export type Retention =
  | { kind: "forever" }
  | { kind: "months"; months: number }
  | { kind: "duration"; durationMs: number };

const durationUnits = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** "1.5h" as milliseconds; undefined for what is no number with one of the units ms, s, m, h, d. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?(ms|[smhd])$/.exec(text);
  if (match === null) return undefined;
  const durationMs = Math.round(Number(match[1]) * durationUnits[match[2] as keyof typeof durationUnits]);
  return Number.isSafeInteger(durationMs) ? durationMs : undefined;
}

/** "256MiB" or "268435456" as bytes; undefined for anything else ("MB" too: it is ambiguous). */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,6})?) ?(B|KiB|MiB|GiB)?$/.exec(text);
  if (match === null) return undefined;
  const bytes = Math.round(Number(match[1]) * sizeUnits[(match[2] ?? "B") as keyof typeof sizeUnits]);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The shortest text that `parseDurationMs` reads back to the same. */
export function formatDuration(durationMs: number): string {
  return formatInUnits(durationMs, durationUnits, "ms");
}

/** The shortest text that `parseSizeBytes` reads back to the same. */
export function formatSize(bytes: number): string {
  return formatInUnits(bytes, sizeUnits, "B");
}

function formatInUnits(value: number, units: Record<string, number>, smallest: string): string {
  const fitting = Object.entries(units).filter(([, size]) => value % size === 0);
  const [unit, size] = (value === 0 ? undefined : fitting.at(-1)) ?? [smallest, 1];
  return `${value / size}${unit}`;
}

/** The URL with its password, and any parameter that names one, replaced by `***`. */
export function maskPasswords(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  const secrets = [...url.searchParams.keys()].filter((name) => /pass|secret|token|key/i.test(name));
  if (url.password === "" && secrets.length === 0) return text;
  if (url.password !== "") url.password = "***";
  for (const name of secrets) url.searchParams.set(name, "***");
  return url.href;
}

function plain<T extends ShownValue>(allowed: string, parse: (text: string) => T | undefined): ValueKind<T> {
  return { allowed, parse, show: (value) => value };
}

export function oneOf<const T extends string>(...words: readonly T[]): ValueKind<T> {
  return plain(words.join(", "), (text) => words.find((word) => word === text));
}

export function wholeNumber(min: number, max: number): ValueKind<number> {
  return plain(`a whole number from ${min} to ${max}`, (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return number >= min && number <= max ? number : undefined;
  });
}

export function duration(limits: { minMs: number; maxMs: number }): ValueKind<number> {
  const range = `from ${formatDuration(limits.minMs)} to ${formatDuration(limits.maxMs)}`;
  return {
    allowed: `a number with ms, s, m, h or d (10s, 1.5h), ${range}`,
    parse: (text) => within(parseDurationMs(text), limits.minMs, limits.maxMs),
    show: formatDuration,
  };
}

export const size: ValueKind<number> = {
  allowed: "a number of bytes, or with KiB, MiB or GiB (256MiB), not zero",
  parse: (text) => within(parseSizeBytes(text), 1, Number.MAX_SAFE_INTEGER),
  show: formatSize,
};

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

export const retention: ValueKind<Retention> = {
  allowed: 'forever, a number of months or years ("24 months"), or a number with h or d (90d)',
  parse: (text) => {
    if (text === "forever") return { kind: "forever" };
    const match = /^([1-9]\d{0,3}) ?(months?|years?)$/.exec(text);
    if (match !== null) return { kind: "months", months: Number(match[1]) * (match[2]?.startsWith("y") ? 12 : 1) };
    const durationMs = parseDurationMs(text);
    // Less than an hour is a slip of the pen that would cost data.
    return durationMs !== undefined && durationMs >= durationUnits.h ? { kind: "duration", durationMs } : undefined;
  },
  show: (value) => {
    if (value.kind === "forever") return "forever";
    if (value.kind === "duration") return formatDuration(value.durationMs);
    return value.months === 1 ? "1 month" : `${value.months} months`;
  },
};

export const cronExpression: ValueKind<string> = plain(
  'five cron fields: minute, hour, day of month, month, day of week ("17 3 * * *")',
  (text) => (isCronExpression(text) ? text : undefined),
);

const hostName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;

export const host: ValueKind<string> = plain("an IP address or a host name, without port", (text) => {
  if (isIP(text) !== 0) return text;
  // Digits and dots that are no address are a mistyped address.
  return hostName.test(text) && !/^[\d.]+$/.test(text) ? text : undefined;
});

const proxyNames = ["loopback", "linklocal", "uniquelocal"];

export const proxies: ValueKind<readonly string[]> = {
  allowed: `IP addresses, networks (10.0.0.0/8) or ${proxyNames.join(", ")}, separated by commas`,
  isList: true,
  parse: (text) => {
    const entries = text.split(",").map((entry) => entry.trim());
    return entries.every(isProxy) ? entries : undefined;
  },
  show: (value) => value,
};

function isProxy(entry: string): boolean {
  if (proxyNames.includes(entry)) return true;
  const [address = "", bits, ...rest] = entry.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

export const publicUrl: ValueKind<string> = plain(
  "an http:// or https:// URL without user, query or fragment",
  (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.host === "") return undefined;
    if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return undefined;
    return url.href.replace(/\/+$/, "");
  },
);

export const redisUrl: ValueKind<string> = {
  allowed: "a redis:// or rediss:// URL",
  parse: (text) => (/^rediss?:\/\/./.test(text) && URL.canParse(text) ? text : undefined),
  show: maskPasswords,
};

export const path: ValueKind<string> = { allowed: "a path", parse: resolvePath, show: (value) => value };

export const databaseUrl: ValueKind<string> = {
  allowed: "sqlite:PATH, or a postgres:// URL",
  parse: (text, base) => {
    if (/^postgres(ql)?:\/\/./.test(text)) return URL.canParse(text) ? text : undefined;
    // "sqlite://health.db" would be a host to some and a path to others; "sqlite:///srv/health.db" is clear.
    const file = /^sqlite:(?!\/\/[^/])(.+)$/s.exec(text)?.[1];
    const absolute = file === undefined || file.startsWith(":") ? undefined : resolvePath(file, base);
    return absolute === undefined ? undefined : `sqlite:${absolute}`;
  },
  show: maskPasswords,
};

function resolvePath(text: string, base: PathBase): string | undefined {
  // Line ends come from the content of a file where its name was wanted (`…_FILE`).
  if (text.trim() === "" || /[\0\r\n]/.test(text)) return undefined;
  if (text === "~" || text.startsWith("~/")) return join(base.home, text.slice(1));
  return resolve(base.folder, text);
}
