/**
 * The daemon's log, and the list of what is never logged.
 *
 * `createLogger` gives a pino logger that writes to stderr, one JSON object a line, or readable lines when the format is
 * `pretty`. Callers may rely on: keys, passwords and bodies that come along under their usual names are replaced before
 * a line is written, and `logger.level = "debug"` changes the level of a running daemon (SIGHUP does so); child loggers
 * made before keep theirs.
 *
 * The list is a safety net, not a permission: health values, bodies and keys are not to be handed to the logger at all.
 */
import { createRequire } from "node:module";
import { type DestinationStream, destination as fileDestination, type Logger, pino, stdTimeFunctions } from "pino";
import type { LogFormat, LogLevel } from "./log-names.js";

export type { Logger };

const secretNames = ["authorization", "cookie", "set-cookie", "x-api-key", "api-key", "proxy-authorization"];
const privateNames = ["key", "secret", "token", "password", "hash", "body", "payload", "value", "values"];

/** Paths that are replaced: header names wherever headers are logged, private names at the top and one level down. */
export const redactedPaths: readonly string[] = [
  ...["headers", "req.headers", "request.headers", "res.headers"].flatMap((at) =>
    secretNames.map((name) => `${at}["${name}"]`),
  ),
  ...secretNames.map((name) => `["${name}"]`),
  ...privateNames.flatMap((name) => [name, `*.${name}`]),
];

export interface LoggerOptions {
  level: LogLevel;
  format: LogFormat;
  /** Colours in pretty lines; the command line decides that for the whole program. */
  hasColour?: boolean;
  /** Where lines go instead of stderr. */
  destination?: DestinationStream;
}

export function createLogger({ level, format, hasColour = false, destination }: LoggerOptions): Logger {
  return pino(
    {
      level,
      // systemd and containers know process and host already.
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...redactedPaths], censor: "[redacted]" },
    },
    openStream(format, hasColour, destination),
  );
}

/** Both streams write synchronously: the lines before a crash are the ones that matter. */
function openStream(
  format: LogFormat,
  hasColour: boolean,
  destination: DestinationStream | undefined,
): DestinationStream {
  if (format === "json") return destination ?? fileDestination({ fd: 2, sync: true });
  // Loaded only when asked for: a daemon that logs JSON has no use for it.
  const load = createRequire(import.meta.url);
  const { prettyFactory } = load("pino-pretty") as typeof import("pino-pretty");
  const prettify = prettyFactory({ colorize: hasColour, translateTime: "SYS:HH:MM:ss" });
  const sink = destination ?? fileDestination({ fd: 2, sync: true });
  return { write: (line) => sink.write(prettify(line)) };
}
