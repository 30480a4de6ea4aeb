/**
 * What the log may say of a failure: its name, its code, and where it came from, through all its causes.
 *
 * Messages stay out. Those of `JSON.parse`, of database drivers and the like quote what they choked on, and that may be
 * a health value (design section 5). A `Problem` is written by us, so its sentence may stay.
 */
import { Problem } from "../problem.js";

export function describeThrown(thrown: unknown): Record<string, unknown> {
  if (!(thrown instanceof Error)) return { name: typeof thrown };
  const code = (thrown as NodeJS.ErrnoException).code;
  return {
    name: thrown.name,
    ...(typeof code === "string" ? { code } : {}),
    ...(thrown instanceof Problem ? { detail: thrown.detail } : {}),
    at: (thrown.stack ?? "")
      .split("\n")
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 8)
      .map((line) => line.trim()),
    ...(thrown.cause === undefined ? {} : { cause: describeThrown(thrown.cause) }),
  };
}
