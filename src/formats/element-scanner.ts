/**
 * Finds where a value ends, following only strings and brackets: the hot loop of the cutter.
 *
 * It judges nothing but the nesting. What lies between start and end is a JSON value only if `JSON.parse` says so; all
 * that is promised is that a value which is one ends where this says.
 */
import { isSpace } from "./json-grammar.js";

const bare = 0;
const text = 1;
const brackets = 2;

export class ElementScanner {
  private mode = bare;
  private nest = 0;
  /** Set when `scan` has found the end. */
  isOver = false;
  /** Set when the value is nested deeper than allowed. */
  isTooDeep = false;

  /** Starts on the value whose first byte this is; `scan` goes on with that byte. */
  start(first: number): void {
    this.mode = first === 0x22 || first === 0x7b || first === 0x5b ? brackets : bare;
    this.nest = 0;
    this.isOver = false;
  }

  /**
   * Reads on from index `i` and returns the index behind the last byte read: behind the value when `isOver`, else the
   * end of the chunk, or one past it when the chunk ends in a backslash.
   */
  scan(chunk: Uint8Array, i: number, room: number): number {
    const end = chunk.length;
    let { mode, nest } = this;
    if (mode === bare) {
      while (i < end && !endsBare(chunk[i]!)) i++;
      this.isOver = i < end;
      return i;
    }
    while (i < end) {
      if (mode === text) {
        let c = 0;
        while (i < end) {
          c = chunk[i++]!;
          if (c === 0x22) break;
          if (c === 0x5c) i++;
        }
        if (c !== 0x22) break;
        mode = brackets;
        if (nest === 0) {
          this.isOver = true;
          return i;
        }
      }
      while (i < end) {
        const c = chunk[i++]!;
        // Nearly every byte between strings (blanks, digits, punctuation) is below the brackets.
        if (c < 0x5b) {
          if (c !== 0x22) continue;
          mode = text;
          break;
        }
        // Both kinds of bracket at once: 0x5b and 0x7b, 0x5d and 0x7d differ in this bit.
        const bracket = c | 0x20;
        if (bracket === 0x7b) {
          if (++nest > room) {
            this.isTooDeep = true;
            return i;
          }
        } else if (bracket === 0x7d && --nest === 0) {
          this.isOver = true;
          return i;
        }
      }
    }
    this.mode = mode;
    this.nest = nest;
    return i;
  }
}

function endsBare(byte: number): boolean {
  return byte === 0x2c || byte === 0x5d || isSpace(byte);
}
