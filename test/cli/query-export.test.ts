/** Data out again, on the command line. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openPlace, steps } from "./support.js";

async function openFilled() {
  const place = openPlace();
  await place.json("users", "add", "anna", "--time-zone", "Europe/Berlin");
  await place.json("ingest", place.write("a.json", steps("2026-03-02", 100, 250)));
  await place.json("ingest", place.write("b.json", steps("2026-03-03", 40)));
  return place;
}

describe("query", () => {
  test("a table shows the user's clock", async () => {
    const { run } = await openFilled();
    expect(await run("query", "step_count", "--to", "2026-03-02")).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        "TIME                        VALUE  UNIT   SOURCE  GROUPING",
        "2026-03-02 08:00:00 +01:00    100  count  Watch   hour",
        "2026-03-02 09:00:00 +01:00    250  count  Watch   hour",
        "",
      ].join("\n"),
    });
  });

  test("buckets, aggregates and zone are those of HTTP", async () => {
    const { json, run } = await openFilled();
    const days = await json("query", "steps", "--bucket", "day");
    expect(days.data.map(({ date, value, series }: Record<string, unknown>) => [date, value, series])).toEqual([
      ["2026-03-02", 350, "hour"],
      ["2026-03-03", 40, "hour"],
    ]);
    const hours = await json("query", "step_count", "--bucket", "day", "--agg", "max", "--to", "2026-03-02");
    expect(hours.data).toMatchObject([{ value: 250 }]);
    expect((await run("query", "step_count", "--bucket", "day")).stdout.split("\n")[1]).toBe(
      "2026-03-02    350  count  Watch   hour",
    );
    expect((await run("query", "step_count", "--tz", "Asia/Tokyo")).stdout).toContain("2026-03-02 16:00:00 +09:00");
  });

  test("CSV and JSON are whole documents, also of nothing", async () => {
    const { json, run } = await openFilled();
    const csv = await run("query", "step_count", "--format", "csv");
    expect(csv.stdout.split("\r\n").map((line) => line.split(",")[0])).toEqual([
      "time",
      "2026-03-02T07:00:00.000Z",
      "2026-03-02T08:00:00.000Z",
      "2026-03-03T07:00:00.000Z",
      "",
    ]);
    expect(await json("query", "heart_rate")).toEqual({
      ...{ metric: "heart_rate", unit: "count/min", data: [], next_cursor: null },
    });
    expect(await run("query", "heart_rate")).toEqual({ code: 0, stdout: "", stderr: "There are no points.\n" });
    expect(JSON.parse((await run("query", "step_count", "--format", "json")).stdout).data).toHaveLength(3);
  });

  test("pages come out as one answer", async () => {
    const { json, run, write } = openPlace();
    await json("users", "add", "anna");
    const data = Array.from({ length: 10_001 }, (_, i) => ({
      date: new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString().replace("T", " ").replace(".000Z", " +0000"),
      qty: i % 7,
    }));
    const body = { data: { metrics: [{ name: "step_count", units: "count", data }] } };
    await json("ingest", write("minutes.json", body));
    const answer = await json("query", "step_count");
    expect([answer.data.length, answer.data[10_000].time, answer.next_cursor]).toEqual([
      10_001,
      "2026-01-07T22:40:00.000Z",
      null,
    ]);
    const lines = (await run("query", "step_count", "--format", "csv")).stdout.trimEnd().split("\r\n");
    expect([lines.length, lines.filter((line) => line.startsWith("time")).length]).toEqual([10_002, 1]);
  });

  test("an unknown metric exits 1, a wrong parameter 2", async () => {
    const { run } = await openFilled();
    expect((await run("query", "happiness")).code).toBe(1);
    for (const flags of [
      ["--bucket", "year"],
      ["--agg", "median"],
      ["--tz", "Mars"],
      ["--from", "2026-03-05", "--to", "2026-03-01"],
      ["--format", "xml"],
      ["--format", "csv", "--json"],
    ]) {
      expect([flags, (await run("query", "step_count", ...flags)).code]).toEqual([flags, 2]);
    }
  });
});

describe("export", () => {
  test("goes to stdout as ndjson, chosen by time and metric", async () => {
    const { run } = await openFilled();
    const rows = (text: string) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
    const all = await run("export");
    expect([all.code, all.stderr, rows(all.stdout).map(({ value }) => value)]).toEqual([0, "", [100, 250, 40]]);
    const some = await run("export", "--format", "ndjson", "--metrics", "step_count, workouts", "--from", "2026-03-03");
    expect(rows(some.stdout)).toMatchObject([{ metric: "step_count", value: 40 }]);
  });

  test("a file is complete before it replaces the old one, and only its owner reads it", async () => {
    const { folder, run, json } = await openFilled();
    const file = join(folder, "out", "health.csv");
    mkdirSync(join(folder, "out"));
    writeFileSync(file, "old");
    const failed = await run("export", "--format", "csv", "--metrics", "happiness", "-o", file);
    expect([failed.code, readFileSync(file, "utf8"), readdirSync(join(folder, "out"))]).toEqual([
      2,
      "old",
      ["health.csv"],
    ]);

    expect(await json("export", "--format", "csv", "-o", file)).toEqual({ file, format: "csv", rows: 3 });
    const lines = readFileSync(file, "utf8").split("\r\n");
    expect([lines.length, lines[0]?.slice(0, 12), statSync(file).mode & 0o777]).toEqual([5, "metric,time,", 0o600]);
    expect(readdirSync(join(folder, "out"))).toEqual(["health.csv"]);
    const nowhere = join(folder, "missing", "x");
    const unwritten = await run("export", "-o", nowhere);
    expect([unwritten.code, unwritten.stdout]).toEqual([1, ""]);
    expect(unwritten.stderr).toContain(`error: The file ${nowhere} cannot be written: its folder does not exist.`);
  });

  test("formats of later releases are refused by name, and others too", async () => {
    const { run } = await openFilled();
    for (const format of ["parquet", "gpx", "fhir"]) {
      const { code, stdout, stderr } = await run("export", "--format", format);
      expect([code, stdout, stderr.split("\n")[0]]).toEqual([
        2,
        "",
        `error: The format ${format} is not available in this release; use ndjson or csv.`,
      ]);
    }
    expect((await run("export", "--format", "xls")).code).toBe(2);
  });

  test("with several users it has to be said whose data", async () => {
    const { run } = await openFilled();
    await run("users", "add", "ben");
    expect((await run("export")).code).toBe(2);
    expect(await run("export", "--user", "ben")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await run("export", "--user", "anna")).stdout.split("\n")).toHaveLength(4);
  });
});

test("every command explains itself with two examples", async () => {
  const { run } = openPlace();
  const helps = [
    ...["setup", "status", "ingest", "backfill", "query", "export"].map((name) => [name]),
    ...["add", "list", "remove"].map((name) => ["users", name]),
    ...["create", "list", "revoke", "rotate"].map((name) => ["keys", name]),
    ...["up", "down", "status", "new"].map((name) => ["migrate", name]),
  ];
  for (const argv of helps) {
    const { code, stdout } = await run(...argv, "--help");
    const [, examples = ""] = stdout.split("Examples:\n");
    const count = examples.split("\n").filter((line) => /^ {2}.*\bselfsensored /.test(line)).length;
    expect([argv, code, count]).toEqual([argv, 0, 2]);
  }
});
