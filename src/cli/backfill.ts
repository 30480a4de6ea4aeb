/**
 * `backfill`: processes archived deliveries again, in this process, also while the daemon runs.
 *
 * The chosen deliveries go back into the queue and are worked through, oldest first; whatever the daemon takes of them
 * counts as well. After a Ctrl-C the rest stays in the queue. Deliveries whose raw month is gone are left as they are:
 * there is nothing to read, and their records are all that remains of them.
 */
import { join } from "node:path";
import type { Command } from "commander";
import type { LocalWork } from "../ingest/local.js";
import { problem } from "../problem.js";
import type { IngestionStatus, Store } from "../store/store.js";
import { chooseRange, listDeliveries, missingMonths, type QueuedDelivery, requeueAll } from "./backfill-selection.js";
import { findUser } from "./choose-user.js";
import type { CommandContext } from "./context.js";
import { readWords } from "./flag-values.js";
import { withStore } from "./open-store.js";
import { formatBytes, formatCount } from "./output.js";

export interface BackfillFlags {
  from?: string;
  to?: string;
  user?: string;
  status?: IngestionStatus[];
  ingestion?: string;
  rebuild?: true;
  dryRun?: true;
}

const statuses = ["pending", "failed", "partial", "rejected", "processed"] as const;
const defaultStatuses: IngestionStatus[] = ["pending", "failed", "partial"];

export function registerBackfill(program: Command, context: CommandContext): void {
  program
    .command("backfill")
    .description("process archived deliveries again")
    .option("--from <time>", "received from this instant or date on")
    .option("--to <time>", "received before this instant, or up to the end of this date")
    .option("--user <name>", "only deliveries of this user")
    .option("--status <list>", `of ${statuses.join(", ")} (default: ${defaultStatuses.join(",")})`, readWords(statuses))
    .option("--ingestion <id>", "only this delivery, whatever its status")
    .option("--rebuild", "empty every derived table first, then process everything")
    .option("--dry-run", "say what would be done")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored backfill
  selfsensored backfill --rebuild --dry-run

Exit codes: 0 done, 1 failed or stopped, 2 bad usage, 3 done but some deliveries ended rejected or failed`,
    )
    .action((flags: BackfillFlags) => backfill(context, flags));
}

async function backfill(context: CommandContext, flags: BackfillFlags): Promise<void> {
  refuseContradictions(flags);
  const interruption = context.interruption();
  await withStore(context, { readonly: flags.dryRun === true }, async (store, config) => {
    if (flags.dryRun !== true) await store.adoptArchived();
    const selection = await select(store, flags);
    const deliveries = await listDeliveries(store, selection);
    const missing = await missingMonths(store, deliveries);
    if (flags.ingestion !== undefined && deliveries.length === 0) {
      throw problem("not_found", "There is no delivery of this id.");
    }
    const chosen = deliveries.filter(({ month }) => !missing.includes(month));
    const mayEmpty = flags.rebuild === true && missing.length === 0;
    if (missing.length > 0) warnOfMissing(context, missing, flags.rebuild === true);
    if (flags.dryRun === true) {
      reportPlan(context, chosen, { mayEmpty, missing });
      return;
    }
    if (mayEmpty) await store.emptyDerived();
    else await requeueAll(store, selection, chosen, missing);
    const folder = join(config.dataDir, "tmp");
    const { LocalWork } = await import("../ingest/local.js");
    const { createLogger } = await import("../log.js");
    const logger = createLogger({ level: "error", format: config.log.format });
    const progress = watchProgress(context, chosen);
    const options = { store, scratchFolder: folder, signal: interruption, logger, onBytes: progress.onBytes };
    const work = new LocalWork(options);
    const tally = new Map<string, number>();
    try {
      await workThrough(work, chosen, tally, progress.onSettled);
    } finally {
      progress.finish();
      await work.close();
      reportDone(context, chosen.length, tally, { mayEmpty, missing });
    }
  });
}

function refuseContradictions({ rebuild, from, to, user, status, ingestion }: BackfillFlags): void {
  const chooses = [from, to, user, status, ingestion].some((value) => value !== undefined);
  if (rebuild && chooses) {
    throw problem("usage", "--rebuild takes everything: it goes with --dry-run only.", {
      hint: "selfsensored backfill --help",
    });
  }
}

async function select(store: Store, flags: BackfillFlags) {
  const users = await store.users();
  const user = flags.user === undefined ? undefined : findUser(users, flags.user);
  const named = flags.rebuild === true || flags.ingestion !== undefined ? undefined : defaultStatuses;
  const chosen = flags.status ?? named;
  return {
    ...chooseRange(flags, user ?? (users.length === 1 ? users[0] : undefined)),
    ...(user === undefined ? {} : { userId: user.userId }),
    ...(chosen === undefined ? {} : { statuses: chosen }),
    ...(flags.ingestion === undefined ? {} : { id: flags.ingestion }),
  };
}

function warnOfMissing({ output }: CommandContext, months: readonly string[], isRebuild: boolean): void {
  output.note(
    `The raw month${months.length === 1 ? "" : "s"} ${months.join(", ")} ${months.length === 1 ? "is" : "are"} gone: ` +
      `deliveries of then stay as they are${isRebuild ? ", and nothing is emptied" : ""}.`,
  );
}

function watchProgress({ output }: CommandContext, deliveries: readonly QueuedDelivery[]) {
  const sizes = new Map(deliveries.map(({ id, bodyBytes }) => [id, bodyBytes]));
  const total = deliveries.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
  const progress = output.progress({ label: "processing", unit: "bytes", total });
  let doneBytes = 0;
  return {
    onBytes: (bytes: number) => progress.update(doneBytes + bytes),
    onSettled: (id: string) => {
      doneBytes += sizes.get(id) ?? 0;
      progress.update(doneBytes);
    },
    finish: () => progress.finish(),
  };
}

async function workThrough(
  work: LocalWork,
  deliveries: readonly QueuedDelivery[],
  tally: Map<string, number>,
  onSettled: (id: string) => void,
): Promise<void> {
  await work.settleAll(deliveries, ({ id }, row) => {
    // Still pending: its next try lies too far ahead to wait for.
    const status = row === null ? "removed" : row.status;
    tally.set(status, (tally.get(status) ?? 0) + 1);
    onSettled(id);
  });
}

interface Circumstances {
  mayEmpty: boolean;
  missing: readonly string[];
}

function reportPlan(
  { output }: CommandContext,
  chosen: readonly QueuedDelivery[],
  { mayEmpty, missing }: Circumstances,
): void {
  const bytes = chosen.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
  if (output.isJson) {
    const facts = { dry_run: true, rebuild: mayEmpty, missing_months: missing, selected: chosen.length, bytes };
    output.json({ ...facts, by_status: Object.fromEntries(countStatuses(chosen)) });
    return;
  }
  if (mayEmpty) output.line("Every derived table would be emptied.");
  const counted = [...countStatuses(chosen)].map(([status, count]) => `${formatCount(count)} ${status}`).join(", ");
  output.line(
    `${formatCount(chosen.length)} deliveries (${formatBytes(bytes)}) would be processed${counted && `: ${counted}`}`,
  );
}

function countStatuses(deliveries: readonly QueuedDelivery[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of deliveries) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}

function reportDone(
  context: CommandContext,
  selected: number,
  tally: ReadonlyMap<string, number>,
  { mayEmpty, missing }: Circumstances,
): void {
  const { output } = context;
  const settled = [...tally.values()].reduce((sum, count) => sum + count, 0);
  const count = (status: IngestionStatus) => tally.get(status) ?? 0;
  const waiting = selected - settled + count("pending");
  if (count("rejected") + count("failed") > 0) context.exitCode = 3;
  if (output.isJson) {
    output.json({
      ...{ rebuild: mayEmpty, missing_months: missing, selected },
      ...{ processed: count("processed"), partial: count("partial") },
      ...{ rejected: count("rejected"), failed: count("failed"), waiting },
    });
    return;
  }
  const words = [...tally].filter(([status]) => status !== "pending");
  const parts = words.map(([status, number]) => `${formatCount(number)} ${status}`);
  if (waiting > 0) parts.push(`${formatCount(waiting)} still waiting in the queue`);
  output.line(
    selected === 0
      ? "There is nothing to process."
      : `${formatCount(selected)} deliver${selected === 1 ? "y" : "ies"}: ${parts.join(", ")}`,
  );
}
