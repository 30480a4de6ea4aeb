/** Users and keys on the command line. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseApiKey, verifySecret } from "../../src/server/api-keys.js";
import { openPlace, steps } from "./support.js";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("users", () => {
  test("added users are listed with zone and address, and a second of the same name is refused", async () => {
    const { run, json } = openPlace();
    const added = await json("users", "add", "anna", "--time-zone", "Europe/Vienna", "--email", "a@example.org");
    expect(added).toEqual({
      id: expect.stringMatching(uuid),
      name: "anna",
      time_zone: "Europe/Vienna",
      email: "a@example.org",
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await json("users", "list")).toEqual({ users: [added] });
    expect(await run("users", "add", "anna")).toEqual({
      code: 1,
      stdout: "",
      stderr: "error: There is a user anna already.\nhint:  selfsensored users list\n",
    });
  });

  test("a zone that is none, and a name that could steer a terminal, are wrong usage", async () => {
    const { run, dataDir } = openPlace();
    const zone = await run("users", "add", "anna", "--time-zone", "Mars/Olympus");
    expect([zone.code, zone.stderr]).toEqual([
      2,
      "error: option '--time-zone <tz>' argument 'Mars/Olympus' is invalid. Allowed: the name of a time zone such as Europe/Berlin or UTC.\nhint:  selfsensored --help\n",
    ]);
    expect((await run("users", "add", "an\u001b[2Jna")).code).toBe(2);
    expect(existsSync(dataDir)).toBe(false);
  });

  test("a user is removed only with --yes, with keys, records and archived bytes", async () => {
    const { run, json, write, look } = openPlace();
    const user = await json("users", "add", "anna");
    await json("keys", "create", "--name", "phone");
    await json("ingest", write("steps.json", steps("2026-03-02", 10, 20)));

    expect((await run("users", "remove", "anna")).code).toBe(2);
    expect(await look((store) => store.users())).toHaveLength(1);

    const { removed, ...who } = await json("users", "remove", "anna", "--yes");
    expect(who).toEqual({ id: user.id, name: "anna" });
    expect(removed).toMatchObject({ keys: 1, points: 2, deliveries: 1, archived_payloads: 1 });
    expect(await look((store) => store.users())).toEqual([]);
    expect((await run("users", "remove", "anna", "--yes")).code).toBe(1);
  });
});

describe("keys", () => {
  test("a new key is printed once, with exactly the members that scripts rely on", async () => {
    const { json, look } = openPlace();
    await json("users", "add", "anna");
    const made = await json("keys", "create", "--user", "anna", "--name", "phone");
    expect(made).toEqual({
      id: expect.stringMatching(uuid),
      key: expect.stringMatching(/^ss_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}$/),
      user: "anna",
      name: "phone",
      scopes: ["ingest", "read"],
      expires_at: null,
    });
    const { handle, secret } = parseApiKey(made.key)!;
    const stored = await look((store) => store.keyByHandle(handle));
    expect(await verifySecret(stored!.secretHash, secret)).toBe(true);
  });

  test("scopes, expiry and limits are stored as they were asked for", async () => {
    const { json, look } = openPlace();
    await json("users", "add", "anna");
    const limits = ["--requests-per-hour", "60", "--bandwidth-per-hour", "10MiB"];
    const before = Date.now();
    const made = await json("keys", "create", "--scope", "admin,ingest", "--expires", "90d", ...limits);
    const expiresMs = Date.parse(made.expires_at) - 90 * 86_400_000;
    expect([made.scopes, expiresMs >= before, expiresMs <= Date.now()]).toEqual([["ingest", "admin"], true, true]);
    const [key] = await look((store) => store.keys());
    expect(key).toMatchObject({
      scopes: ["ingest", "admin"],
      expiresAt: made.expires_at,
      requestsPerHour: 60,
      bandwidthPerHour: 10 * 1024 ** 2,
    });
  });

  test("wrong scopes, durations and sizes are wrong usage", async () => {
    const { run, json } = openPlace();
    await json("users", "add", "anna");
    for (const flags of [
      ["--scope", "write"],
      ["--scope", ""],
      ["--expires", "90"],
      ["--expires", "9999999d"],
      ["--requests-per-hour", "0"],
      ["--bandwidth-per-hour", "10MB"],
    ]) {
      expect([flags, (await run("keys", "create", ...flags)).code]).toEqual([flags, 2]);
    }
    expect(await json("keys", "list")).toEqual({ keys: [] });
  });

  test("without --user there must be exactly one user", async () => {
    const { run } = openPlace();
    await run("users", "add", "anna");
    await run("users", "add", "ben");
    const several = await run("keys", "create");
    expect([several.code, several.stderr]).toEqual([
      2,
      "error: There are several users: say whose data with --user NAME.\nhint:  selfsensored users list\n",
    ]);
    expect((await run("keys", "create", "--user", "carl")).code).toBe(1);
    expect((await run("keys", "create", "--user", "ben")).code).toBe(0);
  });

  test("an automation for the phone holds URL and header, and nobody else reads the file", async () => {
    const { folder, run, json } = openPlace();
    await json("users", "add", "anna");
    const file = join(folder, "phone.json");
    const made = await json("keys", "create", "--name", "phone", "--automation", file);
    const automation = JSON.parse(readFileSync(file, "utf8"));
    expect(automation).toMatchObject({
      name: "selfsensored phone",
      urlString: expect.stringMatching(/^http:\/\/[\d.]+:8080\/api\/v1\/ingest$/),
      headers: [{ Authorization: `Bearer ${made.key}` }],
      exportDestination: "restApi",
      exportDataType: "healthMetrics",
      exportFormat: "JSON",
      exportVersion: "ExportVersion.v2",
      batchRequests: true,
    });
    expect(automation.metrics).toEqual(expect.arrayContaining(["Step Count", "Heart Rate"]));
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const lost = await run("keys", "create", "--automation", join(folder, "missing", "phone.json"));
    expect(lost.code).toBe(1);
    expect((await json("keys", "list")).keys).toHaveLength(1);
  });

  test("an automation leads to where the daemon is, also when its settings are not those of the command", async () => {
    const { folder, dataDir, json } = openPlace();
    await json("users", "add", "anna");
    const file = join(folder, "phone.json");
    const urls: string[] = [];
    for (const url of ["https://127.0.0.1:8443", "https://127.0.0.1", "https://health.example/base", "nonsense"]) {
      writeFileSync(join(dataDir, "daemon.json"), JSON.stringify({ pid: 1, url }));
      await json("keys", "create", "--name", "phone", "--automation", file);
      urls.push(JSON.parse(readFileSync(file, "utf8")).urlString.replace(/\/\/[\d.]+/, "//HOST"));
    }
    expect(urls).toEqual([
      "https://HOST:8443/api/v1/ingest",
      "https://HOST/api/v1/ingest",
      "https://health.example/base/api/v1/ingest",
      "http://HOST:8080/api/v1/ingest",
    ]);
  });

  test("the list shows states and never a secret or a hash", async () => {
    const { run, json, look } = openPlace();
    await json("users", "add", "anna");
    const active = await json("keys", "create", "--name", "active");
    const revoked = await json("keys", "create", "--name", "revoked");
    await json("keys", "create", "--name", "expired", "--expires", "1ms");
    await json("keys", "revoke", revoked.id);

    const { keys } = await json("keys", "list");
    expect(keys.map(({ name, state, user }: Record<string, string>) => [name, state, user])).toEqual([
      ["active", "active", "anna"],
      ["revoked", "revoked", "anna"],
      ["expired", "expired", "anna"],
    ]);
    const hashes = (await look((store) => store.keys())).map(({ secretHash }) => secretHash);
    for (const { stdout } of [await run("keys", "list"), await run("keys", "list", "--json")]) {
      const secrets = [parseApiKey(active.key)!.secret, parseApiKey(revoked.key)!.secret, ...hashes];
      expect(secrets.filter((secret) => stdout.includes(secret))).toEqual([]);
    }
  });

  test("a rotated key has a new secret at once and the old one for the grace", async () => {
    const { json, look } = openPlace();
    await json("users", "add", "anna");
    const old = await json("keys", "create", "--name", "phone");
    const before = Date.now();
    const { previous_valid_until: until, ...rotated } = await json("keys", "rotate", old.id, "--grace", "2h");
    expect({ ...rotated, key: old.key }).toEqual(old);
    expect(rotated.key).not.toBe(old.key);
    expect(Date.parse(until) - before).toBeGreaterThanOrEqual(7_200_000);
    expect(Date.parse(until) - Date.now()).toBeLessThanOrEqual(7_200_000);

    const { handle, secret } = parseApiKey(rotated.key)!;
    const stored = await look((store) => store.keyByHandle(handle));
    expect(await verifySecret(stored!.secretHash, secret)).toBe(true);
    expect(await verifySecret(stored!.previousHash!, parseApiKey(old.key)!.secret)).toBe(true);
    expect(stored!.previousUntilMs).toBe(Date.parse(until));
  });

  test("unknown ids exit 1, and what has ended is not rotated", async () => {
    const { run, json } = openPlace();
    await json("users", "add", "anna");
    const unknown = "019a0c3e-5d7b-7c1e-9b0a-3f1c2d4e5f60";
    expect((await run("keys", "revoke", unknown)).code).toBe(1);
    expect((await run("keys", "rotate", unknown)).code).toBe(1);
    const { id } = await json("keys", "create");
    await json("keys", "revoke", id);
    const expired = await json("keys", "create", "--expires", "1ms");
    for (const ended of [id, expired.id]) {
      const rotated = await run("keys", "rotate", ended);
      expect([rotated.code, rotated.stdout]).toEqual([1, ""]);
    }
    expect((await run("keys", "revoke", id)).code).toBe(0);
  });
});
