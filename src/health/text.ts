/**
 * Reads text and numbers that phones and other senders put into fields.
 *
 * Callers may rely on `cleanText` giving text that every store can hold, and on `parseNumber` never guessing: what is
 * not one finite number is refused (spec section 5.2). Whether a number is plausible, and which unit it is in, is for
 * `registry.ts` and `units.ts`.
 */

/** Code points of the zeros of decimal digits that iOS shows by region; nine digits follow each. */
const zeros = [0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x1040];

/** Text without NUL (PostgreSQL refuses it) and with lone surrogates replaced (no UTF-8 can hold them). */
export function cleanText(value: string): string {
  if (!/[\0\u{d800}-\u{dfff}]/u.test(value)) return value;
  // Surrogates first: removing a NUL between two halves must not make a character that nobody sent.
  return value.replace(/[\u{d800}-\u{dfff}]/gu, "\ufffd").replaceAll("\0", "");
}

/** The same text with Arabic, Persian, Indic, Thai and full-width digits, spaces and minus signs as ASCII. */
export function foldDigits(text: string): string {
  const normal = text.normalize("NFKC");
  if (!/[^\0-\x7f]/.test(normal)) return normal;
  return normal.replace(/[\p{Nd}\u2212\u066b]/gu, (character) => {
    if (character === "\u2212") return "-";
    if (character === "\u066b") return "."; // Arabic decimal separator
    const code = character.codePointAt(0)!;
    const zero = zeros.find((candidate) => code >= candidate && code <= candidate + 9);
    return zero === undefined ? character : String(code - zero);
  });
}

const decimal = /^([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d{1,3})?)(.*)$/i;

/**
 * What may follow a number: a unit after a space, of one word or two (`fl oz`), or directly attached and free of digits.
 * An attached unit never begins with e or x: `1e` is half a number, `0xFF` is no decimal one.
 */
const trailingUnit = /^(?:\s+([\p{L}%°]\S*(?: \p{L}+)?)|([\p{L}%°][^\s\d]*))?$/u;

/** A number with the unit that was written behind it (`"48.5 ms"`), null where there is none. */
export interface Quantity {
  value: number;
  unit: string | null;
}

/**
 * Reads a finite JSON number or a numeric string with at most one comma or dot, which is the decimal separator.
 * Refuses everything else: NaN, Infinity, grouped thousands (`808.742.334`), hexadecimal, empty text, booleans, objects.
 */
export function parseQuantity(value: unknown): Quantity | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? { value, unit: null } : undefined;
  if (typeof value !== "string" || value.length > 100) return undefined;
  const match = decimal.exec(foldDigits(value).trim());
  if (!match) return undefined;
  const tail = trailingUnit.exec(match[2]!);
  if (!tail || /^[ex]/i.test(tail[2] ?? "")) return undefined;
  const number = Number(match[1]!.replace(",", "."));
  return Number.isFinite(number) ? { value: number, unit: tail[1] ?? tail[2] ?? null } : undefined;
}

/**
 * The number alone. A unit behind it is ignored: right where the unit is settled elsewhere; where it may differ from
 * the one that the delivery states, use `parseQuantity`, or pounds would be kept as kilograms.
 */
export function parseNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return parseQuantity(value)?.value;
}
