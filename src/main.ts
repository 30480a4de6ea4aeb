/**
 * The program: arguments in, exit code out.
 *
 * `main` runs one command and answers the exit code, `runProcess` does so for this process. Callers may rely on: every
 * error ends here, is printed once, and becomes 1 or 2; a stack is printed only for what nobody expected; a reader that
 * goes away (`| head`) ends the program quietly.
 */
import { type Command, CommanderError } from "commander";
import { CommandContext, type Streams } from "./cli/context.js";
import { createProgram } from "./cli/program.js";
import { type ExitCode, Problem, problem, toProblem } from "./problem.js";

/** How long work that nobody waits for may keep the finished program from ending. */
const lingerMs = 2000;

export async function main(argv: readonly string[], streams: Streams): Promise<ExitCode> {
  // An error in the command line itself must already be JSON where JSON was asked for.
  const ownArguments = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const context = new CommandContext(streams, {
    json: ownArguments.includes("--json"),
    color: !ownArguments.includes("--no-color"),
  });
  return runProgram(createProgram(context), context, argv);
}

export async function runProgram(
  program: Command,
  context: CommandContext,
  argv: readonly string[],
): Promise<ExitCode> {
  try {
    await program.parseAsync(argv, { from: "user" });
    return context.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return finishUsage(context, thrown);
    const failure = describeSystemError(thrown) ?? toProblem(thrown);
    const isBug = failure.code === "internal";
    context.output.fail(failure, isBug ? stackOf(failure.cause) : undefined);
    return failure.exitCode;
  }
}

export async function runProcess(): Promise<void> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  // Notes that nobody reads are no reason to stop.
  process.stderr.on("error", () => {});
  process.exitCode = await main(process.argv.slice(2), process);
  const leave = () => {
    // A slow reader of a pipe gets everything before that.
    if (process.stdout.writableLength + process.stderr.writableLength > 0) setTimeout(leave, lingerMs).unref();
    else process.exit();
  };
  setTimeout(leave, lingerMs).unref();
}

/** Help and version were asked for: done. Everything else that commander throws is wrong usage, with commander's words. */
function finishUsage(context: CommandContext, error: CommanderError): ExitCode {
  if (error.exitCode === 0) return 0;
  if (error.code === "commander.help") {
    const failure = problem("usage", "no command was given");
    if (context.output.isJson) context.output.fail(failure);
    return failure.exitCode;
  }
  const [message = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const hint = suggestion?.replace(/^\(Did you mean (.+)\?\)$/, "did you mean $1?");
  const failure = problem("usage", message, hint === undefined ? {} : { hint });
  context.output.fail(failure);
  return failure.exitCode;
}

/** A file that is missing or closed to us is nobody's bug: one sentence says it. */
function describeSystemError(thrown: unknown): Problem | undefined {
  if (!(thrown instanceof Error) || thrown instanceof Problem || !("syscall" in thrown)) return undefined;
  return problem("failed", thrown.message, { cause: thrown });
}

function stackOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
