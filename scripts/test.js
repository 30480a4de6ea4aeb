/**
 * `npm test`: everything that has to hold before a change is good. Further arguments go to vitest.
 *
 *     install → build → lint and format → types → tests → "N passed, N failed, N skipped"
 *
 * All steps run, whatever the ones before said; a step that fails counts as one failure. Where CI is set, a skipped test
 * is a failure too: a green run means that everything was tried.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureNativeParts, InstallError, installPackages, say } from "./install.js";
import { ensureServices } from "./services.js";
import { countTests } from "./test-counts.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "selfsensored-test-"));
const reportFile = join(folder, "report.json");
let failedSteps = 0;

try {
  await installPackages(root);
  await ensureNativeParts(root);
} catch (error) {
  say(`error: ${error instanceof InstallError ? error.message : error.stack}`);
  finish({ passed: 0, failed: 1, skipped: 0 });
}
const missing = await ensureServices();
if (missing !== null) say(`warning: ${missing}`);

const bin = (name) => join(root, "node_modules/.bin", name);
await step("build", process.execPath, [join(root, "scripts/build.js")]);
await step("lint and format", bin("biome"), ["check", "."]);
await step("types", bin("tsc"), ["--noEmit"]);
const vitestArguments = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
const isGreen = await inherit(bin("vitest"), [...vitestArguments, ...process.argv.slice(2)]);

const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, "utf8")) : null;
const counts = countTests(report, isGreen);
finish({ ...counts, failed: counts.failed + failedSteps });

async function step(name, command, commandArguments) {
  if (await inherit(command, commandArguments)) return;
  failedSteps += 1;
  say(`failed: ${name}`);
}

function inherit(command, commandArguments) {
  return new Promise((resolve) => {
    const child = spawn(command, commandArguments, { cwd: root, stdio: "inherit" });
    child.on("error", (error) => {
      say(`error: ${error.message}`);
      resolve(false);
    });
    child.on("close", (code) => resolve(code === 0));
  });
}

/** Prints the closing line, which is always the very last one, and ends. */
function finish({ passed, failed, skipped }) {
  rmSync(folder, { recursive: true, force: true });
  const mayNotSkip = !["", "0", "false", undefined].includes(process.env.CI);
  if (mayNotSkip && skipped > 0) say("failed: in CI no test may be skipped");
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  process.exit(failed > 0 || (mayNotSkip && skipped > 0) ? 1 : 0);
}
