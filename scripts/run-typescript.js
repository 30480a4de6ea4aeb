/**
 * Runs TypeScript of this repository that is no part of the program (benchmarks, the demo): installs and builds what is
 * missing, bundles the entries into a folder that goes with the process, and calls `main` of the first.
 *
 * The folder lies in node_modules, because packages are found from there. What `main` answers is the exit code.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureNativeParts, InstallError, installPackages, say } from "./install.js";

export async function runTypeScript(root, entries, argv) {
  try {
    const main = await loadMain(root, entries);
    process.exit(await main(argv));
  } catch (error) {
    say(`error: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
}

async function loadMain(root, entries) {
  try {
    await installPackages(root);
    await ensureNativeParts(root);
    const { build } = await import("./build.js");
    await build(root);
  } catch (error) {
    throw error instanceof InstallError ? error : new Error(`cannot build: ${error.message}`);
  }
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "selfsensored-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  // A signal that nobody takes would end the process without its exit handlers.
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ]) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(code);
    });
  }
  const esbuild = await import("esbuild");
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: folder,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "warning",
  });
  const { main } = await import(pathToFileURL(join(folder, basename(entries[0]).replace(/\.ts$/, ".js"))).href);
  return main;
}
