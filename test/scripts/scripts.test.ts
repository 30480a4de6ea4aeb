/** The scripts behind `npm start` and `npm test`, in a small copy of the repository with stand-ins for its tools. */
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { packageRoot } from "../../src/package-root.js";

/** The scripts are plain JavaScript without types. */
const load = (name: string) => import(pathToFileURL(join(packageRoot, "scripts", name)).href);

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "selfsensored-scripts-"));
  cpSync(join(packageRoot, "scripts"), join(root, "scripts"), { recursive: true });
  write("package.json", '{ "type": "module" }');
  write("package-lock.json", "{}");
  write("src/main.ts", 'export const word: string = "first";');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function writeProgram(path: string, source: string): void {
  chmodSync(write(path, `#!${process.execPath}\n${source}`), 0o755);
}

/** An installation that is complete: esbuild is the real one, the native check has been passed. */
function pretendInstalled(): void {
  write("node_modules/.package-lock.json", "{}");
  symlinkSync(join(packageRoot, "node_modules/esbuild"), join(root, "node_modules/esbuild"));
  write("scripts/check-native.js", "");
}

describe("build", () => {
  test("builds once, and again only when a source has changed", async () => {
    const { build } = await load("build.js");
    expect(await build(root)).toBe(true);
    expect(readFileSync(join(root, "dist/main.js"), "utf8")).toContain('"first"');
    expect(await build(root)).toBe(false);

    write("src/main.ts", 'export const word: string = "second";');
    expect(await build(root)).toBe(true);
    expect(readFileSync(join(root, "dist/main.js"), "utf8")).toContain('"second"');
  });

  test("builds the threads beside the program, and removes what no longer belongs there", async () => {
    const { build } = await load("build.js");
    write("src/ingest/worker.ts", 'import { word } from "../main.js"; console.log(word);');
    write("dist/chunk-OLD.js", "old");
    await build(root);
    const files = readdirSync(join(root, "dist"), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith(".js"));
    expect(files.map((name) => name.replace(/-[A-Z0-9]+\./, "-HASH.")).sort()).toEqual([
      "chunk-HASH.js",
      "ingest/worker.js",
      "main.js",
    ]);
    expect(files).not.toContain("chunk-OLD.js");
  });

  test("leaves no stamp behind when a source cannot be built", async () => {
    const { build } = await load("build.js");
    await build(root);
    write("src/main.ts", 'import "./missing.js";');
    await expect(build(root)).rejects.toThrow();
    write("src/main.ts", 'export const word: string = "third";');
    expect(await build(root)).toBe(true);
  });
});

describe("installation", () => {
  test("is stale when node_modules is missing or older than the lock", async () => {
    const { isInstallStale } = await load("install.js");
    expect(isInstallStale(root)).toBe(true);
    const installed = write("node_modules/.package-lock.json", "{}");
    utimesSync(join(root, "package-lock.json"), 1000, 1000);
    utimesSync(installed, 1001, 1001);
    expect(isInstallStale(root)).toBe(false);
    utimesSync(installed, 999, 999);
    expect(isInstallStale(root)).toBe(true);
  });

  test("compiles against the headers beside Node.js, unless told otherwise or there are none", async () => {
    const { nativeBuildEnvironment } = await load("install.js");
    const execPath = join(root, "bin/node");
    expect(nativeBuildEnvironment({ A: "1" }, execPath)).toEqual({ A: "1" });
    write("include/node/node.h", "");
    expect(nativeBuildEnvironment({ A: "1" }, execPath)).toEqual({ A: "1", npm_config_nodedir: root });
    expect(nativeBuildEnvironment({ npm_config_nodedir: "/x" }, execPath)).toEqual({ npm_config_nodedir: "/x" });
  });

  test("takes the PostGIS that fits the PostgreSQL which is there", async () => {
    const { aptPackages } = await load("services.js");
    expect(aptPackages(["PostGIS", "Redis"], ["14", "15"])).toEqual(["postgresql-15-postgis-3", "redis-server"]);
    expect(aptPackages(["PostgreSQL", "PostGIS"], [])).toEqual(["postgresql", "postgresql-postgis"]);
  });

  test("finds the native packages of this repository in order", () => {
    const check = spawnSync(process.execPath, [join(packageRoot, "scripts/check-native.js")], { encoding: "utf8" });
    expect([check.status, check.stderr]).toEqual([0, ""]);
  });

  test("says what to install when native packages do not load", () => {
    write("node_modules/argon2/package.json", '{ "name": "argon2", "main": "index.js" }');
    write("node_modules/argon2/index.js", "");
    const check = spawnSync(process.execPath, [join(root, "scripts/check-native.js")], { encoding: "utf8" });
    expect(check.status).toBe(1);
    expect(check.stderr).toMatch(
      /^error: better-sqlite3 does not load: .+\nhint: .*\n.*apt-get install python3 make g\+\+\n/,
    );
    expect(check.stderr).not.toContain("argon2 does not load");
  });
});

describe("npm start", () => {
  const start = (...argv: string[]) =>
    spawn(process.execPath, [join(root, "scripts/start.js"), ...argv], { stdio: "pipe" });

  test("serves with the remaining arguments, passes signals on and the exit code back", async () => {
    pretendInstalled();
    write(
      "bin/selfsensored.js",
      'process.on("SIGTERM", () => process.exit(7)); console.log(process.argv.slice(2).join(" ")); setInterval(() => {}, 1000);',
    );
    const child = start("--server-port", "0");
    const first = await new Promise((resolve) => child.stdout.once("data", (chunk) => resolve(String(chunk))));
    child.kill("SIGTERM");
    const code = await new Promise((resolve) => child.on("exit", resolve));
    expect([first, code]).toEqual(["serve --server-port 0\n", 7]);
    expect(existsSync(join(root, "dist/main.js"))).toBe(true);
  });

  test("installs first where node_modules is missing, and shows what npm said when that fails", () => {
    const npm = write(
      "npm.js",
      'console.log(process.argv.slice(2).join(" ")); console.log("no space left"); process.exit(3);',
    );
    const env = { ...process.env, npm_execpath: npm };
    const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts/start.js")], { encoding: "utf8", env });
    expect(status).toBe(1);
    expect(stderr).toContain("error: npm ci failed:\nci --include=dev --no-audit --no-fund\nno space left\n");
  });

  test("checks the native packages once, and rebuilds those that do not load", async () => {
    pretendInstalled();
    write("bin/selfsensored.js", "");
    write(
      "scripts/check-native.js",
      'import { existsSync } from "node:fs"; process.exit(existsSync("rebuilt") ? 0 : 1);',
    );
    const npm = write(
      "npm.js",
      'import { writeFileSync } from "node:fs"; writeFileSync("rebuilt", process.argv.slice(2).join(" "));',
    );
    const run = () =>
      spawnSync(process.execPath, [join(root, "scripts/start.js")], {
        encoding: "utf8",
        env: { ...process.env, npm_execpath: npm },
      });
    expect(run().status).toBe(0);
    expect(readFileSync(join(root, "rebuilt"), "utf8")).toBe("rebuild better-sqlite3 argon2");
    rmSync(join(root, "rebuilt"));
    expect([run().stderr, existsSync(join(root, "rebuilt"))]).toEqual(["", false]);
  });
});

describe("npm test", () => {
  const report = (statuses: string[]) =>
    JSON.stringify({ testResults: [{ status: "passed", assertionResults: statuses.map((status) => ({ status })) }] });

  function runTests(given: { statuses: string[]; biome?: number; vitest?: number; env?: Record<string, string> }) {
    pretendInstalled();
    writeProgram("node_modules/.bin/biome", `process.exit(${given.biome ?? 0});`);
    writeProgram("node_modules/.bin/tsc", "");
    writeProgram(
      "node_modules/.bin/vitest",
      `const out = process.argv.find((one) => one.startsWith("--outputFile.json=")).split("=")[1];
      require("node:fs").writeFileSync(out, ${JSON.stringify(report(given.statuses))});
      console.log(process.argv.at(-1)); process.exit(${given.vitest ?? 0});`,
    );
    write("node_modules/.bin/package.json", '{ "type": "commonjs" }');
    // An empty PATH: nothing is to be installed by this test.
    const env = { PATH: join(root, "none"), ...given.env };
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, "scripts/test.js"), "test/one.test.ts"],
      {
        encoding: "utf8",
        env,
      },
    );
    return { status, stderr, lines: stdout.trimEnd().split("\n") };
  }

  test("ends with the counts as its very last line, and hands further arguments to vitest", () => {
    const { status, lines } = runTests({ statuses: ["passed", "passed", "skipped"] });
    expect([status, lines]).toEqual([0, ["test/one.test.ts", "2 passed, 0 failed, 1 skipped"]]);
  });

  test("fails when a test fails, or a step before the tests does", () => {
    const failing = runTests({ statuses: ["passed", "failed"], vitest: 1 });
    expect([failing.status, failing.lines.at(-1)]).toEqual([1, "1 passed, 1 failed, 0 skipped"]);
    rmSync(join(root, "node_modules"), { recursive: true });
    const unformatted = runTests({ statuses: ["passed"], biome: 1 });
    expect([unformatted.status, unformatted.lines.at(-1)]).toEqual([1, "1 passed, 1 failed, 0 skipped"]);
    expect(unformatted.stderr).toContain("failed: lint and format\n");
  });

  test("takes a skipped test for a failure where CI is set", () => {
    const { status, stderr, lines } = runTests({ statuses: ["passed", "skipped"], env: { CI: "true" } });
    expect([status, lines.at(-1)]).toEqual([1, "1 passed, 0 failed, 1 skipped"]);
    expect(stderr).toContain("failed: in CI no test may be skipped\n");
  });

  test("counts a file that could not be loaded, and a run that failed without naming a test", async () => {
    const { countTests } = await load("test-counts.js");
    const file = (status: string, ...statuses: string[]) => ({
      status,
      assertionResults: statuses.map((one) => ({ status: one })),
    });
    expect(countTests({ testResults: [file("failed"), file("passed", "passed", "todo", "pending")] }, false)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 2,
    });
    expect(countTests({ testResults: [file("failed", "failed", "passed")] }, false)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
    expect(countTests(null, false)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(countTests({ testResults: [file("passed", "passed")] }, false)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });
});
