/** `status`: is the daemon up, when did each user's data last come, and is work waiting. Works beside a dead daemon. */
import type { Command } from "commander";
import type { IngestionStatus, StoreSummary } from "../store/store.js";
import type { CommandContext } from "./context.js";
import type { DaemonState } from "./daemon-probe.js";
import { withStore } from "./open-store.js";
import { formatBytes, formatCount, formatWhen, type Output } from "./output.js";

const statuses: readonly IngestionStatus[] = ["pending", "processing", "processed", "partial", "rejected", "failed"];

interface Status {
  daemon: DaemonState;
  summary: StoreSummary;
  backlog: { depth: number; oldestMs: number | null };
  freeBytes: number | null;
}

export function registerStatus(program: Command, context: CommandContext): void {
  program
    .command("status")
    .description("show whether the daemon is up, the last delivery of each user, and what is waiting")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored status
  selfsensored status --json --data-dir /srv/health`,
    )
    .action(() => showStatus(context));
}

async function showStatus(context: CommandContext): Promise<void> {
  const { probeDaemon } = await import("./daemon-probe.js");
  const status: Status = await withStore(context, { readonly: true }, async (store, config) => ({
    daemon: await probeDaemon(config),
    summary: await store.summary(),
    backlog: await store.queueDepth(),
    freeBytes: await store.freeBytes(),
  }));
  if (context.output.isJson) context.output.json(describeStatus(status));
  else printStatus(context.output, status);
}

function describeStatus({ daemon, summary, backlog, freeBytes }: Status) {
  return {
    daemon,
    users: summary.users.map(({ name, lastIngestionAt, lastStatus, ingestions }) => ({
      name,
      last_ingestion_at: lastIngestionAt,
      last_status: lastStatus,
      ingestions,
    })),
    backlog: {
      depth: backlog.depth,
      oldest_at: backlog.oldestMs === null ? null : new Date(backlog.oldestMs).toISOString(),
    },
    ingestions: Object.fromEntries(statuses.map((name) => [name, summary.byStatus[name] ?? 0])),
    database_bytes: summary.databaseBytes,
    archive_bytes: summary.archiveBytes,
    free_bytes: freeBytes,
  };
}

function printStatus(output: Output, { daemon, summary, backlog, freeBytes }: Status): void {
  const nowMs = Date.now();
  const { databaseBytes, archiveBytes, byStatus } = summary;
  output.line(
    daemon.up
      ? `daemon      up at ${daemon.url} (process ${daemon.pid}, version ${daemon.version})`
      : `daemon      not running${daemon.url === null ? "" : ` (it was at ${daemon.url})`}`,
  );
  const oldest = backlog.oldestMs === null ? "" : `, the oldest of ${formatWhen(backlog.oldestMs, nowMs)}`;
  output.line(`backlog     ${formatCount(backlog.depth)}${oldest}`);
  const counted = statuses.filter((name) => (byStatus[name] ?? 0) > 0);
  output.line(
    `deliveries  ${counted.map((name) => `${formatCount(byStatus[name]!)} ${name}`).join(", ") || "none yet"}`,
  );
  const room = freeBytes === null ? "" : `, ${formatBytes(freeBytes)} free`;
  output.line(`size        database ${formatBytes(databaseBytes)}, archive ${formatBytes(archiveBytes)}${room}`);
  output.line();
  output.table(
    [{ title: "USER" }, { title: "LAST DELIVERY" }, { title: "STATUS" }, { title: "DELIVERIES" }],
    summary.users.map(({ name, lastIngestionAt, lastStatus, ingestions }) => [
      name,
      lastIngestionAt === null ? "never" : formatWhen(Date.parse(lastIngestionAt), nowMs),
      lastStatus,
      ingestions,
    ]),
  );
}
