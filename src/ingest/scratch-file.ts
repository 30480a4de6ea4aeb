/**
 * A temporary file for what does not fit in memory: appended to, read back at random, gone when closed.
 *
 * It is unlinked as soon as it is open, so that no crash leaves health data behind. Also the decoder's `Spill`.
 */
import { closeSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../store/make-folder.js";
import { uuidv7 } from "../store/uuid.js";

const replayBytes = 1024 * 1024;

export class ScratchFile {
  private readonly folder: string;
  private file: number | null = null;
  private size = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Offset at which the bytes begin. */
  append(bytes: Uint8Array): number {
    if (this.file === null) {
      makeFolder(this.folder);
      const path = join(this.folder, `scratch-${uuidv7()}`);
      this.file = openSync(path, "wx+", 0o600);
      unlinkSync(path);
    }
    const offset = this.size;
    let written = 0;
    while (written < bytes.byteLength) {
      written += writeSync(this.file, bytes, written, bytes.byteLength - written, this.size + written);
    }
    this.size += bytes.byteLength;
    return offset;
  }

  read(offset: number, into: Uint8Array): void {
    let done = 0;
    while (done < into.byteLength) {
      const got = readSync(this.file!, into, done, into.byteLength - done, offset + done);
      if (got === 0) throw new Error("a temporary file is shorter than it was");
      done += got;
    }
  }

  *replay(): Iterable<Uint8Array> {
    for (let offset = 0; offset < this.size; offset += replayBytes) {
      const piece = new Uint8Array(Math.min(replayBytes, this.size - offset));
      this.read(offset, piece);
      yield piece;
    }
  }

  clear(): void {
    if (this.file !== null) ftruncateSync(this.file, 0);
    this.size = 0;
  }

  close(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
  }
}
