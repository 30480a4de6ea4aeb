/**
 * Where this program lies, whether it runs from sources or from the bundle.
 *
 * Bundled code moves between files, so nothing may find its data relative to itself: migrations, the built entries of
 * threads and package.json are found from `packageRoot`.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder that holds package.json, `migrations/` and `dist/`. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

/** Neither `src/` nor `dist/` holds a package.json, so the nearest one above is the program's own. */
function findPackageRoot(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : findPackageRoot(dirname(folder));
}

/** Path of a built entry: `builtEntry("ingest/worker.js")` for `src/ingest/worker.ts`. */
export function builtEntry(name: string): string {
  return join(packageRoot, "dist", name);
}

export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string };
  return version;
}
