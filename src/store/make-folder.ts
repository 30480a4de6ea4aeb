/**
 * Makes a folder and those above it, private to the owner; no error where it exists.
 *
 * Not `mkdirSync` with `recursive`: where a parent can never be made (below /proc, say) Node 20 tries for ever instead
 * of failing. Throws the system's error (ENOENT, EACCES, EROFS, ENOTDIR, ENOSPC).
 */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been first.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !statSync(path).isDirectory()) throw error;
  }
}
