/**
 * Records that are no points, in the order of arrival, in bounded memory: the first megabytes wait as they are, the rest
 * in the scratch file. Nothing of a delivery is written before all of it proved to be a valid document.
 */
import { deserialize, serialize } from "node:v8";
import type { ScratchFile } from "./scratch-file.js";

const memoryLimitBytes = 8 * 1024 * 1024;
/** What a small record takes; typed arrays are counted on top. */
const baseBytes = 500;

export class RecordStage<T> {
  private readonly inMemory: T[] = [];
  private memoryBytes = 0;
  private readonly spilled: { offset: number; length: number }[] = [];
  private readonly scratch: ScratchFile;

  constructor(scratch: ScratchFile) {
    this.scratch = scratch;
  }

  /** `payloadBytes`: size of the record's large parts. */
  add(record: T, payloadBytes = 0): void {
    // Once spilling has begun everything is spilled, or the order would be lost.
    if (this.spilled.length === 0 && this.memoryBytes + payloadBytes < memoryLimitBytes) {
      this.inMemory.push(record);
      this.memoryBytes += baseBytes + payloadBytes;
      return;
    }
    const bytes = serialize(record);
    this.spilled.push({ offset: this.scratch.append(bytes), length: bytes.byteLength });
  }

  *[Symbol.iterator](): Generator<T> {
    yield* this.inMemory;
    for (const { offset, length } of this.spilled) {
      const bytes = Buffer.allocUnsafeSlow(length);
      this.scratch.read(offset, bytes);
      yield deserialize(bytes) as T;
    }
  }
}
