/**
 * What every command gets: the global flags, the configuration, a way to speak and a way to be interrupted.
 *
 * Callers may rely on: the configuration is read once, when first asked for, so that commands without need of it work
 * beside a broken one; a command that never asks for `interruption()` ends at the first Ctrl-C as any program does, one
 * that asks gets the first as a polite request, and the second ends it at once.
 */
import { type Config, currentSurroundings, loadConfig } from "../config.js";
import { type ExitCode, problem } from "../problem.js";
import { Output, type Sink } from "./output.js";
import { actAsOwner } from "./owner.js";

export interface Streams {
  stdin: NodeJS.ReadableStream;
  stdout: Sink;
  stderr: Sink;
}

/** Global flags as commander names them. */
export interface GlobalFlags {
  config?: string;
  dataDir?: string;
  databaseUrl?: string;
  json?: boolean;
  quiet?: boolean;
  /** False for `--no-color`. */
  color?: boolean;
}

export class CommandContext {
  readonly streams: Streams;
  output: Output;
  /** 0, or 3 when a command is done but had to reject some input (contract section 1). */
  exitCode: ExitCode = 0;
  private flags: GlobalFlags = {};
  private config: Config | undefined;
  private stop: AbortController | undefined;

  constructor(streams: Streams, flags: GlobalFlags = {}) {
    this.streams = streams;
    this.output = this.applyFlags(flags);
  }

  /** The flags are known only when the command line has been understood; until then those that were guessed hold. */
  applyFlags(flags: GlobalFlags): Output {
    this.flags = flags;
    const { NO_COLOR, TERM } = process.env;
    this.output = new Output({
      stdout: this.streams.stdout,
      stderr: this.streams.stderr,
      isJson: flags.json === true,
      isQuiet: flags.quiet === true,
      mayColour: flags.color !== false && !NO_COLOR && TERM !== "dumb",
    });
    return this.output;
  }

  loadConfig(): Config {
    const { config, dataDir, databaseUrl } = this.flags;
    const settings = { data_dir: dataDir, "database.url": databaseUrl };
    this.config ??= loadConfig(currentSurroundings({ config, settings }));
    return this.config;
  }

  /** Reads all places again, for SIGHUP; what was loaded before stays in force for whoever holds it. */
  reloadConfig(): Config {
    this.config = undefined;
    return this.loadConfig();
  }

  /** For every command that opens the store, except `serve`: as root, the rest of the command acts as the data's owner. */
  loadConfigAsOwner(): Config {
    const config = this.loadConfig();
    actAsOwner(config.dataDir);
    return config;
  }

  /** Aborted by the first SIGINT or SIGTERM, with a problem as reason: `throwIfAborted` ends a command properly. */
  interruption(): AbortSignal {
    if (this.stop !== undefined) return this.stop.signal;
    const stop = new AbortController();
    this.stop = stop;
    const signals = ["SIGINT", "SIGTERM"] as const;
    const listen = (signal: NodeJS.Signals) => {
      // From now on nobody listens: the next signal does what it does to any program.
      for (const name of signals) process.off(name, listen);
      stop.abort(problem("interrupted", `Stopped by ${signal}.`));
    };
    for (const name of signals) process.on(name, listen);
    return stop.signal;
  }
}
