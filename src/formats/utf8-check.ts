/**
 * Says whether bytes that come in chunks are UTF-8, whatever the chunks cut apart.
 *
 * Cheap enough to run over everything (several GB/s), so that whoever reads the bytes may slice them anywhere between
 * two ASCII characters without looking again.
 */
import { isUtf8 } from "node:buffer";

export class Utf8Check {
  /** The beginning of a character whose other bytes are in the next chunk. */
  private begun = Buffer.alloc(0);

  /** False when the chunk cannot continue what came before. */
  accept(chunk: Uint8Array): boolean {
    let from = 0;
    if (this.begun.length > 0) {
      from = Math.min(characterBytes(this.begun[0]!) - this.begun.length, chunk.length);
      const character = Buffer.concat([this.begun, chunk.subarray(0, from)]);
      if (character.length < characterBytes(character[0]!)) {
        this.begun = character;
        return true;
      }
      if (!isUtf8(character)) return false;
      this.begun = Buffer.alloc(0);
    }
    const to = chunk.length - countBegunBytes(chunk, from);
    if (to < chunk.length) this.begun = Buffer.from(chunk.subarray(to));
    return isUtf8(chunk.subarray(from, to));
  }

  /** False when the last character has no end. */
  isWhole(): boolean {
    return this.begun.length === 0;
  }
}

function characterBytes(first: number): number {
  return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

/** How many bytes at the end of the chunk (after `from`) begin a character that the chunk does not finish. */
function countBegunBytes(chunk: Uint8Array, from: number): number {
  for (let back = 1; back <= 3 && chunk.length - back >= from; back++) {
    const byte = chunk[chunk.length - back]!;
    if ((byte & 0xc0) !== 0x80) return characterBytes(byte) > back ? back : 0;
  }
  return 0;
}
