/**
 * Gets the npm packages in place for `npm start` and `npm test`, and makes sure that the native ones load.
 *
 * Works without node_modules. When everything is there it does nothing and says nothing; installing takes a line, and
 * the output of npm is shown only when it fails. Throws an `InstallError` whose message is meant for a person.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export class InstallError extends Error {}

/** Makes node_modules match package-lock.json. */
export async function installPackages(root) {
  if (!isInstallStale(root)) return;
  say("installing npm packages (the first time this can take some minutes) …");
  // esbuild is a development package, so they are needed however npm was configured.
  const { code, output } = await run(...npmCommand(["ci", "--include=dev", "--no-audit", "--no-fund"]), { cwd: root });
  if (code !== 0) throw new InstallError(`npm ci failed:\n${tail(output)}\n${adviseOn(output)}`);
}

/** True when node_modules is missing or older than the lock. */
export function isInstallStale(root) {
  const installed = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return true;
  return statSync(join(root, "package-lock.json")).mtimeMs > statSync(installed).mtimeMs;
}

/** Checks the native packages once per installation and Node version; rebuilds them when they do not load. */
export async function ensureNativeParts(root) {
  const stampFile = join(root, "node_modules/.native-checked");
  const stamp = nativeStamp(root);
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  let check = await runNativeCheck(root);
  if (check.code !== 0) {
    say("building the native packages for this Node.js (about a minute) …");
    const build = await run(...npmCommand(["rebuild", "better-sqlite3", "argon2"]), { cwd: root });
    check = await runNativeCheck(root);
    if (check.code !== 0) throw new InstallError(`${tail(build.output)}\n${check.output.trim() || describeEnd(check)}`);
  }
  writeFileSync(stampFile, stamp);
}

function nativeStamp(root) {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  return `${process.execPath} ${process.version} ${process.platform} ${process.arch} ${lock}\n`;
}

function runNativeCheck(root) {
  return run(process.execPath, [join(root, "scripts/check-native.js")], { cwd: root });
}

function describeEnd({ code, signal }) {
  return `the native packages end the process that loads them (${signal ?? `exit code ${code}`})`;
}

/** npm as the one that called us, so that no other version gets mixed in. */
function npmCommand(commandArguments) {
  const { npm_execpath: npm } = process.env;
  return npm?.endsWith(".js") ? [process.execPath, [npm, ...commandArguments]] : ["npm", commandArguments];
}

/**
 * Environment in which better-sqlite3 can be compiled where its binary cannot be downloaded: node-gyp finds the headers
 * through npm's `nodedir` only, and the distributions of Node.js carry them beside the executable.
 */
export function nativeBuildEnvironment(env, execPath = process.execPath) {
  const prefix = dirname(dirname(execPath));
  if (env.npm_config_nodedir !== undefined || !existsSync(join(prefix, "include/node/node.h"))) return env;
  return { ...env, npm_config_nodedir: prefix };
}

function adviseOn(output) {
  if (/EUSAGE|lock file/.test(output)) return "hint:  package.json and package-lock.json differ; run npm install once.";
  if (/gyp ERR|not found: make|g\+\+|python/i.test(output)) {
    return "hint:  better-sqlite3 has to be compiled here: install python3, make, g++ and the headers of Node.js.";
  }
  if (/ENOTFOUND|ETIMEDOUT|ECONNREFUSED|EAI_AGAIN/.test(output)) return "hint:  the npm registry cannot be reached.";
  return "hint:  run npm ci by hand to see all of its output.";
}

/** Runs a command to its end and keeps what it printed. */
export function run(command, commandArguments, { cwd, env = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, commandArguments, {
      cwd,
      env: nativeBuildEnvironment(env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.on("error", (error) => resolve({ code: 1, signal: null, output: error.message }));
    child.on("close", (code, signal) =>
      resolve({ code: code ?? 1, signal, output: Buffer.concat(chunks).toString("utf8") }),
    );
  });
}

export function tail(text, lines = 30) {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}

export function say(text) {
  process.stderr.write(`${text}\n`);
}
