/**
 * The papers cannot drift: what the program can write it writes, and what people write is held against the program.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { dormantProblems, dormantSettings, listCommands, pathOf, writeReferences } from "../scripts/references.js";
import { settingKeys } from "../src/config.js";
import { packageRoot } from "../src/package-root.js";
import { catalogue } from "../src/problem.js";
import { entryTypes } from "./phone/events.js";
import { exportDeliveries } from "./phone/export.js";
import { livePerson } from "./phone/person.js";
import { Lab } from "./support/lab.js";

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");
const generated = writeReferences();

const pages = [
  ...readdirSync(packageRoot).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(packageRoot, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
].sort();

test.each(Object.keys(generated))("%s is what the program says of itself; npm run docs writes it anew", (path) => {
  expect(read(path)).toBe(generated[path]);
});

describe("what is said not to work yet", () => {
  const sources = readdirSync(join(packageRoot, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => ({ file, text: read(`src/${file}`) }));
  const mentionedOutside = (own: RegExp, what: RegExp) =>
    sources.some(({ file, text }) => !own.test(file) && what.test(text));

  test("settings are dormant exactly as long as nothing reads them", () => {
    const propertyOf = (key: string) => {
      const [section, name] = key.split(".") as [string, string | undefined];
      return section === "database" ? `database\\.${camel(name!)}` : section;
    };
    const unread = settingKeys.filter(
      (key) => key.includes(".") && !mentionedOutside(/^config/, new RegExp(`\\bconfig\\.${propertyOf(key)}\\b`)),
    );
    expect(unread).toEqual(dormantSettings);
  });

  test("problems are dormant exactly as long as nothing throws them", () => {
    const unthrown = Object.keys(catalogue).filter((code) => !mentionedOutside(/^problem/, new RegExp(`"${code}"`)));
    expect(unthrown).toEqual(dormantProblems);
  });

  function camel(name: string): string {
    return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  }
});

describe("pages that people write", () => {
  test.each(pages)("every link of %s leads somewhere", (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(packageRoot, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test("commands and flags exist as they are shown", () => {
    const shown = pages.flatMap((page) => commandLines(read(page)).map((line) => ({ page, line })));
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.filter(({ line }) => !isPossible(line))).toEqual([]);
    expect(
      ["selfsensored nonsense", "selfsensored status --nonsense", "selfsensored keys nonsense"].filter(isPossible),
    ).toEqual([]);
  });

  test("every npm word that is shown is one of package.json", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const shown = pages.flatMap((page) => [...read(page).matchAll(/\bnpm run ([a-z]+)/g)].map(([, word]) => word!));
    expect(shown.filter((word) => !(word in scripts))).toEqual([]);
  });

  test("no page tells another default than the table of settings", () => {
    const defaults = new Map(
      [...generated["docs/configuration.md"]!.matchAll(/## `(.+)`\n[\s\S]*?- Default: (.+)\n/g)].map(
        ([, key, value]) => [key!, value!],
      ),
    );
    expect(defaults.size).toBe(settingKeys.length);
    const rows = pages.flatMap((page) =>
      [...read(page).matchAll(/^\| `([a-z_.]+)` \| (none|`[^`|]+`) \|/gm)]
        .filter(([, key]) => page !== "docs/errors.md" && defaults.has(key!))
        .map(([, key, value]) => ({ page, key, value })),
    );
    expect(rows.filter(({ key, value }) => defaults.get(key!) !== value)).toEqual([]);
  });

  test("decisions are numbered without a gap", () => {
    const names = readdirSync(join(packageRoot, "docs/decisions")).sort();
    expect(names.map((name) => name.slice(0, 5))).toEqual(names.map((_, i) => `${String(i + 1).padStart(4, "0")}-`));
    expect(names.length).toBeGreaterThan(0);
  });

  test("the tests that are named for the promises exist", () => {
    const named = [...read("docs/promises.md").matchAll(/^[-*] `(test\/[^`]+)`: (.+)$/gm)];
    expect(named.length).toBeGreaterThan(12);
    // Names that are put together at run time are told by their fixed parts.
    const missing = named.filter(([, file, name]) => {
      return !existsSync(join(packageRoot, file!)) || !name!.split("…").every((part) => read(file!).includes(part));
    });
    expect(missing.map(([line]) => line)).toEqual([]);
  });
});

/** As the usual sites make them out of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Calls of the program in code, without comments and what follows a pipe. */
function commandLines(text: string): string[] {
  const code = [...text.matchAll(/```[a-z]*\n([\s\S]*?)```|`([^`\n]+)`/g)].flatMap(([, block, inline]) =>
    (block ?? inline!).split("\n"),
  );
  return code.flatMap((line) => {
    const call = /(?:^|[^\w/.-])(selfsensored(?: [^|>()]*)?)/.exec(` ${line.replace(/ #.*/, "")}`)?.[1];
    return call === undefined || /^Usage:/.test(line) ? [] : [call.trim()];
  });
}

function isPossible(line: string): boolean {
  const commands = listCommands();
  let command = commands[0]!;
  let isAtCommand = true;
  for (const word of line.split(/\s+/).slice(1)) {
    if (word.startsWith("-") && word.length > 1) {
      const flag = word.split("=")[0]!;
      const known = [...command.options, ...commands[0]!.options, command.createHelp().visibleOptions(command).at(-1)!];
      if (!known.some(({ long, short }) => flag === long || flag === short)) return false;
      continue;
    }
    const next = isAtCommand ? command.commands.find((one) => one.name() === word) : undefined;
    if (next !== undefined) command = next;
    else {
      // What a command without commands of its own gets is its argument.
      if (isAtCommand && command.commands.length > 0 && /^[a-z]+$/.test(word)) return false;
      isAtCommand = false;
    }
  }
  return pathOf(command) !== "";
}

describe("docs/sql.md", () => {
  const text = read("docs/sql.md");
  const tables = [...text.matchAll(/^### `(\w+)`\n([\s\S]*?)(?=^#)/gm)].map(([, name, body]) => ({
    name: name!,
    columns: [...body!.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) =>
      [...cell!.matchAll(/`(\w+)`/g)].map(([, column]) => column!),
    ),
  }));
  const examples = [...text.matchAll(/^(.+):\n\n```sql\n([\s\S]*?)```/gm)].map(([, title, sql]) => ({
    title: title!,
    sql: sql!,
  }));

  async function openFilledStore(): Promise<Database.Database> {
    const lab = await Lab.open({ zone: "Europe/Berlin" });
    const person = livePerson({ seed: 7, zone: "Europe/Berlin", firstDate: "2026-03-02", days: 8, ecgSeconds: 1 });
    const deliveries = [
      ...exportDeliveries(person, { grouping: "hour" }),
      ...exportDeliveries(person, { grouping: "raw", dataTypes: ["workouts", ...entryTypes] }),
    ];
    for (const { body, headers } of deliveries) await lab.send(body, { headers });
    const bad = [{ qty: -5, date: "2026-03-02 10:00:00 +0100" }, 7];
    await lab.send({ data: { metrics: [{ name: "step_count", units: "count", data: bad }] } });
    const db = new Database(join(lab.folder, "selfsensored.db"), { readonly: true });
    onTestFinished(async () => {
      db.close();
      await lab.close();
    });
    return db;
  }

  test("tells every column of every public table, and no other", async () => {
    const db = await openFilledStore();
    const actual = tables.map(({ name }) => ({
      name,
      columns: db.prepare("select name from pragma_table_info(?)").pluck().all(name),
    }));
    const sorted = (list: { name: string; columns: unknown[] }[]) =>
      list.map(({ name, columns }) => ({ name, columns: [...columns].sort() }));
    expect(sorted(tables)).toEqual(sorted(actual));
    expect(tables.length).toBe(19);
  });

  test("its examples answer", async () => {
    const db = await openFilledStore();
    const answers = Object.fromEntries(examples.map(({ title, sql }) => [title, db.prepare(sql).all()]));
    expect(Object.entries(answers).map(([title, rows]) => [title, rows.length, rows[0]])).toEqual([
      ["Steps and sleep of a week, a row per day", 7, { local_date: "2026-03-02", steps: 8763, sleep_h: 6.2 }],
      ["Resting heart rate by week, Monday first", 2, { week: "2026-03-02", resting: 56.6, days: 7 }],
      [
        "Workouts with the highest heart rate that their series shows, and how far they went",
        4,
        { local_date: "2026-03-03", type: "cycling", minutes: 52, km: null, highest: 164 },
      ],
      ["How much of each night was deep sleep", 8, { local_date: "2026-03-02", hours: 6.2, deep_percent: 25 }],
      [
        "What was rejected, and in which delivery",
        2,
        {
          received_at: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          metric: "step_count",
          item_index: 0,
          error: "out_of_range",
          field: "qty",
          message: "The field qty cannot be negative.",
        },
      ],
    ]);
  });
});
