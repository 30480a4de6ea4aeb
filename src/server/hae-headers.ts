/**
 * The headers by which Health Auto Export says what it sends (spec section 1.2): all that processing may depend on, and
 * the only ones that are kept with a delivery. Keys, cookies and a proxy's marks stay out of the archive.
 */
import { cleanText } from "../health/text.js";
import type { Headers } from "./auth.js";

const names = [
  "automation-name",
  "automation-id",
  "automation-aggregation",
  "automation-period",
  "session-id",
] as const;
const maxCharacters = 500;
const utf8 = new TextDecoder("utf-8", { fatal: true });

export function pickHaeHeaders(headers: Headers): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (typeof value === "string" && value !== "") picked[name] = shorten(cleanText(decodeHeader(value)));
  }
  return picked;
}

/** Node reads header bytes as Latin-1; the app writes UTF-8 (the name of an automation is free text). */
function decodeHeader(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  try {
    return utf8.decode(Buffer.from(value, "latin1"));
  } catch {
    return value;
  }
}

function shorten(value: string): string {
  return value.length <= maxCharacters ? value : cleanText([...value].slice(0, maxCharacters).join(""));
}
