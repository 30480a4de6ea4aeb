/**
 * Positions in a list, as the opaque `next_cursor` of an answer.
 *
 * A cursor names the last record that was given, never a count of records, so a page neither skips nor repeats while
 * deliveries arrive. It holds a check sum over itself and over the list it came from: one that was cut, changed, or
 * taken from another list or user is `invalid_parameter`, not a wrong answer.
 */
import { createHash } from "node:crypto";
import { refuseParameter } from "./refuse.js";

const sumBytes = 6;

/** `list` names what is paged through: user, route and whatever changes the meaning of a position. */
export function sealCursor(list: readonly string[], position: unknown): string {
  const text = Buffer.from(JSON.stringify(position));
  return Buffer.concat([checkSum(list, text), text]).toString("base64url");
}

/** The position in a cursor of this list. Its shape is the list's own: the check sum proves that the list made it. */
export function openCursor<T>(list: readonly string[], cursor: string | undefined): T | undefined {
  if (cursor === undefined) return undefined;
  const bytes = Buffer.from(cursor, "base64url");
  const text = bytes.subarray(sumBytes);
  const isWhole = bytes.toString("base64url") === cursor && bytes.length > sumBytes;
  if (!isWhole || !checkSum(list, text).equals(bytes.subarray(0, sumBytes))) {
    throw refuseParameter("cursor", "The parameter cursor is damaged or belongs to another list.");
  }
  return JSON.parse(text.toString()) as T;
}

function checkSum(list: readonly string[], text: Buffer): Buffer {
  return createHash("sha256").update(JSON.stringify(list)).update(text).digest().subarray(0, sumBytes);
}
