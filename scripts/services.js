/**
 * Gets PostgreSQL with PostGIS and Redis in place for the tests: by apt-get on Debian and its relatives as root,
 * elsewhere by saying exactly what to install.
 *
 * Returns a sentence for what is still missing, or null. No test needs them yet, so that is a warning to the caller.
 */
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run, say, tail } from "./install.js";

const attempts = 3;

export async function ensureServices() {
  if (missingServices().length === 0) return null;
  const isDebian = existsSync("/etc/debian_version") && findProgram("apt-get") !== null;
  const failure = isDebian && process.getuid?.() === 0 ? await installByApt() : null;
  const missing = missingServices();
  if (missing.length === 0) return null;
  const advice = isDebian
    ? "apt-get install postgresql postgresql-postgis redis-server (as root)"
    : "install PostgreSQL 15 or newer with its server programs, PostGIS 3 and Redis by your package manager";
  return `missing: ${missing.join(", ")}; ${advice}${failure === null ? "" : `\n${failure}`}`;
}

/** Names of what is not installed. */
export function missingServices() {
  const postgres = postgresVersions();
  const hasPostgres = postgres.length > 0 || findProgram("initdb") !== null;
  const folders = ["/usr/share/postgresql", "/usr/local/share/postgresql", "/opt/homebrew/share/postgresql"];
  const hasPostgis = folders.some((folder) => hasPostgisBelow(folder));
  return [
    ...(hasPostgres ? [] : ["PostgreSQL"]),
    ...(hasPostgis ? [] : ["PostGIS"]),
    ...(findProgram("redis-server") !== null ? [] : ["Redis"]),
  ];
}

/** Versions with server programs, as Debian lays them out, newest last. */
function postgresVersions() {
  const folder = "/usr/lib/postgresql";
  const versions = existsSync(folder) ? readdirSync(folder) : [];
  return versions
    .filter((version) => existsSync(join(folder, version, "bin/initdb")))
    .sort((one, other) => Number(one) - Number(other));
}

function hasPostgisBelow(folder) {
  if (!existsSync(folder)) return false;
  const control = "extension/postgis.control";
  return (
    existsSync(join(folder, control)) || readdirSync(folder).some((name) => existsSync(join(folder, name, control)))
  );
}

/** Answers null, or the end of what apt-get said when it failed every time. */
async function installByApt() {
  say(`installing ${missingServices().join(", ")} by apt-get …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  let last = "";
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, attempt * 2000));
    const update = await run("apt-get", ["update", "-qq"], { env });
    const packages = aptPackages(missingServices());
    const install = await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { env });
    if (install.code === 0) return null;
    last = tail(`${update.output}\n${install.output}`, 8);
  }
  return last;
}

/** The packages for what is missing; PostGIS has to match a PostgreSQL that is already there. */
export function aptPackages(missing, versions = postgresVersions()) {
  const version = versions.at(-1);
  const packages = {
    PostgreSQL: "postgresql",
    PostGIS: version === undefined ? "postgresql-postgis" : `postgresql-${version}-postgis-3`,
    Redis: "redis-server",
  };
  return missing.map((name) => packages[name]);
}

function findProgram(name) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}
