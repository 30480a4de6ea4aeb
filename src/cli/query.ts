/**
 * `query`: points of one metric as a table, JSON or CSV, by the very functions that answer HTTP.
 *
 * All pages are fetched and written as they come, so memory does not grow with the answer; a table has its header anew
 * with each page of ten thousand.
 */
import { type Command, Option } from "commander";
import { offsetAt } from "../health/zone.js";
import { problem } from "../problem.js";
import type { Point, PointsAnswer } from "../query/points.js";
import { chooseUser } from "./choose-user.js";
import type { CommandContext } from "./context.js";
import { withStore } from "./open-store.js";
import type { Cell, Output } from "./output.js";

interface QueryFlags {
  user?: string;
  from?: string;
  to?: string;
  bucket?: string;
  agg?: string;
  tz?: string;
  source?: string;
  format?: "table" | "json" | "csv";
}

export function registerQuery(program: Command, context: CommandContext): void {
  program
    .command("query")
    .description("print points of one metric, as they are stored or by hour, day, week or month")
    .argument("<metric>", "name of the metric, such as step_count")
    .option("--user <name>", "whose data; needed when there are several users")
    .option("--from <time>", "first instant or local date, included")
    .option("--to <time>", "instant, not included, or last local date")
    .option("--bucket <size>", "raw, minute, hour, day, week, month (default: raw)")
    .option("--agg <kind>", "avg, min, max, sum, count, last; else by the kind of the metric")
    .option("--tz <zone>", "zone that cuts days and hours; else the user's")
    .option("--source <name>", "only points of this source")
    .addOption(new Option("--format <name>", "how (default: table)").choices(["table", "json", "csv"]))
    .addHelpText(
      "after",
      `
Examples:
  selfsensored query step_count --bucket day --from 2026-03-01 --to 2026-03-31
  selfsensored query heart_rate --from 2026-03-02T08:00:00Z --format csv`,
    )
    .action((metric: string, flags: QueryFlags) => query(context, metric, flags));
}

async function query(context: CommandContext, metric: string, flags: QueryFlags): Promise<void> {
  const { output } = context;
  const { user: userName, format = output.isJson ? "json" : "table", ...sent } = flags;
  if (output.isJson && format !== "json") throw problem("usage", `--json and --format ${format} exclude each other.`);
  const { inProcessQueries } = await import("../query/client.js");
  await withStore(context, { readonly: true }, async (store) => {
    const user = await chooseUser(store, userName);
    const queries = inProcessQueries(store);
    const write = writers[format](output, sent.tz ?? user.timeZone);
    let cursor: string | undefined;
    do {
      const params = {
        ...{ ...sent, name: metric, limit: "10000", format: format === "csv" ? "csv" : "json" },
        ...(cursor === undefined ? {} : { cursor }),
      };
      const answer = await queries.run("metric", { user, params });
      const text = answer.body as string;
      const next = write.page(text) ?? answer.nextCursor;
      cursor = next ?? undefined;
    } while (cursor !== undefined);
    write.end();
  });
}

interface PageWriter {
  /** Takes the body of an answer; gives the cursor of the next page where the body holds it. */
  page(body: string): string | null;
  end(): void;
}

const writers: Record<"table" | "json" | "csv", (output: Output, zone: string) => PageWriter> = {
  csv: (output) => {
    let isFirst = true;
    return {
      page(body) {
        output.raw(isFirst ? body : body.slice(body.indexOf("\r\n") + 2));
        isFirst = false;
        return null;
      },
      end: () => {},
    };
  },
  // One document, as HTTP would answer it were there no pages.
  json: (output) => {
    let isFirst = true;
    let isEmpty = true;
    return {
      page(body) {
        const { metric, unit, data, next_cursor } = JSON.parse(body) as PointsAnswer;
        if (isFirst) output.raw(`{"metric":${JSON.stringify(metric)},"unit":${JSON.stringify(unit)},"data":[`);
        for (const point of data) {
          output.raw(`${isEmpty ? "" : ","}\n${JSON.stringify(point)}`);
          isEmpty = false;
        }
        isFirst = false;
        return next_cursor;
      },
      end: () => output.raw(`${isEmpty ? "" : "\n"}],"next_cursor":null}\n`),
    };
  },
  table: (output, zone) => {
    let isEmpty = true;
    return {
      page(body) {
        const { data, next_cursor } = JSON.parse(body) as PointsAnswer;
        if (data.length > 0) printTable(output, data, zone);
        isEmpty &&= data.length === 0;
        return next_cursor;
      },
      end: () => {
        if (isEmpty) output.note("There are no points.");
      },
    };
  },
};

const valueColumns = ["value", "min", "avg", "max", "systolic", "diastolic"] as const;

function printTable(output: Output, points: readonly Point[], zone: string): void {
  const first = points[0]!;
  const shown = valueColumns.filter((name) => points.some((point) => typeof point[name] === "number"));
  const isBucket = first.series !== undefined || first.grouping === undefined;
  const columns = [
    { title: "TIME" },
    ...shown.map((name) => ({ title: name.toUpperCase() })),
    ...["UNIT", "SOURCE", isBucket ? "SERIES" : "GROUPING"].map((title) => ({ title })),
  ];
  const isVaried = points.some(({ variant }) => variant !== undefined);
  if (isVaried) columns.push({ title: "VARIANT" });
  output.table(
    columns,
    points.map((point): Cell[] => [
      point.date ?? formatLocal(Date.parse(point.time), zone),
      ...shown.map((name) => point[name] ?? null),
      ...[point.unit, point.source, (isBucket ? point.series : point.grouping) ?? null],
      ...(isVaried ? [point.variant ?? null] : []),
    ]),
  );
}

/** An instant on the wall clock of a zone, with its offset: `2026-03-02 08:00:00 +01:00`. */
function formatLocal(epochMs: number, zone: string): string {
  const offsetMin = offsetAt(zone, epochMs);
  const wall = new Date(epochMs + offsetMin * 60_000).toISOString().slice(0, 19).replace("T", " ");
  const [hours, minutes] = [Math.floor(Math.abs(offsetMin) / 60), Math.abs(offsetMin) % 60];
  const offset = `${offsetMin < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
  return `${wall} ${offset}`;
}
