/** The command line as a whole: global flags, exit codes, what goes to stdout and what to stderr. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CommandContext } from "../../src/cli/context.js";
import { createProgram } from "../../src/cli/program.js";
import { main, runProgram } from "../../src/main.js";
import { packageRoot } from "../../src/package-root.js";
import { problem } from "../../src/problem.js";

const folder = mkdtempSync(join(tmpdir(), "selfsensored-frame-"));
const emptyConfig = join(folder, "empty.yaml");
writeFileSync(emptyConfig, "");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function collect(isTTY = false) {
  const written = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr") => ({
    isTTY,
    write: (text: string) => {
      written[name] += text;
    },
  });
  return { written, streams: { stdin: process.stdin, stdout: sink("stdout"), stderr: sink("stderr") } };
}

async function call(...argv: string[]) {
  const { written, streams } = collect();
  const code = await main(argv, streams);
  return { code, ...written };
}

describe("usage", () => {
  test("an unknown command exits 2 and names the nearest one", async () => {
    expect(await call("confg", "show")).toEqual({
      code: 2,
      stdout: "",
      stderr: "error: unknown command 'confg'\nhint:  did you mean config?\n",
    });
  });

  test("an unknown flag of a command exits 2 and names the nearest one", async () => {
    expect(await call("config", "show", "--jsn")).toEqual({
      code: 2,
      stdout: "",
      stderr: "error: unknown option '--jsn'\nhint:  did you mean --json?\n",
    });
  });

  test("a flag without its value, and an argument too many, exit 2 with a hint", async () => {
    const missing = await call("config", "show", "--data-dir");
    expect([missing.code, missing.stderr]).toEqual([
      2,
      "error: option '--data-dir <dir>' argument missing\nhint:  selfsensored --help\n",
    ]);
    expect((await call("config", "show", "more")).code).toBe(2);
  });

  test("with --json a usage error is one line of JSON on stderr, wherever the flag stands", async () => {
    const line = '{"code":"usage","message":"unknown command \'shw\'","hint":"did you mean show?","exit_code":2}\n';
    expect(await call("--json", "config", "shw")).toEqual({ code: 2, stdout: "", stderr: line });
    expect(await call("config", "shw", "--json")).toEqual({ code: 2, stdout: "", stderr: line });
  });

  test("no command at all prints the help on stderr and exits 2", async () => {
    const { code, stdout, stderr } = await call();
    expect([code, stdout, stderr.split("\n")[0]]).toEqual([2, "", "Usage: selfsensored [options] [command]"]);
    expect(JSON.parse((await call("--json")).stderr)).toEqual({
      code: "usage",
      message: "no command was given",
      hint: "selfsensored --help",
      exit_code: 2,
    });
  });

  test("--help and --version answer on stdout and exit 0", async () => {
    const help = await call("--help");
    expect([help.code, help.stderr]).toEqual([0, ""]);
    for (const flag of [
      "--config",
      "--data-dir",
      "--database-url",
      "--json",
      "--quiet",
      "--no-color",
      "--version",
      "--help",
    ]) {
      expect(help.stdout).toContain(flag);
    }
    const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string };
    expect(await call("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("config show", () => {
  test("prints every setting with value and origin as JSON, and nothing else", async () => {
    const file = join(folder, "some.yaml");
    writeFileSync(file, "redis.url: redis://:hunter2@cache:6379\nserver:\n  trusted_proxies: loopback\n");
    const { code, stdout, stderr } = await call(
      "config",
      "show",
      "--json",
      "--config",
      file,
      "--data-dir",
      "/srv/health",
    );
    const { settings } = JSON.parse(stdout) as { settings: { key: string; value: unknown; origin: string }[] };
    expect([code, stderr]).toEqual([0, ""]);
    expect(settings).toHaveLength(21);
    expect(settings.filter(({ origin }) => origin !== "default")).toEqual([
      { key: "server.trusted_proxies", value: ["loopback"], origin: `file ${file}` },
      { key: "data_dir", value: "/srv/health", origin: "flag --data-dir" },
      { key: "redis.url", value: "redis://:***@cache:6379", origin: `file ${file}` },
    ]);
  });

  test("takes global flags before the command too", async () => {
    const { stdout } = await call(
      "--config",
      emptyConfig,
      "--database-url",
      "postgres://me:hunter2@db/x",
      "config",
      "show",
    );
    expect(stdout).toMatch(/^database\.url +postgres:\/\/me:\*\*\*@db\/x +flag --database-url$/m);
    expect(stdout).not.toContain("hunter2");
  });

  test("notes what it read on stderr, unless it is to be quiet", async () => {
    const loud = await call("config", "show", "--config", emptyConfig);
    expect(loud.stderr).toBe(`Config file: ${emptyConfig}\n`);
    expect(await call("config", "show", "--config", emptyConfig, "--quiet")).toEqual({ ...loud, stderr: "" });
  });

  test("a wrong configuration exits 2 with every fault", async () => {
    const file = join(folder, "wrong.yaml");
    writeFileSync(file, "sever:\n  port: 1\ndata_dir: ''\n");
    const people = await call("config", "show", "--config", file);
    expect([people.code, people.stdout]).toEqual([2, ""]);
    expect(people.stderr).toBe(
      [
        "error: the configuration has 2 faults:",
        `  sever.port (file ${file}:2) is an unknown key; did you mean server.port?`,
        `  data_dir: "" (file ${file}) is not allowed; allowed: a path`,
        "hint:  Correct or remove what is named above, then look at the result with: selfsensored config show",
        "",
      ].join("\n"),
    );
    const programs = await call("config", "show", "--config", file, "--json");
    expect(programs.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(programs.stderr)).toMatchObject({ code: "bad_configuration", exit_code: 2 });
    expect(JSON.parse(programs.stderr).findings).toHaveLength(2);
  });
});

describe("errors of commands", () => {
  async function callFailing(thrown: unknown, ...argv: string[]) {
    const { written, streams } = collect();
    const context = new CommandContext(streams, { json: argv.includes("--json") });
    const program = createProgram(context);
    program.command("boom").action(() => {
      throw thrown;
    });
    return { code: await runProgram(program, context, ["boom", ...argv]), ...written };
  }

  test("a known problem is two lines and no stack", async () => {
    expect(await callFailing(problem("no_store", "there is no store in /srv/health"))).toEqual({
      code: 1,
      stdout: "",
      stderr:
        "error: there is no store in /srv/health\n" +
        "hint:  Make one with: selfsensored setup. If there is one elsewhere, name it: --data-dir DIR or --database-url URL\n",
    });
  });

  test("a file that cannot be opened is an error, not a bug", async () => {
    let thrown: unknown;
    try {
      readFileSync("/nowhere/x");
    } catch (error) {
      thrown = error;
    }
    expect(await callFailing(thrown)).toEqual({
      code: 1,
      stdout: "",
      stderr: "error: ENOENT: no such file or directory, open '/nowhere/x'\n",
    });
  });

  test("a bug shows its stack to people and its code to programs", async () => {
    const { code, stderr } = await callFailing(new TypeError("x is not a function"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: Something went wrong.*\nTypeError: x is not a function\n +at /);
    expect(JSON.parse((await callFailing(new TypeError("x"), "--json")).stderr)).toMatchObject({
      code: "internal",
      exit_code: 1,
    });
  });

  test("a command that is done but rejected some input ends with its own code", async () => {
    const { streams } = collect();
    const context = new CommandContext(streams);
    const program = createProgram(context);
    program.command("partly").action(() => {
      context.exitCode = 3;
    });
    expect(await runProgram(program, context, ["partly"])).toBe(3);
  });
});

describe("Ctrl-C", () => {
  test("asks a command that listens to stop, once, and is not heard before or after", () => {
    const { streams } = collect();
    const context = new CommandContext(streams);
    const before = process.listeners("SIGINT");
    const signal = context.interruption();
    expect(context.interruption()).toBe(signal);
    const [own, ...more] = process.listeners("SIGINT").filter((one) => !before.includes(one));
    expect([own === undefined, more, signal.aborted]).toEqual([false, [], false]);

    own?.("SIGINT");

    expect(() => signal.throwIfAborted()).toThrow(problem("interrupted", "Stopped by SIGINT."));
    expect(process.listeners("SIGINT")).toEqual(before);
  });
});

describe("colours", () => {
  test("appear on a terminal only, and not against --no-color", async () => {
    const bold = async (isTTY: boolean, ...argv: string[]) => {
      const { written, streams } = collect(isTTY);
      await main(["config", "show", "--config", emptyConfig, ...argv], streams);
      return written.stdout.includes("\u001b[");
    };
    expect([await bold(true), await bold(true, "--no-color"), await bold(false)]).toEqual([true, false, false]);
    process.env["NO_COLOR"] = "1";
    try {
      expect(await bold(true)).toBe(false);
    } finally {
      delete process.env["NO_COLOR"];
    }
  });
});

describe("the process", () => {
  const bin = join(packageRoot, "bin/selfsensored.js");
  beforeAll(() => {
    execFileSync(process.execPath, [join(packageRoot, "scripts/build.js")], { stdio: "pipe" });
  }, 60_000);

  test("ends with the exit code of the command", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, "confg"], { encoding: "utf8" });
    expect([status, stdout, stderr.split("\n")[0]]).toEqual([2, "", "error: unknown command 'confg'"]);
  });

  test("ends quietly when its reader goes away", async () => {
    const child = spawn(process.execPath, [bin, "config", "show", "--config", emptyConfig], { stdio: "pipe" });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk) => (stderr += chunk));
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, stderr.replace(/^Config file: .*\n/, "")]).toEqual([0, ""]);
  });

  test.runIf(process.getuid?.() === 0)("as root a command can act as the owner of the data", () => {
    const owned = mkdtempSync(join(folder, "owned-"));
    chownSync(owned, 65534, 65534);
    const script = join(folder, "owner.mjs");
    const source = readFileSync(join(packageRoot, "src/cli/owner.ts"), "utf8").replace(
      "folder: string): void",
      "folder)",
    );
    writeFileSync(script, `${source}\nactAsOwner(process.argv[2]);\nconsole.log(process.getuid(), process.getgid());`);
    const act = (path: string) => execFileSync(process.execPath, [script, path], { encoding: "utf8" }).trim();
    expect([act(owned), act(folder), act(join(folder, "missing"))]).toEqual(["65534 65534", "0 0", "0 0"]);
  });
});
