/** Settings: where they come from, which one wins, and what is said when one is wrong. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import * as cron from "node-cron";
import { describe, expect, test } from "vitest";
import { type Config, loadConfig, type Surroundings, settingKeys } from "../src/config.js";
import { environmentName } from "../src/config-sources.js";
import { formatDuration, formatSize, maskPasswords, parseDurationMs, parseSizeBytes } from "../src/config-values.js";
import { isCronExpression } from "../src/cron-expression.js";
import { packageRoot } from "../src/package-root.js";
import { Problem } from "../src/problem.js";

const etc = "/etc/selfsensored/config.yaml";

function surroundings(given: {
  files?: Record<string, string>;
  env?: Record<string, string>;
  flags?: Surroundings["flags"];
  isService?: boolean;
  isTerminal?: boolean;
}): Surroundings {
  const files = new Map(Object.entries(given.files ?? {}));
  return {
    flags: given.flags ?? {},
    env: given.env ?? {},
    readFile: (path) => {
      const text = files.get(path);
      if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      if (text === "(forbidden)") throw Object.assign(new Error("forbidden"), { code: "EACCES" });
      return text;
    },
    isService: given.isService ?? false,
    isTerminal: given.isTerminal ?? false,
    homeFolder: "/home/ada",
    workingFolder: "/work",
  };
}

const load = (given: Parameters<typeof surroundings>[0] = {}): Config => loadConfig(surroundings(given));

/** The sentences with which a configuration is refused. */
function refusals(given: Parameters<typeof surroundings>[0]): string[] {
  try {
    load(given);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect([error.code, error.exitCode]).toEqual(["bad_configuration", 2]);
    const findings = error.extra?.["findings"] as { message: string }[] | undefined;
    return (findings ?? []).map(({ message }) => message);
  }
  throw new Error("the configuration was accepted");
}

function shown(config: Config, key: string) {
  return config.settings.find((one) => one.key === key);
}

describe("defaults", () => {
  test("hold for a person without any configuration", () => {
    const { settings, ...values } = load();
    expect(values).toEqual({
      server: { host: "0.0.0.0", port: 8080, publicUrl: null, trustedProxies: [], tls: null, metricsAuth: "none" },
      dataDir: "/home/ada/.local/share/selfsensored",
      database: { url: "sqlite:/home/ada/.local/share/selfsensored/selfsensored.db", poolSize: 10 },
      redis: { url: null },
      ingest: { maxBodyBytes: 256 * 1024 ** 2, maxInflatedBytes: 2 * 1024 ** 3, replyWithinMs: 10_000 },
      limits: { requestsPerHour: 6000, bandwidthBytesPerHour: 2 * 1024 ** 3 },
      retention: { raw: { kind: "forever" }, audit: { kind: "months", months: 24 } },
      maintenance: { schedule: "17 3 * * *" },
      log: { level: "info", format: "json" },
      configFile: null,
    });
    expect(settings.map(({ key, origin }) => [key, origin])).toEqual(settingKeys.map((key) => [key, "default"]));
  });

  test("put the data of a service into /var/lib, that of a person below XDG_DATA_HOME", () => {
    const env = { XDG_DATA_HOME: "/data" };
    expect(load({ env }).dataDir).toBe("/data/selfsensored");
    expect(load({ env, isService: true }).dataDir).toBe("/var/lib/selfsensored");
    expect(load({ env: { XDG_DATA_HOME: "relative" } }).dataDir).toBe("/home/ada/.local/share/selfsensored");
  });

  test("log for people on a terminal only", () => {
    expect(load({ isTerminal: true }).log.format).toBe("pretty");
  });

  test("keep the database in the data folder, wherever that is", () => {
    expect(load({ env: { SELFSENSORED_DATA_DIR: "/srv/health" } }).database.url).toBe(
      "sqlite:/srv/health/selfsensored.db",
    );
  });
});

describe("precedence", () => {
  const files = { [etc]: "data_dir: /from/file\nlog.level: debug\nserver:\n  port: 1\n  host: ::1\n" };
  const env = { SELFSENSORED_DATA_DIR: "/from/env", SELFSENSORED_SERVER_PORT: "2" };
  const flags = { settings: { data_dir: "/from/flag" } };

  test("is flag, environment, file, default, and every value knows its origin", () => {
    const config = load({ files, env, flags });
    expect(
      ["data_dir", "server.port", "server.host", "log.level", "log.format"].map((key) => shown(config, key)),
    ).toEqual([
      { key: "data_dir", value: "/from/flag", origin: "flag --data-dir" },
      { key: "server.port", value: 2, origin: "environment SELFSENSORED_SERVER_PORT" },
      { key: "server.host", value: "::1", origin: `file ${etc}` },
      { key: "log.level", value: "debug", origin: `file ${etc}` },
      { key: "log.format", value: "json", origin: "default" },
    ]);
    expect(config.configFile).toBe(etc);
  });

  test("of config files: the named one, else /etc, else the person's own", () => {
    const own = "/home/ada/.config/selfsensored/config.yaml";
    const all = { [etc]: "server.port: 1", [own]: "server.port: 2", "/work/named.yaml": "server.port: 3" };
    const port = (given: Parameters<typeof load>[0]) => load(given).server.port;
    expect(port({ files: all })).toBe(1);
    expect(port({ files: { [own]: "server.port: 2" } })).toBe(2);
    expect(port({ files: all, flags: { config: "named.yaml" } })).toBe(3);
    expect(port({ files: all, env: { SELFSENSORED_CONFIG: "/work/named.yaml" } })).toBe(3);
    expect(
      port({ files: { "/xdg/selfsensored/config.yaml": "server.port: 4" }, env: { XDG_CONFIG_HOME: "/xdg" } }),
    ).toBe(4);
  });

  test("a named config file must exist, and one that is there must be readable", () => {
    expect(refusals({ flags: { config: "/nowhere.yaml" } })).toEqual([
      "the config file /nowhere.yaml (flag --config) cannot be read: it does not exist",
    ]);
    expect(refusals({ files: { [etc]: "(forbidden)" } })).toEqual([
      `the config file ${etc} (the usual place) cannot be read: permission denied`,
    ]);
  });

  test("DATABASE_URL and REDIS_URL count after the names of this program, before the file", () => {
    const borrowed = { DATABASE_URL: "postgres://db/a", REDIS_URL: "redis://cache/1" };
    expect(load({ env: borrowed, files: { [etc]: "database.url: sqlite:/x.db" } }).database.url).toBe(
      "postgres://db/a",
    );
    expect(load({ env: borrowed }).redis.url).toBe("redis://cache/1");
    expect(load({ env: { ...borrowed, SELFSENSORED_DATABASE_URL: "sqlite:/y.db" } }).database.url).toBe("sqlite:/y.db");
  });

  test("a DATABASE_URL that belongs to another program does no harm where it does not count", () => {
    const env = { DATABASE_URL: "mysql://shop/orders", SELFSENSORED_DATABASE_URL: "sqlite:/y.db" };
    expect(load({ env }).database.url).toBe("sqlite:/y.db");
    expect(refusals({ env: { DATABASE_URL: "mysql://shop/orders" } })).toEqual([
      "database.url: the value (environment DATABASE_URL) is not allowed; allowed: sqlite:PATH, or a postgres:// URL",
    ]);
  });

  test("empty variables count as not set", () => {
    expect(load({ env: { SELFSENSORED_REDIS_URL: "", REDIS_URL: "" } }).redis.url).toBeNull();
  });
});

describe("values from files", () => {
  test("are read for every name, without their last line end", () => {
    const env = { SELFSENSORED_LOG_LEVEL_FILE: "/run/level", DATABASE_URL_FILE: "/run/url" };
    const config = load({ env, files: { "/run/level": "warn\n", "/run/url": "postgres://u:p@db/x\r\n" } });
    expect([config.log.level, config.database.url]).toEqual(["warn", "postgres://u:p@db/x"]);
    expect(shown(config, "database.url")).toEqual({
      key: "database.url",
      value: "postgres://u:***@db/x",
      origin: "environment DATABASE_URL_FILE",
    });
    for (const key of settingKeys) {
      const bad = refusals({ env: { [`${environmentName(key)}_FILE`]: "/nowhere" } });
      expect(bad[0]).toBe(
        `${key}: the file /nowhere (environment ${environmentName(key)}_FILE) cannot be read: it does not exist`,
      );
    }
  });

  test("lose one line end only", () => {
    expect(refusals({ env: { SELFSENSORED_LOG_LEVEL_FILE: "/f" }, files: { "/f": "warn\n\n" } })).toHaveLength(1);
  });

  test("are an error beside the plain name", () => {
    const both = { SELFSENSORED_SERVER_PORT: "1", SELFSENSORED_SERVER_PORT_FILE: "/p" };
    expect(refusals({ env: both, files: { "/p": "1" } })).toEqual([
      "SELFSENSORED_SERVER_PORT and SELFSENSORED_SERVER_PORT_FILE (environment) are both set; only one is allowed",
    ]);
  });
});

describe("the config file", () => {
  test("may nest, dot, list, and leave sections empty", () => {
    const text = `
# a comment
server:
  tls.cert: certs/a.pem
  tls: { key: ~/a.key }
  trusted_proxies: [10.0.0.0/8, "::1", loopback]
  public_url:
redis:
retention:
  raw: 6 months
`;
    const config = load({ files: { [etc]: text } });
    expect(config.server.tls).toEqual({ certPath: "/etc/selfsensored/certs/a.pem", keyPath: "/home/ada/a.key" });
    expect(config.server.trustedProxies).toEqual(["10.0.0.0/8", "::1", "loopback"]);
    expect([config.server.publicUrl, config.redis.url]).toEqual([null, null]);
    expect(config.retention.raw).toEqual({ kind: "months", months: 6 });
  });

  test("may be empty", () => {
    expect(load({ files: { [etc]: "# nothing yet\n" } }).configFile).toBe(etc);
  });

  test("is refused by line and name, and its values are not repeated", () => {
    const unknown = "servr:\n  port: hunter2\nport: 1\nserver:\n  port: {a: 1}\nfoo: {}\n";
    expect(refusals({ files: { [etc]: unknown } })).toEqual([
      `servr.port (file ${etc}:2) is an unknown key; did you mean server.port?`,
      `port (file ${etc}:3) is an unknown key; did you mean server.port?`,
      `server.port.a (file ${etc}:5) is an unknown key; did you mean server.port?`,
      `foo (file ${etc}:6) is an unknown key`,
    ]);
    expect(refusals({ files: { [etc]: "server.port: 1\nserver:\n  port: 2\n" } })).toEqual([
      `server.port (file ${etc}:3) is given twice`,
    ]);
    expect(refusals({ files: { [etc]: "database:\n  url: 'hunter2\n" } })).toEqual([
      `the config file is not valid YAML (${etc}:3): missing char`,
    ]);
    expect(refusals({ files: { [etc]: "- hunter2\n" } })).toEqual([
      `the config file ${etc} is not a table of "key: value" lines`,
    ]);
    expect(refusals({ files: { [etc]: "log.level: [info]\n" } })).toEqual([
      `log.level: the value (file ${etc}) is not allowed; allowed: trace, debug, info, warn, error, fatal, silent`,
    ]);
  });
});

describe("the environment", () => {
  test("has no unknown names, and the nearest known one is suggested", () => {
    expect(
      refusals({
        env: { SELFSENSORED_SERVR_PORT: "1", SELFSENSORED_NONSENSE: "hunter2", SELFSENSORED_DATA_DIRECTORY: "" },
      }),
    ).toEqual([
      "SELFSENSORED_DATA_DIRECTORY (environment) is an unknown variable; did you mean SELFSENSORED_DATA_DIR?",
      "SELFSENSORED_NONSENSE (environment) is an unknown variable",
      "SELFSENSORED_SERVR_PORT (environment) is an unknown variable; did you mean SELFSENSORED_SERVER_PORT?",
    ]);
  });

  test("may hold what Kubernetes adds for a service of this name, in a pod only", () => {
    const links = {
      SELFSENSORED_SERVICE_HOST: "10.0.0.1",
      SELFSENSORED_PORT: "tcp://10.0.0.1:8080",
      SELFSENSORED_PORT_8080_TCP_ADDR: "10.0.0.1",
      SELFSENSORED_REDIS_SERVICE_PORT_MAIN: "6379",
    };
    expect(load({ env: { ...links, KUBERNETES_SERVICE_HOST: "10.0.0.1" } }).server.port).toBe(8080);
    expect(refusals({ env: links })).toHaveLength(4);
  });
});

describe("checks", () => {
  const accepts = (key: string, text: string) => shown(load({ env: { [environmentName(key)]: text } }), key)?.value;
  const refuses = (key: string, text: string) =>
    expect(refusals({ env: { [environmentName(key)]: text } }), text).toHaveLength(1);

  test("of ports, numbers and words", () => {
    expect(accepts("server.port", "0")).toBe(0);
    for (const text of ["65536", "-1", "80x", "8e3", "8080 ", "1.5"]) refuses("server.port", text);
    for (const text of ["0", "1001"]) refuses("database.pool_size", text);
    for (const text of ["INFO", "verbose"]) refuses("log.level", text);
    expect(accepts("server.metrics_auth", "admin")).toBe("admin");
  });

  test("of hosts, proxies and URLs", () => {
    for (const text of ["::", "192.168.1.4", "localhost", "nas.home.arpa"])
      expect(accepts("server.host", text)).toBe(text);
    for (const text of ["300.1.1.1", "host:80", "[::1]", "a b", "-x.de"]) refuses("server.host", text);
    expect(accepts("server.trusted_proxies", "10.0.0.1, fd00::/8")).toEqual(["10.0.0.1", "fd00::/8"]);
    for (const text of ["10.0.0.0/33", "proxy.example", "10.0.0.1/8/8", "10.0.0.1,"])
      refuses("server.trusted_proxies", text);
    expect(accepts("server.public_url", "https://health.example.org/base/")).toBe("https://health.example.org/base");
    for (const text of ["health.example.org", "ftp://x", "https://u:p@x", "https://x/?a=1"])
      refuses("server.public_url", text);
    expect(accepts("redis.url", "rediss://:pw@cache:6380/2")).toBe("rediss://:***@cache:6380/2");
    for (const text of ["http://cache", "cache:6379", "redis://"]) refuses("redis.url", text);
  });

  test("of paths and databases", () => {
    expect(accepts("data_dir", "./here")).toBe("/work/here");
    refuses("data_dir", "-----BEGIN CERTIFICATE-----\nMIIB");
    expect(accepts("database.url", "sqlite:health.db")).toBe("sqlite:/work/health.db");
    expect(accepts("database.url", "sqlite:///srv/health.db")).toBe("sqlite:/srv/health.db");
    expect(accepts("database.url", "postgresql:///health?host=/run/postgresql")).toBe(
      "postgresql:///health?host=/run/postgresql",
    );
    for (const text of ["sqlite:", "sqlite::memory:", "sqlite://health.db", "/srv/health.db", "mysql://x"]) {
      refuses("database.url", text);
    }
  });

  test("of durations, sizes and retention", () => {
    expect(accepts("ingest.reply_within", "1.5m")).toBe("90s");
    for (const text of ["10", "10 sec", "-1s", "2d", "1e3s"]) refuses("ingest.reply_within", text);
    expect(accepts("ingest.max_body", "1048576")).toBe("1MiB");
    for (const text of ["0", "10MB", "1TiB", "-5", "lots"]) refuses("ingest.max_body", text);
    expect(accepts("retention.raw", "2 years")).toBe("24 months");
    expect(accepts("retention.audit", "90d")).toBe("90d");
    for (const text of ["0 months", "24", "1s", "never", "1.5 months"]) refuses("retention.raw", text);
  });

  test("of a certificate without its key", () => {
    expect(refusals({ env: { SELFSENSORED_SERVER_TLS_CERT: "/a.pem" } })).toEqual([
      "server.tls.cert (environment SELFSENSORED_SERVER_TLS_CERT) needs server.tls.key too; allowed: both or neither",
    ]);
  });

  test("report everything at once, overridden values too, and quote no secret", () => {
    const env = { SELFSENSORED_SERVER_PORT: "http", SELFSENSORED_REDIS_URL: "hunter2" };
    expect(refusals({ env, files: { [etc]: "server.port: many" }, flags: { settings: { data_dir: "" } } })).toEqual([
      `server.port: "many" (file ${etc}) is not allowed; allowed: a whole number from 0 to 65535`,
      'server.port: "http" (environment SELFSENSORED_SERVER_PORT) is not allowed; allowed: a whole number from 0 to 65535',
      'data_dir: "" (flag --data-dir) is not allowed; allowed: a path',
      "redis.url: the value (environment SELFSENSORED_REDIS_URL) is not allowed; allowed: a redis:// or rediss:// URL",
    ]);
  });
});

describe("shown values", () => {
  test("of durations and sizes read back as they were", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), (number) => {
        expect(parseDurationMs(formatDuration(number))).toBe(number);
        expect(parseSizeBytes(formatSize(number))).toBe(number);
      }),
    );
    expect([formatDuration(0), formatDuration(86_400_000), formatSize(1536)]).toEqual(["0ms", "1d", "1536B"]);
  });

  test("hide passwords in every part of a URL", () => {
    expect(maskPasswords("postgres://me:a%40b@db:5432/x?sslmode=require")).toBe(
      "postgres://me:***@db:5432/x?sslmode=require",
    );
    expect(maskPasswords("postgres:///x?user=me&password=hunter2")).toBe("postgres:///x?user=me&password=***");
    expect(maskPasswords("sqlite:/srv/a.db")).toBe("sqlite:/srv/a.db");
  });
});

describe("cron expressions", () => {
  test("have five fields in their ranges, on a day that exists", () => {
    for (const text of ["17 3 * * *", "*/5 * * * *", "0 0 29 2 *", "0 0 1,15 jan-mar mon-fri", "1-5/2 * * * 7"]) {
      expect(isCronExpression(text), text).toBe(true);
    }
    for (const text of [
      "",
      "* * * *",
      "0 0 0 1 1 *",
      "60 * * * *",
      "0 24 * * *",
      "0 0 31 2 *",
      "5-x * * * *",
      "5-1 * * * *",
      "*/0 * * * *",
      "5/2 * * * *",
      "@daily",
      "0 0 * * noon",
    ]) {
      expect(isCronExpression(text), text).toBe(false);
    }
  });

  test("are accepted by the scheduler too", () => {
    const number = (min: number, max: number) => fc.integer({ min, max }).map(String);
    const field = (min: number, max: number) =>
      fc.oneof(
        fc.constant("*"),
        number(min, max),
        fc.array(number(min, max), { minLength: 1, maxLength: 3 }).map((list) => list.join(",")),
        fc
          .tuple(fc.integer({ min, max }), fc.integer({ min, max }), number(1, max))
          .map(([a, b, step]) => `${Math.min(a, b)}-${Math.max(a, b)}/${step}`),
      );
    const expression = fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7));
    fc.assert(
      fc.property(expression, (fields) => {
        const text = fields.join(" ");
        fc.pre(isCronExpression(text));
        expect(cron.validate(text), text).toBe(true);
      }),
    );
  });
});

test("every setting is documented with its default", () => {
  const documentation = readFileSync(join(packageRoot, "docs/install.md"), "utf8");
  const { settings } = load();
  for (const { key, value } of settings) {
    const row = documentation.split("\n").find((line) => line.startsWith(`| \`${key}\` |`)) ?? "";
    expect(row, key).not.toBe("");
    if (!["data_dir", "database.url", "log.format"].includes(key)) {
      expect(row.split(" | ")[1], key).toBe(value === null ? "none" : `\`${value}\``);
    }
  }
});
