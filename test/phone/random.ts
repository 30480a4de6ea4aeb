/**
 * Seeded randomness: the same parts always give the same numbers, on every machine.
 *
 * Each thing that is made up (one metric of one day, one night, the key order of one export) draws from its own
 * generator, named by its parts. So leaving out a metric or adding days changes nothing about the rest.
 */

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** In [low, high). */
  between(low: number, high: number): number;
  /** Whole, low and high included. */
  whole(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  shuffle<T>(items: readonly T[]): T[];
  /** Upper case, as iOS writes them. */
  uuid(): string;
}

export function randomFor(...parts: (string | number)[]): Random {
  const next = sfc32(parts.join("\u001f"));
  const whole = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    whole,
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    pick: (items) => items[whole(0, items.length - 1)]!,
    shuffle: (items) => {
      const mixed = [...items];
      for (let i = mixed.length - 1; i > 0; i--) {
        const j = whole(0, i);
        [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
      }
      return mixed;
    },
    uuid: () => {
      const hex = Array.from({ length: 32 }, (_, i) => (i === 12 ? 4 : i === 16 ? whole(8, 11) : whole(0, 15)));
      const text = hex.map((digit) => digit.toString(16).toUpperCase()).join("");
      return [8, 12, 16, 20, 32].map((end, i) => text.slice([0, 8, 12, 16, 20][i], end)).join("-");
    },
  };
}

/** The generator sfc32, its state filled from the text by FNV-1a. */
function sfc32(text: string): () => number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  let [a, b, c, count] = [hash, hash ^ 0x9e3779b9, ~hash, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  // The state starts half empty; a dozen rounds mix it.
  for (let i = 0; i < 12; i++) next();
  return next;
}
