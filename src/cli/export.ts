/**
 * `export`: everything that one user has, row by row, to stdout or into a file.
 *
 * A file is complete before it replaces an older one. Rows stream, so memory does not grow with their number.
 */
import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Command } from "commander";
import { problem } from "../problem.js";
import type { ExportRow } from "../query/export.js";
import { chooseUser } from "./choose-user.js";
import type { CommandContext } from "./context.js";
import { withStore } from "./open-store.js";
import { formatCount, type Sink } from "./output.js";

type Format = "ndjson" | "csv";

interface ExportFlags {
  format: string;
  user?: string;
  from?: string;
  to?: string;
  metrics?: string;
  output?: string;
}

const rowsPerTurn = 1000;
const laterFormats = ["parquet", "gpx", "fhir"];

export function registerExport(program: Command, context: CommandContext): void {
  program
    .command("export")
    .description("write everything that a user has, row by row")
    .option("--format <name>", "ndjson or csv", "ndjson")
    .option("--user <name>", "whose data; needed when there are several users")
    .option("--from <time>", "first instant or local date, included")
    .option("--to <time>", "instant, not included, or last local date")
    .option("--metrics <list>", "names separated by commas, also workouts, ecg, sleep_stages, symptoms; else all")
    .option("-o, --output <file>", "file to write instead of stdout")
    .addHelpText(
      "after",
      `
Examples:
  selfsensored export -o health.ndjson
  selfsensored export --format csv --metrics step_count,heart_rate --from 2026-01-01`,
    )
    .action((flags: ExportFlags) => exportData(context, flags));
}

function readFormat(text: string): Format {
  if (text === "ndjson" || text === "csv") return text;
  throw problem(
    "usage",
    laterFormats.includes(text)
      ? `The format ${text} is not available in this release; use ndjson or csv.`
      : "--format must be ndjson or csv.",
    { hint: "selfsensored export --help" },
  );
}

async function exportData(context: CommandContext, flags: ExportFlags): Promise<void> {
  const format = readFormat(flags.format);
  const metrics = flags.metrics
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (metrics?.length === 0) throw problem("usage", "--metrics must be names separated by commas.");
  const [{ exportRows, writeExport }, { replaceFile }] = await Promise.all([
    import("../query/export.js"),
    import("./replace-file.js"),
  ]);
  const { output, streams } = context;
  const interruption = context.interruption();
  const progress = output.progress({ label: "exporting rows" });
  const file = flags.output === undefined || flags.output === "-" ? undefined : flags.output;
  const count = await withStore(context, { readonly: true }, async (store) => {
    const user = await chooseUser(store, flags.user);
    const rows = watch(exportRows(store, user, { from: flags.from, to: flags.to, metrics }), (done) => {
      interruption.throwIfAborted();
      progress.update(done);
    });
    const write = (target: Writable) => writeExport(format, rows, target);
    try {
      return file === undefined ? await write(writableOf(streams.stdout)) : await replaceFile(file, write);
    } finally {
      progress.finish();
    }
  });
  if (file === undefined) return;
  if (output.isJson) output.json({ file, format, rows: count });
  else output.line(`Exported ${formatCount(count)} rows to ${file}.`);
}

async function* watch(rows: AsyncIterable<ExportRow>, onRow: (count: number) => void): AsyncGenerator<ExportRow> {
  let count = 0;
  for await (const row of rows) {
    onRow(++count);
    yield row;
    // Neither the store nor a pipe lets the loop turn by itself, and a Ctrl-C is heard there only.
    if (count % rowsPerTurn === 0) await nextTurn();
  }
}

/** The stream itself where it is one, so that a slow reader slows the export down. */
function writableOf(sink: Sink): Writable {
  if (sink instanceof Writable) return sink;
  return new Writable({
    decodeStrings: false,
    write: (text: string | Buffer, _, done) => {
      sink.write(String(text));
      done();
    },
  });
}
