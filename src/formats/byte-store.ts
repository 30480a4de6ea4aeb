/** Bytes that are collected until they are a whole, in one buffer that grows by doubling and is used again. */

/** What a cleared store may go on holding; the rare larger buffer is given back. */
const idleBytes = 4 << 20;

export class ByteStore {
  private buffer: Buffer = Buffer.alloc(0);
  length = 0;

  append(bytes: Uint8Array): void {
    const length = this.length + bytes.length;
    if (length > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.buffer.length, 4096));
      larger.set(this.buffer.subarray(0, this.length));
      this.buffer = larger;
    }
    this.buffer.set(bytes, this.length);
    this.length = length;
  }

  /** Not a copy: good until the next `append` or `clear`. */
  view(from: number, to: number): Buffer {
    return this.buffer.subarray(from, to);
  }

  clear(): void {
    this.length = 0;
    if (this.buffer.length > idleBytes) this.buffer = Buffer.alloc(0);
  }
}
