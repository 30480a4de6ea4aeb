/**
 * Cuts a JSON document that comes in chunks into pieces that fit in memory, and proves that the whole of it is JSON.
 *
 *     chunks → skeleton, byte by byte → big arrays, cut between elements → slices of about 1 MiB for `JSON.parse`
 *
 * Whoever wants the document gives a `Scope` for its root and says for each value what to do with it: walk into it,
 * stream its elements in slices, hold it, or skip it. What a caller may rely on:
 *
 * - Memory: one slice, one held value, one chunk. Skipped values cost nothing, however large.
 * - The document is valid JSON (UTF-8, nested at most 200 deep, one byte order mark allowed) if and only if no
 *   `FormatError` is thrown, provided that every slice is given to `parseSlice`. The skeleton, held and skipped values
 *   are proved here; inside slices only strings and brackets are followed, because `JSON.parse` proves the rest and
 *   does it faster.
 * - What is told, and in which pieces, does not depend on how the bytes were chunked.
 *
 * The caller pulls: `feed` a chunk, `step` until it says false, and so on; then `end`. Bytes handed to a scope are valid
 * only during the call.
 *
 * This is one file of some length because the fast and the strict scanner share one position, one stack and one
 * capture; apart they would have to hand these back and forth for every element.
 */

import { ByteStore } from "./byte-store.js";
import { ElementScanner } from "./element-scanner.js";
import { FormatError } from "./format-error.js";
import {
  firstPart,
  isComplete,
  isEscape,
  isHexDigit,
  isSpace,
  type Kind,
  kindOf,
  type NumberPart,
  nextPart,
  wordOf,
} from "./json-grammar.js";
import { decodeKey, decodeText, longKeyBytes } from "./json-text.js";
import { Utf8Check } from "./utf8-check.js";

/** What to do with a value. `walk` is for objects and arrays, `stream` for arrays. */
export type Treatment = "skip" | { holdBytes: number } | { walk: Scope } | { stream: Scope };

/** Someone who is told about the values in one object or array. */
export interface Scope {
  /** A member of the object (with its key), an element of a walked array, or a big element of a streamed one. */
  begin(kind: Kind, key: string | undefined): Treatment;
  /** The text of a value that was to be held. */
  held?(text: Uint8Array): void;
  /** Instead of `held`: the value was larger than it might be. */
  overflowed?(): void;
  /** `count` elements of the streamed array, with commas between them, from byte `at` on: for `parseSlice`. */
  slice?(text: Uint8Array, count: number, at: number): void;
  /** The object or array of this scope is closed. */
  end?(): void;
}

export interface CutterLimits {
  /** Elements are handed over when there is this much of them. */
  sliceBytes: number;
  /** A streamed array's element larger than this is told apart, through `begin`. */
  bigBytes: number;
}

export const maxNesting = 200;

// Where in the grammar the next byte stands. From `elementOrEnd` on, the fast scanner of streamed arrays is at work.
const valueNext = 0;
const valueOrEnd = 1;
const keyNext = 2;
const keyOrEnd = 3;
const colonNext = 4;
const afterValue = 5;
const done = 6;
const inString = 7;
const inEscape = 8;
const inHex = 9;
const inWord = 10;
const inMark = 11;
const inNumber = 12;
const elementOrEnd = 13;
const elementNext = 14;
const afterElement = 15;
const inElement = 16;

const objectFrame = 1;
const arrayFrame = 2;
const streamFrame = 3;

const byteOrderMark = [0xef, 0xbb, 0xbf];
const nothing = Buffer.alloc(0);

export class JsonCutter {
  private readonly limits: CutterLimits;
  private readonly utf8 = new Utf8Check();

  private chunk: Buffer = nothing;
  /** Position of the chunk in the document. */
  private base = 0;
  /** Next byte in the chunk; may be one past its end after a backslash. */
  private at = 0;

  private state = valueNext;
  private readonly frames = new Uint8Array(maxNesting + 1);
  private depth = 0;
  private readonly scopes: Scope[];
  private key: string | undefined;
  private isKey = false;
  /** Depth at which a held or skipped value began; -1 where scopes are asked. */
  private quietDepth = -1;
  private part: NumberPart = "zero";
  private word = "";
  /** How much of a word, an escape or the byte order mark has been read. */
  private progress = 0;

  /** Bytes of earlier chunks that are still wanted: of the captured key or value, or of the slice in the making. */
  private readonly kept = new ByteStore();
  private captureStart = -1;
  private captureLimit = 0;
  private isHolding = false;
  private hasOverflowed = false;

  private sliceStart = -1;
  private sliceEnd = 0;
  private count = 0;
  private elementStart = 0;
  private readonly element = new ElementScanner();

  constructor(root: Scope, limits: Partial<CutterLimits> = {}) {
    this.scopes = [root];
    this.limits = { sliceBytes: 1 << 20, bigBytes: 1 << 20, ...limits };
  }

  /** Takes the next chunk; the one before must be used up (`step` said false). Its bytes must not change meanwhile. */
  feed(chunk: Uint8Array): void {
    if (!this.utf8.accept(chunk)) {
      throw new FormatError("invalid_json", `The body is not valid UTF-8 (after byte ${this.base}).`);
    }
    this.chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  }

  /** Goes on until a scope was told something (true) or the chunk is used up (false). */
  step(): boolean {
    while (this.at < this.chunk.length) {
      if (this.state >= elementOrEnd ? this.scanElements() : this.readSkeleton()) return true;
    }
    // Blanks alone can have grown the slice this far. The next element would cut it here as well.
    const isBetween = this.count > 0 && this.state !== inElement;
    if (isBetween && this.base + this.chunk.length - this.sliceStart >= this.limits.sliceBytes) return this.cutSlice();
    this.keepRest();
    return false;
  }

  /** Says that there are no more bytes. */
  end(): void {
    if (this.state === inNumber && this.depth === 0) this.finishNumber();
    if (this.state !== done || !this.utf8.isWhole()) {
      throw new FormatError("invalid_json", `The body is not complete JSON: it ends at byte ${this.base}.`);
    }
  }

  /** The strict scanner: every byte of the skeleton, and of held and skipped values, is checked against the grammar. */
  private readSkeleton(): boolean {
    const { chunk } = this;
    const end = chunk.length;
    let i = this.at;
    while (i < end) {
      const c = chunk[i]!;
      switch (this.state) {
        case valueNext:
        case valueOrEnd:
          if (isSpace(c)) break;
          if (c === 0x5d && this.state === valueOrEnd) {
            this.at = i + 1;
            return this.close();
          }
          if (c === byteOrderMark[0] && this.base + i === 0) {
            this.state = inMark;
            this.progress = 1;
            break;
          }
          this.beginValue(c, i);
          // A streamed array has begun, or a shape that nobody wants: let `step` see.
          this.at = i + 1;
          if (this.state >= elementOrEnd) return false;
          break;
        case keyNext:
        case keyOrEnd:
          if (isSpace(c)) break;
          if (c === 0x7d && this.state === keyOrEnd) {
            this.at = i + 1;
            return this.close();
          }
          if (c !== 0x22) throw this.fault(i);
          this.isKey = true;
          this.state = inString;
          if (this.quietDepth < 0) this.capture(i, longKeyBytes);
          break;
        case colonNext:
          if (isSpace(c)) break;
          if (c !== 0x3a) throw this.fault(i);
          this.state = valueNext;
          break;
        case afterValue:
          if (isSpace(c)) break;
          if (c === 0x2c) this.state = this.frames[this.depth] === objectFrame ? keyNext : valueNext;
          else if (c === (this.frames[this.depth] === objectFrame ? 0x7d : 0x5d)) {
            this.at = i + 1;
            return this.close();
          } else throw this.fault(i);
          break;
        case done:
          if (!isSpace(c)) throw this.fault(i);
          break;
        case inString: {
          let s = c;
          while (s !== 0x22 && s !== 0x5c && s >= 0x20 && ++i < end) s = chunk[i]!;
          if (i === end) continue;
          if (s === 0x5c) this.state = inEscape;
          else if (s < 0x20) throw this.fault(i);
          else {
            this.at = i + 1;
            if (!this.isKey) {
              if (this.finishValue()) return true;
              if (this.state >= elementOrEnd) return false;
            } else this.finishKey();
          }
          break;
        }
        case inEscape:
          if (c === 0x75) {
            this.state = inHex;
            this.progress = 0;
          } else if (isEscape(c)) this.state = inString;
          else throw this.fault(i);
          break;
        case inHex:
          if (!isHexDigit(c)) throw this.fault(i);
          if (++this.progress === 4) this.state = inString;
          break;
        case inWord:
          if (c !== this.word.charCodeAt(this.progress)) throw this.fault(i);
          if (++this.progress === this.word.length) {
            this.at = i + 1;
            if (this.finishValue()) return true;
            if (this.state >= elementOrEnd) return false;
          }
          break;
        case inMark:
          if (c !== byteOrderMark[this.progress]) throw this.fault(i);
          if (++this.progress === 3) this.state = valueNext;
          break;
        case inNumber: {
          const next = nextPart(this.part, c);
          if (next !== undefined) this.part = next;
          else {
            this.at = i;
            if (this.finishNumber()) return true;
            if (this.state >= elementOrEnd) return false;
            continue;
          }
        }
      }
      i++;
    }
    this.at = i;
    return false;
  }

  private beginValue(c: number, i: number): void {
    const kind = kindOf(c);
    if (kind === undefined) throw this.fault(i);
    let frame = kind === "object" ? objectFrame : arrayFrame;
    if (this.quietDepth < 0) {
      const treatment = this.scopes.at(-1)!.begin(kind, this.key);
      this.key = undefined;
      if (treatment !== "skip" && "walk" in treatment) this.scopes.push(treatment.walk);
      else if (treatment !== "skip" && "stream" in treatment) {
        this.scopes.push(treatment.stream);
        frame = streamFrame;
      } else {
        this.quietDepth = this.depth;
        this.isHolding = treatment !== "skip";
        if (treatment !== "skip") this.capture(i, treatment.holdBytes);
      }
    }
    if (kind === "object" || kind === "array") {
      if (this.depth === maxNesting) throw this.depthFault(i);
      this.frames[++this.depth] = frame;
      this.state = frame === streamFrame ? elementOrEnd : frame === objectFrame ? keyOrEnd : valueOrEnd;
    } else if (kind === "string") {
      this.isKey = false;
      this.state = inString;
    } else if (kind === "number") {
      this.part = firstPart(c);
      this.state = inNumber;
    } else {
      this.word = wordOf(c);
      this.progress = 1;
      this.state = inWord;
    }
  }

  /** Leaves the innermost object or array; `at` stands behind its bracket. */
  private close(): boolean {
    this.depth--;
    if (this.quietDepth >= 0) return this.finishValue();
    this.expectNext();
    this.scopes.pop()!.end?.();
    return true;
  }

  /** A scalar, or a container in a held or skipped value, is over; `at` stands behind it. */
  private finishValue(): boolean {
    const isOver = this.depth === this.quietDepth;
    if (isOver) this.quietDepth = -1;
    this.expectNext();
    if (!isOver || !this.isHolding) return false;
    const text = this.takeCapture();
    const scope = this.scopes.at(-1)!;
    if (this.hasOverflowed || text.length > this.captureLimit) scope.overflowed?.();
    else scope.held?.(text);
    this.kept.clear();
    return true;
  }

  private expectNext(): void {
    this.state = this.depth === 0 ? done : this.frames[this.depth] === streamFrame ? afterElement : afterValue;
  }

  private finishNumber(): boolean {
    if (!isComplete(this.part)) throw this.fault(this.at);
    return this.finishValue();
  }

  private finishKey(): void {
    this.state = colonNext;
    if (this.quietDepth >= 0) return;
    this.key = decodeKey(this.takeCapture());
    this.kept.clear();
  }

  /** Takes note of the bytes from `i` on, as long as they are no more than `limit`. */
  private capture(i: number, limit: number): void {
    this.captureStart = this.base + i;
    this.captureLimit = limit;
    this.hasOverflowed = false;
  }

  /** The captured bytes up to `at`; nothing of an overflowed value, the beginning of an overflowed key. */
  private takeCapture(): Uint8Array {
    const from = this.captureStart;
    this.captureStart = -1;
    if (!this.hasOverflowed) return this.bytes(from, this.base + this.at);
    return this.kept.view(0, this.kept.length);
  }

  /** The fast scanner: finds where the elements of a streamed array end, and hands them over in slices. */
  private scanElements(): boolean {
    const { chunk, base } = this;
    const { sliceBytes, bigBytes } = this.limits;
    const end = chunk.length;
    let i = this.at;
    for (;;) {
      if (this.state !== inElement) {
        while (i < end && isSpace(chunk[i]!)) i++;
        this.at = i;
        if (i === end) return false;
        const c = chunk[i]!;
        if (this.state === afterElement ? c === 0x5d : c === 0x5d && this.state === elementOrEnd) {
          // The bracket is read again, and closes, when the last slice is out.
          if (this.count > 0) return this.cutSlice();
          this.at = i + 1;
          return this.close();
        }
        if (this.state === afterElement) {
          if (c !== 0x2c) throw this.fault(i);
          this.state = elementNext;
          i++;
          continue;
        }
        if (kindOf(c) === undefined) throw this.fault(i);
        // A flood of blanks must not grow the slice.
        if (this.count > 0 && base + i - this.sliceStart >= sliceBytes) return this.cutSlice();
        this.state = inElement;
        this.elementStart = base + i;
        if (this.count === 0) this.sliceStart = base + i;
        this.element.start(c);
      }

      i = this.element.scan(chunk, i, maxNesting - this.depth);
      this.at = i;
      if (this.element.isTooDeep) throw this.depthFault(i - 1);
      if (base + i - this.elementStart > bigBytes) return this.tellBigElement();
      if (!this.element.isOver) return false;
      this.count++;
      this.sliceEnd = base + i;
      this.state = afterElement;
      if (this.sliceEnd - this.sliceStart >= sliceBytes) return this.cutSlice();
    }
  }

  /** Hands the finished elements over. */
  private cutSlice(): boolean {
    const { count, sliceStart } = this;
    const text = this.bytes(sliceStart, this.sliceEnd);
    this.count = 0;
    this.sliceStart = -1;
    this.scopes.at(-1)!.slice?.(text, count, sliceStart);
    this.kept.clear();
    return true;
  }

  /** Hands over what is finished, goes back to the start of the element, and lets the strict scanner read it. */
  private tellBigElement(): boolean {
    const { sliceStart, elementStart, count } = this;
    let { chunk, base } = this;
    if (elementStart < base) {
      chunk = Buffer.concat([this.kept.view(elementStart - sliceStart, base - sliceStart), chunk]);
      base = elementStart;
    }
    if (count > 0) this.cutSlice();
    this.kept.clear();
    this.sliceStart = -1;
    this.chunk = chunk;
    this.base = base;
    this.at = elementStart - base;
    this.state = valueNext;
    return count > 0;
  }

  /** Bytes `from` to `to` of the document; what lies before the chunk is in `kept`, which begins at `from`. */
  private bytes(from: number, to: number): Uint8Array {
    if (from >= this.base) return this.chunk.subarray(from - this.base, to - this.base);
    if (to > this.base) this.kept.append(this.chunk.subarray(0, to - this.base));
    return this.kept.view(0, to - from);
  }

  /** The chunk is used up: saves the part of it that is still wanted. */
  private keepRest(): void {
    const { chunk, base } = this;
    const end = base + chunk.length;
    if (this.captureStart >= 0 && !this.hasOverflowed) {
      const from = Math.max(this.captureStart - base, 0);
      this.hasOverflowed = end - this.captureStart > this.captureLimit;
      if (!this.hasOverflowed) this.kept.append(chunk.subarray(from));
      else if (this.quietDepth < 0) {
        this.kept.append(chunk.subarray(from, from + this.captureLimit - this.kept.length));
      } else this.kept.clear();
    } else if (this.sliceStart >= 0) {
      this.kept.append(chunk.subarray(Math.max(this.sliceStart - base, 0)));
    }
    this.base = end;
    this.at = Math.max(this.at - chunk.length, 0);
    this.chunk = nothing;
  }

  /** Where in a slice, which begins at byte `at` of its document, the grammar is broken. */
  static findFault(slice: Uint8Array, at: number): never {
    const cutter = new JsonCutter({ begin: () => "skip" });
    cutter.base = at - 1;
    cutter.feed(Buffer.concat([Buffer.from("["), slice, Buffer.from("]")]));
    cutter.step();
    cutter.end();
    throw new FormatError("invalid_json", `The body is not valid JSON near byte ${at}.`);
  }

  private fault(i: number): FormatError {
    return new FormatError(
      "invalid_json",
      `The body is not valid JSON: unexpected character at byte ${this.base + i}.`,
    );
  }

  private depthFault(i: number): FormatError {
    const where = `at byte ${this.base + i}`;
    return new FormatError("invalid_json", `The body is nested deeper than ${maxNesting} levels ${where}.`);
  }
}

/** The values in a slice. Throws where they are not JSON, so every slice must come through here. */
export function parseSlice(text: Uint8Array, at: number): unknown[] {
  try {
    return JSON.parse(`[${decodeText(text)}]`);
  } catch {
    // The engine's own message quotes the text.
    return JsonCutter.findFault(text, at);
  }
}
