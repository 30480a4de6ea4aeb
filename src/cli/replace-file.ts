/**
 * Writes a file that is complete before it takes the place of an older one, readable for its owner only.
 *
 * When writing fails or is interrupted, the older file is as it was and no draft is left.
 */
import { open, rename, rm } from "node:fs/promises";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { problem } from "../problem.js";

export async function replaceFile<T>(path: string, write: (file: Writable) => Promise<T>): Promise<T> {
  const draft = `${path}.${process.pid}.tmp`;
  const handle = await open(draft, "w", 0o600).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "its folder does not exist" : (cause.code ?? "for an unknown reason");
    throw problem("failed", `The file ${path} cannot be written: ${why}.`, { cause });
  });
  const file = handle.createWriteStream({ flush: true });
  try {
    const result = await write(file);
    file.end();
    await finished(file);
    await rename(draft, path);
    return result;
  } catch (error) {
    file.destroy();
    await rm(draft, { force: true });
    throw error;
  }
}
