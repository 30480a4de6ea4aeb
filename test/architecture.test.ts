/**
 * The shape of the source: what may import what, how long a file may be, what no file may be called.
 *
 * Folders answer questions, and imports point downwards only; the modules at the root of `src/` serve all of them. The
 * source is read as text, so imports of types count too: a type from above is knowledge of what is above.
 */
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../src/package-root.js";

const sourceRoot = join(packageRoot, "src");

/** From top to bottom: a folder may import those after it. */
const layers = ["cli", "tui", "server", "jobs", "query", "ingest", "formats", "store", "health"];

/** May be imported from everywhere but the pure folders. */
const rootModules = [
  "config.ts",
  "config-file.ts",
  "config-sources.ts",
  "config-values.ts",
  "cron-expression.ts",
  "log.ts",
  "log-names.ts",
  "nearest.ts",
  "package-root.ts",
  "problem.ts",
  "prometheus.ts",
];

/** Imports of folders by root modules, which otherwise know none. */
const rootExceptions: Record<string, string[]> = {
  // The way in: it makes the command line and is imported by nobody.
  "main.ts": ["cli/context.ts", "cli/program.ts"],
  // Labels may only be names that the registry knows, or what people send would grow the number of series; the rest is
  // types of what the store reports.
  "prometheus.ts": ["health/record.ts", "health/registry.ts", "store/store.ts"],
};

/** Bytes to items, items to records: no file, network, process, thread, setting or log is needed for either. */
const pureFolders = ["formats", "health"];
const pureBuiltins = ["buffer", "util"];

/** Names that say nothing about what is inside. */
const emptyNames = /(^|\/)(utils?|helpers?|common|index|misc|shared|lib|types)(\.ts|\/)/;

interface Import {
  file: string;
  /** A path under src/, or the name of a package or of a module of Node. */
  target: string;
}

const files = readdirSync(sourceRoot, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file))
  .sort();
const textOf = new Map(files.map((file) => [file, readFileSync(join(sourceRoot, file), "utf8")]));
const imports = files.flatMap((file) => findImports(file, textOf.get(file)!));

function findImports(file: string, text: string): Import[] {
  const statements = text.matchAll(
    /^(?:import|export)\b[^"';]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm,
  );
  return [...statements].map(([, from, bare, lazy]) => {
    const name = (from ?? bare ?? lazy)!;
    const target = name.startsWith(".")
      ? relative(sourceRoot, join(sourceRoot, dirname(file), name)).replace(/\.js$/, ".ts")
      : name.replace(/^node:/, "");
    return { file, target };
  });
}

function folderOf(path: string): string | null {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : null;
}

const isOurs = ({ target }: Import): boolean => textOf.has(target);
const show = ({ file, target }: Import): string => `${file} imports ${target}`;

test("the reader of imports sees every kind of import", () => {
  const text = [
    'import { a } from "./a.js";',
    "import {",
    "  type B,",
    '} from "../health/b.js";',
    'import type C from "c";',
    'import "./d.js";',
    'export { e } from "node:e";',
    'export * from "./f.js";',
    'const g = await import("./g.js");',
    'type H = typeof import("h");',
  ].join("\n");
  expect(findImports("store/x.ts", text).map(({ target }) => target)).toEqual([
    "store/a.ts",
    "health/b.ts",
    "c",
    "store/d.ts",
    "e",
    "store/f.ts",
    "store/g.ts",
    "h",
  ]);
});

test("every relative import is found, so that none escapes the rules below", () => {
  expect(imports.length).toBeGreaterThan(files.length);
  const lost = imports.filter((one) => !isOurs(one) && one.target.includes(".ts"));
  expect(lost.map(show)).toEqual([]);
});

test("folders are those that have a question, and the root has no module but the known ones", () => {
  const folders = new Set(files.flatMap((file) => folderOf(file) ?? []));
  expect([...folders].filter((folder) => !layers.includes(folder))).toEqual([]);
  const atRoot = files.filter((file) => folderOf(file) === null);
  expect(atRoot).toEqual([...rootModules, "main.ts"].sort());
});

test("imports point downwards only", () => {
  const upwards = imports.filter((one) => {
    const from = folderOf(one.file);
    const to = folderOf(one.target);
    if (!isOurs(one) || from === null || to === null || from === to) return false;
    return layers.indexOf(to) < layers.indexOf(from);
  });
  expect(upwards.map(show)).toEqual([]);
});

test("modules at the root import no folder, main excepted and the metrics by name", () => {
  const found: Record<string, string[]> = {};
  for (const one of imports) {
    if (folderOf(one.file) !== null || folderOf(one.target) === null || !isOurs(one)) continue;
    found[one.file] = [...(found[one.file] ?? []), one.target].sort();
  }
  expect(found).toEqual(rootExceptions);
});

test("nobody imports main", () => {
  expect(imports.filter(({ target }) => target === "main.ts").map(show)).toEqual([]);
});

test("formats and health are pure: they know only each other, of Node only bytes, and neither clock nor chance", () => {
  const impure = imports.filter((one) => {
    if (!pureFolders.includes(folderOf(one.file) ?? "")) return false;
    return isOurs(one) ? !pureFolders.includes(folderOf(one.target) ?? "") : !pureBuiltins.includes(one.target);
  });
  expect(impure.map(show)).toEqual([]);
  const moody = [...textOf].filter(
    ([file, text]) =>
      pureFolders.includes(folderOf(file) ?? "") &&
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bperformance\./.test(text),
  );
  expect(moody.map(([file]) => file)).toEqual([]);
});

test("only the SQLite folder knows the driver, and only store/open.ts knows that folder", () => {
  const outside = imports.filter(({ file, target }) => {
    if (file.startsWith("store/sqlite/")) return false;
    return target === "better-sqlite3" || (target.startsWith("store/sqlite/") && file !== "store/open.ts");
  });
  expect(outside.map(show)).toEqual([]);
});

test("every package that is imported is declared, and every declared one is imported", () => {
  const { dependencies } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const used = imports
    .filter((one) => !isOurs(one) && !builtinModules.includes(one.target))
    .map(({ target }) => packageOf(target));
  // The schedule is checked against the scheduler's own idea of it (test/config.test.ts); nothing runs by it yet.
  expect([...new Set([...used, "node-cron"])].sort()).toEqual(Object.keys(dependencies).sort());
});

function packageOf(target: string): string {
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}

test("no file is past 500 lines unless its first lines say why it is one thing", () => {
  const long = [...textOf].filter(([, text]) => {
    const lines = text.split("\n");
    return lines.length > 501 && !/\bone file\b/i.test(lines.slice(0, 20).join("\n"));
  });
  expect(long.map(([file]) => file)).toEqual([]);
});

test("no file or folder has a name that says nothing", () => {
  expect(files.filter((file) => emptyNames.test(file))).toEqual([]);
});

test("nothing reads the environment at import: only inside functions, and only where a process begins", () => {
  // Formatted code at the top of a module begins at the margin, code of a function does not.
  const readers = [...textOf].flatMap(([file, text]) =>
    text.split("\n").flatMap((line) => {
      if (!/\bprocess\.env\b|\{[^}]*\benv\b[^}]*\} = process\b/.test(line)) return [];
      return [{ file, isInFunction: /^\s/.test(line) }];
    }),
  );
  expect([...new Set(readers.map(({ file }) => file))].sort()).toEqual(["cli/context.ts", "cli/serve.ts", "config.ts"]);
  expect(readers.filter(({ isInFunction }) => !isInFunction)).toEqual([]);
});
