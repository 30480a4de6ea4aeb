/**
 * What a run has measured, and how it is shown: a table for people, the same as JSON for programs.
 *
 * Smaller is better in every line. Lines with a limit decide whether the run passes; those without are there to read.
 */

export type Unit = "x floor" | "ms" | "s" | "MB" | "points/s";

export interface Line {
  /** Stable word for programs. */
  id: string;
  name: string;
  unit: Unit;
  /** Null where it could not be measured: peak memory outside of Linux. */
  value: number | null;
  /** Of each round, in order; empty where the value is a quantile of many. */
  rounds: readonly number[];
  aim?: number;
  limit?: number;
}

export type Verdict = "aim met" | "within limit" | "FAILED" | "not measured" | "";

export function judge({ value, aim, limit }: Line): Verdict {
  if (limit === undefined) return "";
  if (value === null) return "not measured";
  // NaN is no success: it is never below anything.
  if (!(value <= limit)) return "FAILED";
  return value <= (aim ?? limit) ? "aim met" : "within limit";
}

export function hasFailed(lines: readonly Line[]): boolean {
  return lines.some((line) => judge(line) === "FAILED");
}

export function renderTable(lines: readonly Line[]): string {
  const rows = lines.map((line) => [
    line.name,
    line.value === null ? "-" : formatValue(line.value),
    line.unit,
    line.aim === undefined ? "" : String(line.aim),
    line.limit === undefined ? "" : String(line.limit),
    judge(line),
    line.rounds.length > 1 ? line.rounds.map(formatValue).join("  ") : "",
  ]);
  const table = [["", "value", "", "aim", "limit", "", "rounds"], ...rows];
  const isNumber = [false, true, false, true, true, false, false];
  const widths = isNumber.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
  return table
    .map((row) =>
      row
        .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join("  ")
        .trimEnd(),
    )
    .map((row) => `${row}\n`)
    .join("");
}

/** Three digits say more than the noise of a shared machine allows. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return value.toFixed(digits);
}
