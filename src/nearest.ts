/** Finds the name that somebody probably meant. */

/** Ends a sentence about a name that is not known. */
export function explainUnknown(what: string, name: string, known: readonly string[]): string {
  const nearest = nearestOf(name, known);
  return `is an unknown ${what}${nearest === undefined ? "" : `; did you mean ${nearest}?`}`;
}

/** The candidate with the fewest slips of the pen between it and `name`; undefined when none is near. */
export function nearestOf(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const slips = countNearness(name.toLowerCase(), candidate.toLowerCase());
    if (slips < fewest) [best, fewest] = [candidate, slips];
  }
  return best;
}

/** Slips between two names, infinite when they are too many. */
function countNearness(name: string, candidate: string): number {
  // "port" for "server.port", "data_directory" for "data_dir": parts of each other are near whatever the length.
  const [shorter, longer] = name.length < candidate.length ? [name, candidate] : [candidate, name];
  if (shorter.length >= 4 && (longer.startsWith(shorter) || longer.endsWith(shorter))) return 2.5;
  // What all names share says nothing, so only the rest has to be alike: two slips, or two letters in five.
  let shared = 0;
  while (shared < shorter.length && name[shared] === candidate[shared]) shared++;
  const slips = countSlips(name, candidate);
  return slips <= Math.max(2, (name.length - shared) * 0.4) ? slips : Number.POSITIVE_INFINITY;
}

/** Letters to insert, delete or replace to make `a` into `b`. Names of settings are short, so no bound is needed. */
function countSlips(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 20) return Number.POSITIVE_INFINITY;
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      line.push(Math.min(replaced, above[column]! + 1, line[column - 1]! + 1));
    }
    above = line;
  }
  return above[b.length]!;
}
