/**
 * What a command says, and the only place that asks about a terminal.
 *
 * stdout has the result and nothing else; notes, progress and errors go to stderr (contract section 1). Callers may rely
 * on: with `--json` a result is JSON and an error one line of JSON; `--quiet` silences notes and progress, never results
 * or errors; colours and progress bars appear on a terminal only; text that came from outside cannot steer the terminal.
 */
import type { Problem } from "../problem.js";
import { createProgress, type Progress, type ProgressOptions } from "./progress.js";

/** The part of a stream that is used; a terminal has `isTTY` and `columns`. */
export interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export interface OutputOptions {
  stdout: Sink;
  stderr: Sink;
  isJson: boolean;
  isQuiet: boolean;
  /** False for `--no-color`, `NO_COLOR` and a dumb terminal. */
  mayColour: boolean;
}

export type Cell = string | number | null;

export interface Column {
  title: string;
  align?: "left" | "right";
}

export class Output {
  readonly isJson: boolean;
  /** Whether a person sees the results as they come. */
  readonly isTerminal: boolean;
  private readonly options: OutputOptions;

  constructor(options: OutputOptions) {
    this.options = options;
    this.isJson = options.isJson;
    this.isTerminal = options.stdout.isTTY === true;
  }

  /** Whether what goes to stderr may have colours. */
  get hasColourOnStderr(): boolean {
    return this.isColoured(this.options.stderr);
  }

  /** One line of a result for people. */
  line(text = ""): void {
    this.options.stdout.write(`${text}\n`);
  }

  /** Text as it is: documents such as CSV, and the scripts of `completion`. */
  raw(text: string): void {
    this.options.stdout.write(text);
  }

  /** A result for programs: laid out for a terminal, on one line in a pipe. */
  json(document: unknown): void {
    this.options.stdout.write(`${JSON.stringify(document, null, this.isTerminal ? 2 : undefined)}\n`);
  }

  table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): void {
    const [header = "", ...lines] = layOutTable(columns, rows);
    this.line(this.isColoured(this.options.stdout) ? `\u001b[1m${header}\u001b[22m` : header);
    for (const line of lines) this.line(line);
  }

  /** Something for the person beside the result: a warning, what was done. */
  note(text: string): void {
    if (!this.options.isQuiet) this.options.stderr.write(`${text}\n`);
  }

  /** A bar on stderr, seen only on a terminal and only when the work takes longer than about two seconds. */
  progress(options: ProgressOptions): Progress {
    const { stderr, isQuiet } = this.options;
    return createProgress(options, stderr.isTTY === true && !isQuiet ? stderr : undefined);
  }

  /** Says what failed and what to do; a stack only when `stack` is given, which is for bugs. */
  fail(problem: Problem, stack?: string): void {
    const { stderr } = this.options;
    if (this.isJson) {
      const { code, detail, hint = null, exitCode, extra } = problem;
      stderr.write(`${JSON.stringify({ ...extra, code, message: detail, hint, exit_code: exitCode })}\n`);
      return;
    }
    const label = this.isColoured(stderr) ? "\u001b[31merror:\u001b[39m" : "error:";
    stderr.write(`${label} ${problem.detail}\n`);
    if (stack !== undefined) stderr.write(`${stack}\n`);
    if (problem.hint !== undefined) stderr.write(`hint:  ${problem.hint}\n`);
  }

  private isColoured(sink: Sink): boolean {
    return this.options.mayColour && sink.isTTY === true;
  }
}

/** Header and rows as aligned lines; numbers are grouped and aligned to the right. */
export function layOutTable(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[] {
  const texts = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((_, index) => showCell(row[index]))),
  ];
  const isRight = columns.map(({ align }, index) =>
    align === undefined ? rows.length > 0 && rows.every((row) => typeof row[index] === "number") : align === "right",
  );
  const widths = columns.map((_, index) => Math.max(...texts.map((row) => countColumns(row[index] ?? ""))));
  return texts.map((row) =>
    row
      .map((text, index) => {
        const padding = " ".repeat(widths[index]! - countColumns(text));
        return isRight[index] ? padding + text : text + padding;
      })
      .join("  ")
      .trimEnd(),
  );
}

function showCell(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "number") return formatCount(cell);
  // Names and sources come from phones: an escape sequence in one must not reach the terminal.
  return cell.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, " ");
}

/** Columns of a terminal that a text fills: combining marks none, East Asian wide characters and emoji two. */
function countColumns(text: string): number {
  let count = 0;
  for (const character of text) {
    if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) continue;
    count +=
      /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return count;
}

/** 48211 as "48,211". */
export function formatCount(value: number): string {
  const [whole = "", fraction] = String(value).split(".");
  const grouped = /^-?\d+$/.test(whole) ? whole.replaceAll(/\B(?=(\d{3})+$)/g, ",") : whole;
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** 1572864 as "1.5 MiB": for people, not for reading back. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

const spans: readonly [name: string, ms: number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];

/** "3 minutes ago", "in 2 hours", "now". */
export function formatAgo(timeMs: number, nowMs: number): string {
  const distance = Math.abs(nowMs - timeMs);
  const [name, span] = spans.find(([, ms]) => distance >= ms) ?? ["", 0];
  if (span === 0) return "now";
  const count = Math.floor(distance / span);
  const text = `${formatCount(count)} ${name}${count === 1 ? "" : "s"}`;
  return timeMs > nowMs ? `in ${text}` : `${text} ago`;
}

/** The absolute time with the relative one beside it. */
export function formatWhen(timeMs: number, nowMs: number): string {
  return `${new Date(timeMs).toISOString().replace(/\.\d+Z$/, "Z")} (${formatAgo(timeMs, nowMs)})`;
}
