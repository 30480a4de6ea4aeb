/**
 * Makes source names comparable (spec section 5.3).
 *
 * `Pat’s Apple Watch|Pat’s iPhone` and the same two in the other order, with other spaces or quotes, give one text, which
 * is what keys hold; the name as sent is kept beside it for display. Renamed devices and lists that grow from `A` to
 * `A|B` stay different: that is for the merge rules.
 */
import { cleanText } from "./text.js";

/** Points repeat few names many times; the bound keeps a sender of endless names from filling memory. */
const rememberedCount = 1000;
const remembered = new Map<string, string>();

/** Normalised source for keys: parts cleaned, sorted, without repetition, joined with `|`; "" when there is none. */
export function normaliseSource(source: string | null | undefined): string {
  if (!source) return "";
  const known = remembered.get(source);
  if (known !== undefined) return known;
  const parts = cleanText(source)
    .normalize("NFKC")
    .replace(/[\u2018\u2019\u201a\u201b\u02bc]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .split("|")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const normalised = [...new Set(parts)].sort().join("|");
  if (remembered.size >= rememberedCount) remembered.clear();
  remembered.set(source, normalised);
  return normalised;
}

/**
 * Rank of a normalised source where the user has set none: 0 for a watch, 1 for a phone, 2 for others; lower counts
 * first. Of a joined source its best part decides. Apple leaves the product names untranslated.
 */
export function sourcePriority(normalised: string): number {
  if (/watch/i.test(normalised)) return 0;
  return /phone/i.test(normalised) ? 1 : 2;
}
