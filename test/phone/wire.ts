/**
 * JSON as Health Auto Export writes it (spec section 1.1): two spaces, a blank on both sides of the colon, slashes
 * escaped, empty containers with an empty line inside, keys in any order.
 */
import type { Random } from "./random.js";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export interface WireStyle {
  pretty: boolean;
  /** Gives the order of keys, of each object anew; null keeps the order they have. */
  keyOrder: Random | null;
}

export function writeJson(value: Json, style: WireStyle): Buffer {
  return Buffer.from(write(value, style, style.pretty ? "\n" : ""));
}

/** `line` begins a line at the container's own depth; "" when compact. */
function write(value: Json, style: WireStyle, line: string): string {
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value !== "object") return String(value);
  const inner = style.pretty ? `${line}  ` : "";
  if (Array.isArray(value)) {
    let items = "";
    for (const item of value) items += `${items === "" ? "" : ","}${inner}${write(item, style, inner)}`;
    return `[${items || line.slice(0, 1)}${line}]`;
  }
  const keys = Object.keys(value);
  let members = "";
  for (const key of style.keyOrder ? style.keyOrder.shuffle(keys) : keys) {
    const colon = style.pretty ? " : " : ":";
    members += `${members === "" ? "" : ","}${inner}${quote(key)}${colon}${write(value[key]!, style, inner)}`;
  }
  return `{${members || line.slice(0, 1)}${line}}`;
}

const quoted = new Map<string, string>();

/** Keys, units and sources come again and again. */
function quote(text: string): string {
  const known = quoted.get(text);
  if (known !== undefined) return known;
  const made = JSON.stringify(text).replaceAll("/", "\\/");
  if (quoted.size < 10_000) quoted.set(text, made);
  return made;
}
