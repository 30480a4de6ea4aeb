/** What `ingest` says about each file and all of them together, and the exit code that follows from it. */
import type { Receipt } from "../ingest/receipt.js";
import type { ExitCode } from "../problem.js";
import type { Counts } from "../store/store.js";
import { formatCount, type Output } from "./output.js";

export interface FileResult {
  file: string;
  /** Null where nothing was taken in. */
  receipt: Receipt | null;
  error: { code: string; message: string } | null;
}

const errorsShown = 3;

function total(results: readonly FileResult[]) {
  const counts: Counts = { received: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 };
  for (const { receipt } of results) {
    if (receipt === null) continue;
    for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += receipt.counts[name];
  }
  const withStatus = (...statuses: string[]) =>
    results.filter(({ receipt }) => receipt !== null && statuses.includes(receipt.status)).length;
  return {
    files: results.length,
    files_processed: withStatus("processed", "partial"),
    files_duplicate: withStatus("duplicate"),
    files_waiting: withStatus("accepted"),
    files_rejected: withStatus("rejected", "failed") + results.filter(({ receipt }) => receipt === null).length,
    ...counts,
  };
}

/** 1 where not one file could be taken in, 3 where anything was rejected (contract section 1). */
export function exitCodeOf(results: readonly FileResult[]): ExitCode {
  if (results.every(({ receipt }) => receipt === null)) return 1;
  const { files_rejected, rejected } = total(results);
  return files_rejected > 0 || rejected > 0 ? 3 : 0;
}

export function reportFiles(output: Output, results: readonly FileResult[], isDryRun: boolean): void {
  const totals = total(results);
  if (output.isJson) {
    const files = results.map(({ file, receipt, error }) => ({
      file,
      // Of what was not stored there is no id.
      receipt: receipt && isDryRun && receipt.status !== "duplicate" ? { ...receipt, ingestion_id: null } : receipt,
      ...(error === null ? {} : { error }),
    }));
    output.json({ ...(isDryRun ? { dry_run: true } : {}), files, totals });
    return;
  }
  for (const result of results) {
    const name = result.file === "-" ? "standard input" : result.file;
    output.line(cleanLine(`${name}: ${describe(result, isDryRun)}`));
    for (const error of listErrors(result)) output.line(cleanLine(`  ${error}`));
  }
  const parts = [
    [totals.files_processed, isDryRun ? "usable" : "processed"],
    [totals.files_duplicate, "already there"],
    [totals.files_waiting, "waiting in the queue"],
    [totals.files_rejected, "rejected"],
  ] as const;
  const files = parts.filter(([count]) => count > 0).map(([count, word]) => `${formatCount(count)} ${word}`);
  output.line(`${formatCount(totals.files)} file${totals.files === 1 ? "" : "s"}: ${files.join(", ")}`);
  output.line(describeCounts(totals, isDryRun));
}

function describe({ receipt, error }: FileResult, isDryRun: boolean): string {
  if (receipt === null) return `not read: ${error?.message}`;
  switch (receipt.status) {
    case "duplicate":
      return `already there as delivery ${receipt.ingestion_id}; nothing was done`;
    case "accepted":
      return "kept, but not processed yet: it waits in the queue";
    case "rejected":
    case "failed":
      return `${receipt.status}: ${error?.message ?? describeCounts(receipt.counts, isDryRun)}`;
    default:
      return describeCounts(receipt.counts, isDryRun);
  }
}

function describeCounts({ received, inserted, updated, unchanged, rejected }: Counts, isDryRun: boolean): string {
  const parts = isDryRun
    ? ([
        [inserted, "usable"],
        [unchanged, "already there"],
        [rejected, "rejected"],
      ] as const)
    : ([
        [inserted, "new"],
        [updated, "changed"],
        [unchanged, "already there"],
        [rejected, "rejected"],
      ] as const);
  return `${formatCount(received)} item${received === 1 ? "" : "s"}: ${parts.map(([count, word]) => `${formatCount(count)} ${word}`).join(", ")}`;
}

function listErrors({ receipt }: FileResult): string[] {
  if (receipt === null || receipt.status === "duplicate") return [];
  const shown = receipt.errors.slice(0, errorsShown).map(({ item_type, metric, item_index, field, message }) => {
    const place = `${metric ?? item_type} ${item_index}${field === undefined ? "" : `, ${field}`}`;
    return `${place}: ${message}`;
  });
  const more = receipt.errors_total - shown.length;
  return more > 0 ? [...shown, `and ${formatCount(more)} more; --json lists them`] : shown;
}

/** Names of files and metrics come from outside: they cannot steer the terminal. */
function cleanLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, " ");
}
