/**
 * Bundles src/ into dist/ with esbuild, one file per entry plus shared chunks.
 *
 * A second call with unchanged sources returns at once: dist/.stamp holds a digest of everything that the result
 * depends on. Files are replaced one by one and whole, so a program that runs from dist/ never reads half of one.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What runs by itself: the program and its threads. */
const entries = ["src/main.ts", "src/ingest/worker.ts", "src/query/reader.ts"];

/** Returns true when it had to build. */
export async function build(root) {
  const stampFile = join(root, "dist/.stamp");
  const stamp = digestSources(root);
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return false;

  const esbuild = await import("esbuild");
  const result = await esbuild.build({
    absWorkingDir: root,
    entryPoints: entries.filter((entry) => existsSync(join(root, entry))),
    outdir: "dist",
    outbase: "src",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    sourcemap: true,
    chunkNames: "chunk-[hash]",
    write: false,
    logLevel: "warning",
  });

  // Until the new stamp is there, nobody may take a mixture for a finished build.
  rmSync(stampFile, { force: true });
  for (const { path, contents } of result.outputFiles) replaceFile(path, contents);
  replaceFile(stampFile, stamp);
  removeOthers(join(root, "dist"), new Set([stampFile, ...result.outputFiles.map(({ path }) => path)]));
  return true;
}

function digestSources(root) {
  const digest = createHash("sha256");
  const fixed = ["package.json", "package-lock.json", "scripts/build.js"].map((name) => join(root, name));
  for (const file of [...fixed, ...listFiles(join(root, "src"))].sort()) {
    if (existsSync(file))
      digest
        .update(`${relative(root, file)}\0`)
        .update(readFileSync(file))
        .update("\0");
  }
  return `${digest.digest("hex")}\n`;
}

function listFiles(folder) {
  if (!existsSync(folder)) return [];
  const items = readdirSync(folder, { withFileTypes: true, recursive: true });
  return items.filter((item) => item.isFile()).map((item) => join(item.parentPath, item.name));
}

function replaceFile(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

/** Drafts of another build that runs at the same time are left alone. */
function removeOthers(folder, kept) {
  for (const file of listFiles(folder)) {
    if (!kept.has(file) && !file.endsWith(".tmp")) rmSync(file, { force: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const isBuilt = await build(dirname(dirname(fileURLToPath(import.meta.url))));
  if (!isBuilt) process.stderr.write("dist/ is up to date\n");
}
