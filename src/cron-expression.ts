/**
 * Says whether a text is a cron expression of five fields.
 *
 * Callers may rely on: what is accepted here is accepted by the scheduler (node-cron), which is not loaded for it:
 * every command reads the configuration, only the daemon has a schedule. Seconds as a sixth field are refused.
 */

interface Field {
  min: number;
  max: number;
  names: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const fields: readonly Field[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: months },
  { min: 0, max: 7, names: weekdays },
];

export function isCronExpression(text: string): boolean {
  const parts = text.trim().split(/[ \t]+/);
  if (parts.length !== fields.length) return false;
  if (!fields.every((field, index) => parts[index]?.split(",").every((part) => isPart(part, field)))) return false;
  return hasSuchDay(parts[2] ?? "", parts[3] ?? "");
}

/** One of a field's comma-separated parts: a star, `7`, `mon`, `1-5`; star and range may have a step, as in `1-5/2`. */
function isPart(part: string, field: Field): boolean {
  const [range = "", step, ...rest] = part.split("/");
  if (rest.length > 0) return false;
  const ends = range === "*" ? [field.min, field.max] : range.split("-").map((end) => readEnd(end, field));
  const [first, last = first] = ends;
  if (ends.length > 2 || ends.includes(undefined) || first! > last!) return false;
  if (step === undefined) return true;
  // A step on a single number is understood differently by different programs.
  return (range === "*" || ends.length === 2) && /^[1-9]\d?$/.test(step) && Number(step) <= field.max;
}

function readEnd(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text.toLowerCase());
  if (named >= 0) return named + field.min;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return number >= field.min && number <= field.max ? number : undefined;
}

/** False for a day that never comes, such as 31 February: the maintenance would never run. */
function hasSuchDay(day: string, month: string): boolean {
  const days = expandField(day, fields[2]!);
  const longest = Math.max(...expandField(month, fields[3]!).map((number) => new Date(2024, number, 0).getDate()));
  return days.some((number) => number <= longest);
}

/** All numbers that a valid field stands for. */
function expandField(text: string, field: Field): number[] {
  return text.split(",").flatMap((part) => {
    const [range = "", step = "1"] = part.split("/");
    const ends = range === "*" ? [field.min, field.max] : range.split("-").map((end) => readEnd(end, field)!);
    const [first = field.min, last = first] = ends;
    return Array.from({ length: Math.floor((last - first) / Number(step)) + 1 }, (_, i) => first + i * Number(step));
  });
}
