/**
 * `ingest`: files through the very same pipeline as HTTP, in this process, also while the daemon runs.
 *
 * Each file is a delivery of its own: archived, then processed, with a receipt. Its receive time is the file's last
 * change, because deliveries that disagree are settled by when they were made (contract promise 2). There is no limit of
 * size: whoever may run this command may fill the disk by other means.
 */
import { basename, join } from "node:path";
import type { Command } from "commander";
import type { Config } from "../config.js";
import { detectContent } from "../formats/content.js";
import type { Body } from "../ingest/body.js";
import type { LocalWork } from "../ingest/local.js";
import { Problem, problem } from "../problem.js";
import type { Store, User } from "../store/store.js";
import { chooseUser } from "./choose-user.js";
import type { CommandContext } from "./context.js";
import { type Input, listInputs, openInput, refuseKind, refuseUnreadable } from "./ingest-files.js";
import { exitCodeOf, type FileResult, reportFiles } from "./ingest-report.js";
import { withStore } from "./open-store.js";
import { formatCount } from "./output.js";
import { readTime } from "./read-time.js";

interface IngestFlags {
  user?: string;
  asOf?: string;
  dryRun?: true;
}

export function registerIngest(program: Command, context: CommandContext): void {
  program
    .command("ingest")
    .description("take in files of Health Auto Export, as if the phone had sent them")
    .argument("<file...>", "JSON files, also gzipped; folders of them; - for standard input")
    .option("--user <name>", "whose data; needed when there are several users")
    .option("--as-of <time>", "receive time to use instead of the file's last change")
    .option("--dry-run", "check and count, store nothing")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored ingest HealthAutoExport-2026-03.json exports/
  zcat export.json.gz | selfsensored ingest - --user anna --dry-run

Exit codes: 0 done, 1 no file could be taken in, 2 bad usage, 3 done but something was rejected`,
    )
    .action((files: string[], flags: IngestFlags) => ingest(context, files, flags));
}

async function ingest(context: CommandContext, names: string[], flags: IngestFlags): Promise<void> {
  const isDryRun = flags.dryRun === true;
  const interruption = context.interruption();
  const config = context.loadConfigAsOwner();
  const found = listInputs(names);
  if (found.otherCount > 0) {
    context.output.note(`Left out, because they are no *.json or *.json.gz: ${formatCount(found.otherCount)} files.`);
  }
  const results: FileResult[] = found.refusals.map(({ name, code, message }) => ({
    ...{ file: name, receipt: null, error: { code, message } },
  }));
  if (found.inputs.length + results.length === 0) {
    throw problem("failed", "There is nothing to take in: no *.json and no *.json.gz was found.");
  }
  if (found.inputs.length > 0) {
    await withStore(context, { readonly: isDryRun }, async (store) => {
      const user = await chooseUser(store, flags.user);
      const asOfMs = flags.asOf === undefined ? undefined : readTime("--as-of", flags.asOf, user.timeZone);
      if (asOfMs !== undefined && asOfMs > Date.now()) throw problem("usage", "--as-of lies in the future.");
      await takeInputs({ context, config, store, user, asOfMs, isDryRun, interruption }, found.inputs, results);
    });
  }
  reportFiles(context.output, results, isDryRun);
  context.exitCode = exitCodeOf(results);
  if (interruption.aborted && !isDryRun) {
    context.output.note("What is listed above is kept. Repeat the command to go on: what is there already is skipped.");
  }
  interruption.throwIfAborted();
}

interface Run {
  context: CommandContext;
  config: Config;
  store: Store;
  user: User;
  asOfMs: number | undefined;
  isDryRun: boolean;
  interruption: AbortSignal;
}

/** Of a file's share of the progress, what reading it is; the rest is processing. */
const readShare = 0.1;

async function takeInputs(run: Run, inputs: readonly Input[], results: FileResult[]): Promise<void> {
  const { context, config, store, interruption } = run;
  const [{ LocalWork }, { createLogger }] = await Promise.all([import("../ingest/local.js"), import("../log.js")]);
  const totalBytes = inputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const progress = context.output.progress({ label: "taking in", unit: "bytes", total: totalBytes });
  let doneBytes = 0;
  let current = { sizeBytes: 0, bodyBytes: 0 };
  const work = new LocalWork({
    store,
    scratchFolder: join(config.dataDir, "tmp"),
    signal: interruption,
    logger: createLogger({ level: "error", format: config.log.format }),
    onBytes: (bytes) => {
      const share = readShare + (1 - readShare) * Math.min(1, bytes / current.bodyBytes);
      progress.update(doneBytes + current.sizeBytes * share);
    },
  });
  try {
    for (const input of inputs) {
      if (interruption.aborted) break;
      current = { sizeBytes: input.sizeBytes, bodyBytes: 1 };
      const hear = {
        wire: (bytes: number) => progress.update(doneBytes + (input.path === null ? bytes : bytes * readShare)),
        body: (bytes: number) => {
          current.bodyBytes = bytes;
        },
      };
      const result = await takeInput(run, work, input, hear);
      if (result !== undefined) results.push(result);
      doneBytes += input.sizeBytes;
      progress.update(doneBytes);
    }
  } finally {
    progress.finish();
    await work.close();
  }
}

interface Hearing {
  /** Bytes read from the file so far. */
  wire(bytes: number): void;
  /** Size of the body, when it is known. */
  body(bytes: number): void;
}

/** Undefined where a Ctrl-C came before the file was kept. */
async function takeInput(run: Run, work: LocalWork, input: Input, hear: Hearing): Promise<FileResult | undefined> {
  try {
    return await deliverInput(run, work, input, hear);
  } catch (error) {
    if (run.interruption.aborted) return undefined;
    if (error instanceof Problem) {
      // What is wrong with one file costs no other; a full disk or a lost store ends the command.
      if (error.code !== "invalid_json") throw error;
      return refused(input, { code: error.code, message: "The gzip file is damaged." });
    }
    return refused(input, refuseUnreadable(input.name, error));
  }
}

async function deliverInput(run: Run, work: LocalWork, input: Input, hear: Hearing): Promise<FileResult> {
  const { takeBody } = await import("../ingest/body.js");
  const { context, config, user, asOfMs, isDryRun, interruption } = run;
  const opened = await openInput(input, context.streams.stdin, interruption);
  let body: Body | undefined;
  try {
    body = await takeBody(listen(opened.wire, hear.wire), opened.encoding, {
      maxBodyBytes: Number.POSITIVE_INFINITY,
      maxInflatedBytes: Number.POSITIVE_INFINITY,
      folder: join(config.dataDir, "tmp"),
    });
    hear.body(body.bodyBytes);
    const refusal = refuseContent(input, body);
    if (refusal) return refused(input, refusal);
    const nowMs = Date.now();
    const facts = {
      ...{ userId: user.userId, userUuid: user.id, keyId: null, headers: {}, via: "cli" as const, requestId: null },
      // A file from the future would be right against everything that the phone sends from now on.
      receivedMs: Math.max(0, Math.min(asOfMs ?? opened.changedMs ?? nowMs, nowMs)),
      contentType: "application/json",
      fileName: input.path === null ? null : basename(input.path),
      ...{ sha256: body.sha256, bodyBytes: body.bodyBytes, wireBytes: body.wireBytes },
    };
    const { receipt, problem: failure } = isDryRun
      ? await work.rehearse(facts, user, body)
      : await work.deliver(facts, body);
    return { file: input.name, receipt, error: failure && { code: failure.code, message: failure.detail } };
  } finally {
    await body?.close();
    opened.close();
  }
}

function refused({ name }: Input, { code, message }: { code: string; message: string }): FileResult {
  return { file: name, receipt: null, error: { code, message } };
}

/** As HTTP does: what is no JSON by name and first bytes is not even kept. */
function refuseContent({ name, path }: Input, body: Body) {
  if (body.bodyBytes === 0) return { code: "invalid_json", message: "It is empty." };
  const isNamedJson = path !== null && /\.json(\.gz)?$/i.test(path);
  const content = detectContent(isNamedJson ? "application/json" : undefined, body.head);
  if (content === "json") return undefined;
  return refuseKind(name, { csv: "CSV", zip: "zip", xml: "XML", unsupported: "other format" }[content]);
}

async function* listen(wire: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of wire) {
    bytes += piece.byteLength;
    onBytes(bytes);
    yield piece;
  }
}
