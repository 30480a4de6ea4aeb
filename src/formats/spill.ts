/**
 * Slices of points that wait for the name and units of their metric (key order is random, spec section 2).
 *
 * A few megabytes wait in memory, since nearly every metric is smaller than that; all of it moves to the caller's
 * spill when it grows. Slices come back in order, once.
 */

import { ByteStore } from "./byte-store.js";

/** A place for bytes that do not fit in memory: a temporary file. It starts empty, and is empty after `clear`. */
export interface Spill {
  /** The bytes are only good during the call. */
  append(bytes: Uint8Array): void;
  /** Everything appended, in order, in pieces of any size; a piece need only be good until the next is asked for. */
  replay(): Iterable<Uint8Array>;
  clear(): void;
}

/** A spill for callers who know that their input is small. */
export class MemorySpill implements Spill {
  private pieces: Uint8Array[] = [];

  append(bytes: Uint8Array): void {
    this.pieces.push(Uint8Array.from(bytes));
  }

  *replay(): Iterable<Uint8Array> {
    yield* this.pieces;
  }

  clear(): void {
    this.pieces = [];
  }
}

export interface WaitingSlice {
  text: Uint8Array;
  /** Where the slice begins in the document. */
  at: number;
  /** Index of its first element. */
  firstIndex: number;
}

/** Before each slice in the spill: its length, its place and its first index, six bytes each. */
const headBytes = 18;

export class WaitingSlices {
  private readonly spill: Spill;
  private readonly memoryBytes: number;
  private inMemory: WaitingSlice[] = [];
  private bytes = 0;
  private isSpilling = false;

  constructor(spill: Spill, memoryBytes: number) {
    this.spill = spill;
    this.memoryBytes = memoryBytes;
  }

  isEmpty(): boolean {
    return this.bytes === 0;
  }

  /** Takes a copy of the slice. */
  add(slice: WaitingSlice): void {
    this.bytes += slice.text.length;
    if (!this.isSpilling && this.bytes > this.memoryBytes) {
      this.isSpilling = true;
      for (const earlier of this.inMemory) this.write(earlier);
      this.inMemory = [];
    }
    if (this.isSpilling) this.write(slice);
    else this.inMemory.push({ ...slice, text: Uint8Array.from(slice.text) });
  }

  *take(): Iterable<WaitingSlice> {
    if (this.isSpilling) yield* readSlices(this.spill.replay());
    else yield* this.inMemory;
    this.clear();
  }

  clear(): void {
    if (this.isSpilling) this.spill.clear();
    this.inMemory = [];
    this.bytes = 0;
    this.isSpilling = false;
  }

  private write({ text, at, firstIndex }: WaitingSlice): void {
    const head = Buffer.alloc(headBytes);
    head.writeUIntLE(text.length, 0, 6);
    head.writeUIntLE(at, 6, 6);
    head.writeUIntLE(firstIndex, 12, 6);
    this.spill.append(head);
    this.spill.append(text);
  }
}

function* readSlices(pieces: Iterable<Uint8Array>): Iterable<WaitingSlice> {
  const whole = new ByteStore();
  let wanted = headBytes;
  let head: Omit<WaitingSlice, "text"> | undefined;
  for (const piece of pieces) {
    let from = 0;
    while (from < piece.length) {
      const to = Math.min(from + wanted - whole.length, piece.length);
      whole.append(piece.subarray(from, to));
      from = to;
      if (whole.length < wanted) continue;
      const bytes = whole.view(0, wanted);
      if (head === undefined) {
        head = { at: bytes.readUIntLE(6, 6), firstIndex: bytes.readUIntLE(12, 6) };
        wanted = bytes.readUIntLE(0, 6);
      } else {
        yield { text: bytes, ...head };
        head = undefined;
        wanted = headBytes;
      }
      whole.clear();
    }
  }
}
