/** The small words of JSON (RFC 8259), byte by byte, as `JSON.parse` understands them. */

export type Kind = "object" | "array" | "string" | "number" | "boolean" | "null";

/** The kind of value that begins with this byte; undefined when none does. */
export function kindOf(byte: number): Kind | undefined {
  switch (byte) {
    case 0x7b:
      return "object";
    case 0x5b:
      return "array";
    case 0x22:
      return "string";
    case 0x74:
    case 0x66:
      return "boolean";
    case 0x6e:
      return "null";
    default:
      return byte === 0x2d || isDigit(byte) ? "number" : undefined;
  }
}

/** The word of which this is the first letter. */
export function wordOf(byte: number): "true" | "false" | "null" {
  return byte === 0x74 ? "true" : byte === 0x66 ? "false" : "null";
}

export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Whether a backslash may stand before it (`u` is followed by four digits, the rest by nothing). */
export function isEscape(byte: number): boolean {
  return '"\\/bfnrtu'.includes(String.fromCharCode(byte));
}

export function isHexDigit(byte: number): boolean {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** How far a number has been read. */
export type NumberPart = "sign" | "zero" | "integer" | "point" | "fraction" | "e" | "eSign" | "exponent";

export function firstPart(byte: number): NumberPart {
  return byte === 0x2d ? "sign" : byte === 0x30 ? "zero" : "integer";
}

/** The part that a number is in after one more byte; undefined when the byte does not belong to it. */
export function nextPart(part: NumberPart, byte: number): NumberPart | undefined {
  if (isDigit(byte)) {
    if (part === "sign") return firstPart(byte);
    if (part === "zero") return undefined;
    if (part === "point") return "fraction";
    return part === "e" || part === "eSign" ? "exponent" : part;
  }
  const isWhole = part === "zero" || part === "integer";
  if (byte === 0x2e) return isWhole ? "point" : undefined;
  if ((byte | 0x20) === 0x65) return isWhole || part === "fraction" ? "e" : undefined;
  return (byte === 0x2b || byte === 0x2d) && part === "e" ? "eSign" : undefined;
}

/** Whether a number may end in this part. */
export function isComplete(part: NumberPart): boolean {
  return part === "zero" || part === "integer" || part === "fraction" || part === "exponent";
}
