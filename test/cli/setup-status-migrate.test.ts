/** The life of a store on the command line: made, looked at, brought forward and back. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { writeNewMigration } from "../../src/cli/new-migration.js";
import { mayCreate, sayWhereLooked } from "../../src/cli/open-store.js";
import { currentSurroundings, loadConfig } from "../../src/config.js";
import { main } from "../../src/main.js";
import { problem } from "../../src/problem.js";
import { parseApiKey, verifySecret } from "../../src/server/api-keys.js";
import { lockForDaemon } from "../../src/store/open.js";
import { openPlace, steps } from "./support.js";

describe("where there is no store", () => {
  test("commands that only look say where they looked, and make nothing", async () => {
    const { run, dataDir } = openPlace();
    for (const argv of [
      ["status"],
      ["users", "list"],
      ["keys", "list"],
      ["query", "step_count"],
      ["migrate", "down"],
    ]) {
      const { code, stderr } = await run(...argv);
      expect([argv, code, stderr.split("\n")[0]]).toEqual([
        argv,
        1,
        `error: There is no store at ${join(dataDir, "selfsensored.db")}, the place named by flag --data-dir.`,
      ]);
    }
    expect(existsSync(dataDir)).toBe(false);
  });

  test("in the default place none but serve and setup make one", async () => {
    const config = loadConfig({ ...currentSurroundings({ settings: {} }), env: {}, readFile: readNothing });
    const named = loadConfig({
      ...currentSurroundings({ settings: { data_dir: "/srv/health" } }),
      ...{ env: {}, readFile: readNothing },
    });
    expect([mayCreate(config, "named"), mayCreate(config, "always"), mayCreate(config, undefined)]).toEqual([
      false,
      true,
      false,
    ]);
    expect([mayCreate(named, "named"), mayCreate(named, "never")]).toEqual([true, false]);
    const missing = sayWhereLooked(config, () => {
      throw problem("no_store", "There is no store at /x.");
    });
    await expect(missing).rejects.toThrow("There is no store at /x, the default place.");
  });
});

function readNothing(): never {
  throw Object.assign(new Error("missing"), { code: "ENOENT" });
}

describe("setup", () => {
  test("makes user and key once, and leaves everything alone the second time", async () => {
    const { json, run, look } = openPlace();
    const made = await json("setup", "--user", "anna", "--time-zone", "Europe/Vienna");
    expect(made).toEqual({
      created: true,
      user: "anna",
      time_zone: "Europe/Vienna",
      key: expect.stringMatching(/^ss_/),
      urls: expect.arrayContaining([expect.stringMatching(/^http:\/\/.*:8080\/api\/v1\/ingest$/)]),
    });
    const { handle, secret } = parseApiKey(made.key)!;
    const key = await look((store) => store.keyByHandle(handle));
    expect([key?.scopes, await verifySecret(key!.secretHash, secret)]).toEqual([["ingest", "read"], true]);

    const again = await run("setup", "--user", "ben");
    expect([again.code, again.stdout]).toEqual([0, "This is set up already; nothing was changed.\n"]);
    expect(await json("setup")).toEqual({ created: false, users: ["anna"] });
    expect((await look((store) => store.keys())).length).toBe(1);
  });

  test("without a terminal asks nothing and prints the key with what the phone has to be told", async () => {
    const { run } = openPlace();
    const { code, stdout, stderr } = await run("setup");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/URL +http:.*\n[\s\S]*Authorization: Bearer ss_/);
  });

  /** Types the answers on a terminal, one after each question. */
  async function type(place: ReturnType<typeof openPlace>, answers: (string | null)[], ...argv: string[]) {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const written = { stdout: "", stderr: "" };
    const sink = (name: "stdout" | "stderr") => ({
      isTTY: true,
      write: (text: string) => {
        written[name] += text;
        if (!text.endsWith("]: ")) return;
        const answer = answers.shift();
        if (answer === null) stdin.end();
        else stdin.write(`${answer}\n`);
      },
    });
    const flags = ["--data-dir", place.dataDir, "--no-color", ...argv];
    const code = await main(["setup", ...flags], { stdin, stdout: sink("stdout"), stderr: sink("stderr") });
    return { code, ...written };
  }

  test("on a terminal asks for what no flag says, again where the answer is none", async () => {
    const place = openPlace();
    const { code, stderr } = await type(place, ["", "Mars", "Europe/Vienna"]);
    expect(code).toBe(0);
    expect(stderr.match(/\[.*?\]: /g)).toHaveLength(3);
    expect(await place.look((store) => store.users())).toMatchObject([{ name: "me", timeZone: "Europe/Vienna" }]);

    const again = await type(place, []);
    expect([again.code, again.stdout]).toEqual([0, "This is set up already; nothing was changed.\n"]);
  });

  test("makes nothing when the answers end early", async () => {
    const place = openPlace();
    const { code, stderr } = await type(place, [null]);
    expect([code, stderr.split("\n").at(-2)]).toEqual([1, "error: The answers ended early; nothing was set up."]);
    expect(existsSync(place.dataDir)).toBe(false);
    expect((await type(place, [], "--no-input")).code).toBe(0);
  });
});

describe("status", () => {
  test("shows users, backlog, states and sizes of a store without a daemon", async () => {
    const { json, run, write, look } = openPlace();
    await json("users", "add", "anna");
    await json("users", "add", "ben");
    await json("ingest", "--user", "anna", "--as-of", "2026-03-02T10:00:00Z", write("a.json", steps("2026-03-02", 1)));
    await look((store) => store.requeue({}));
    const status = await json("status");
    expect(status).toEqual({
      daemon: { up: false, url: null, pid: null, version: null },
      users: [
        { name: "anna", last_ingestion_at: "2026-03-02T10:00:00.000Z", last_status: "pending", ingestions: 1 },
        { name: "ben", last_ingestion_at: null, last_status: null, ingestions: 0 },
      ],
      backlog: { depth: 1, oldest_at: "2026-03-02T10:00:00.000Z" },
      ingestions: { pending: 1, processing: 0, processed: 0, partial: 0, rejected: 0, failed: 0 },
      database_bytes: expect.any(Number),
      archive_bytes: expect.any(Number),
      free_bytes: expect.any(Number),
    });
    expect((await run("status")).stdout).toMatch(
      /^daemon +not running\nbacklog +1, the oldest of 2026-03-02T10:00:00Z /,
    );
  });

  test("asks the daemon that left its address, and believes its answer only", async () => {
    const { dataDir, json, run } = openPlace();
    await json("users", "add", "anna");
    let body = '{"status":"ok","version":"1.2.3"}';
    const server = createServer((request, response) => {
      response.statusCode = request.url === "/health" ? 200 : 404;
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    writeFileSync(join(dataDir, "daemon.json"), JSON.stringify({ pid: 4711, url }));

    expect((await json("status")).daemon).toEqual({ up: true, url, pid: 4711, version: "1.2.3" });
    expect((await run("status")).stdout).toContain(`up at ${url} (process 4711, version 1.2.3)`);
    body = "<html>another program</html>";
    expect((await json("status")).daemon).toEqual({ up: false, url, pid: null, version: null });
  });
});

describe("migrate", () => {
  test("goes up in a named place, down only with --yes where data goes, and up again beside the raw months", async () => {
    const { json, run, write, dataDir } = openPlace();
    const up = await json("migrate", "up");
    expect(up.applied.length).toBeGreaterThan(0);
    expect(await json("migrate", "up")).toEqual({ ...up, applied: [] });
    const status = await json("migrate", "status");
    expect(status.pending).toBe(0);
    expect(status.migrations[0]).toEqual({ version: 1, name: "initial", applied_at: expect.any(String) });

    await json("users", "add", "anna");
    await json("ingest", write("a.json", steps("2026-03-02", 1)));
    expect((await run("migrate", "down", "--steps", "9")).code).toBe(2);
    const down = await json("migrate", "down", "--steps", "9", "--yes");
    expect(down.undone).toEqual([...up.applied].reverse());
    expect(down.pending).toBe(down.migrations.length);
    expect(readdirSync(join(dataDir, "raw")).filter((file) => file.endsWith(".db"))).toHaveLength(1);

    expect((await json("migrate", "up")).applied).toEqual(up.applied);
    expect(await json("users", "list")).toEqual({ users: [] });
  });

  test("down needs no --yes where nothing goes, and says so when nothing is left to undo", async () => {
    const { run, json } = openPlace();
    const { applied } = await json("migrate", "up");
    expect((await run("migrate", "down", "--steps", String(applied.length))).code).toBe(0);
    expect((await run("migrate", "down")).stdout).toBe("Nothing to do: no migration was undone.\n");
    expect((await run("migrate", "down", "--steps", "0")).code).toBe(2);
  });

  test("down is refused while a daemon has the store", async () => {
    const { run, json, dataDir } = openPlace();
    await json("migrate", "up");
    const lock = lockForDaemon(`sqlite:${join(dataDir, "selfsensored.db")}`);
    onTestFinished(() => lock?.release());
    const { code, stderr } = await run("migrate", "down", "--yes", "--json");
    expect([code, JSON.parse(stderr).code]).toEqual([1, "daemon_running"]);
    expect((await json("migrate", "status")).pending).toBe(0);
  });

  test("new files get the next number in every engine's folder and replace none", () => {
    const { folder } = openPlace();
    for (const engine of ["one", "two"]) mkdirSync(join(folder, "migrations", engine), { recursive: true });
    writeFileSync(join(folder, "migrations/one/0007_old.up.sql"), "");
    const files = writeNewMigration(join(folder, "migrations"), "Add sources!");
    expect(files.map((file) => file.slice(folder.length))).toEqual([
      "/migrations/one/0008_add_sources.up.sql",
      "/migrations/one/0008_add_sources.down.sql",
      "/migrations/two/0008_add_sources.up.sql",
      "/migrations/two/0008_add_sources.down.sql",
    ]);
    expect(readFileSync(files[1]!, "utf8")).toMatch(/^-- keeps all data/);
    expect(() => writeNewMigration(join(folder, "migrations"), "!")).toThrow("needs letters");
  });
});
