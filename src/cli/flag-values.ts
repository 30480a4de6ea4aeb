/**
 * Values of flags: from text to what a command works with.
 *
 * Each throws commander's `InvalidArgumentError` with the sentence that says what is allowed, so that a wrong value ends
 * as wrong usage (exit 2) before anything is opened.
 */
import { InvalidArgumentError } from "commander";
import { parseDurationMs, parseSizeBytes } from "../config-values.js";

export function readDuration(text: string): number {
  const durationMs = parseDurationMs(text);
  if (durationMs === undefined) throw new InvalidArgumentError("Allowed: a number with ms, s, m, h or d, such as 90d.");
  return durationMs;
}

export function readSize(text: string): number {
  const bytes = parseSizeBytes(text);
  if (bytes === undefined || bytes === 0) {
    throw new InvalidArgumentError("Allowed: a number of bytes, or with KiB, MiB or GiB, such as 500MiB.");
  }
  return bytes;
}

/** A whole number from 1 to a billion. */
export function readCount(text: string): number {
  const count = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > 1_000_000_000) throw new InvalidArgumentError("Allowed: a whole number from 1 on.");
  return count;
}

/** A list with commas, each one of the words. */
export function readWords<T extends string>(words: readonly T[]): (text: string) => T[] {
  return (text) => {
    const chosen = text.split(",").map((part) => part.trim());
    if (!chosen.every((word) => words.includes(word as T))) {
      throw new InvalidArgumentError(`Allowed: ${words.join(", ")}, separated by commas.`);
    }
    // Once each, in the order of the table: what is stored must not depend on how it was typed.
    return words.filter((word) => chosen.includes(word));
  };
}
