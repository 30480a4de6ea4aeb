/**
 * `npm start`: installs and builds what is missing, then runs `selfsensored serve` with the remaining arguments.
 *
 * A second start does no needless work. Signals go on to the daemon, and its exit code comes back.
 */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureNativeParts, InstallError, installPackages, say } from "./install.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

try {
  await installPackages(root);
  await ensureNativeParts(root);
  const { build } = await import("./build.js");
  await build(root);
} catch (error) {
  say(`error: ${error instanceof InstallError ? error.message : `cannot build: ${error.message}`}`);
  process.exit(1);
}

const daemon = spawn(process.execPath, [join(root, "bin/selfsensored.js"), "serve", ...process.argv.slice(2)], {
  stdio: "inherit",
});

const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
for (const signal of signals) {
  process.on(signal, () => {
    // A terminal sends Ctrl-C to the whole group: passed on as well, the daemon would take it for the second, hard one.
    if (signal === "SIGINT" && process.stdin.isTTY) return;
    daemon.kill(signal);
  });
}

daemon.on("error", (error) => {
  say(`error: ${error.message}`);
  process.exit(1);
});
daemon.on("exit", (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  // End the way that the daemon did, so that whoever waits sees it.
  for (const name of signals) process.removeAllListeners(name);
  process.kill(process.pid, signal);
});
