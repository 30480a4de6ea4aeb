/**
 * Decodes what Health Auto Export sends as JSON (spec section 2) into points, items and complaints.
 *
 *     bytes → cutter (skeleton and slices) → one scope per part of the envelope → events
 *
 * Every form of the envelope is read: with or without the `data` wrapper, known arrays beside it, an array of envelopes,
 * null for any array or for `data`, any order of keys. What a caller may rely on:
 *
 * - Memory stays flat, whatever comes: slices of about 1 MiB, single elements of at most 16 MiB, and points that wait
 *   for the name and units of their metric go to the caller's spill beyond 4 MiB.
 * - Every element becomes one event or part of one, or is named as unreadable. Indexes count from 0 in each array; in
 *   a metric they go on when `data` comes twice. Of a repeated `name` or `units` the last counts for points that follow
 *   it, or that still wait.
 * - `push` and `end` throw `FormatError` `invalid_json` exactly when the document is not JSON as `json-cutter.ts` has it.
 *   `invalid_envelope` comes from `end`, once all of the document has proved to be JSON. Events told before an error
 *   are true of the bytes seen; whether they count is the caller's business. After an error the decoder is useless.
 * - Events do not depend on how the bytes were chunked.
 *
 * `push` is a generator, so that a caller can write each slice away before the next is made: nothing happens until it
 * is run, it must be run to its end, and the chunk must be left alone meanwhile. What the fields mean is for `health/`.
 */
import { FormatError } from "./format-error.js";
import { RootScope } from "./hae-envelope.js";
import { Decoding, type HaeEvent, type HaeLimits } from "./hae-event.js";
import { JsonCutter } from "./json-cutter.js";
import { MemorySpill, type Spill } from "./spill.js";

export { FormatError, type FormatErrorCode } from "./format-error.js";
export { type ArrayType, arrayTypes, type HaeEvent, type HaeLimits } from "./hae-event.js";
export { MemorySpill, type Spill } from "./spill.js";

const defaultLimits: HaeLimits = {
  sliceBytes: 1 << 20,
  bigBytes: 1 << 20,
  elementBytes: 16 << 20,
  headerBytes: 1 << 20,
  waitingBytes: 4 << 20,
};

/** Larger chunks are taken in pieces, because events pile up until a piece of them is used up. */
const pieceBytes = 1 << 20;

export class HaeJsonDecoder {
  private readonly cutter: JsonCutter;
  private readonly decoding: Decoding;

  constructor(spill: Spill = new MemorySpill(), limits: Partial<HaeLimits> = {}) {
    this.decoding = new Decoding(spill, { ...defaultLimits, ...limits });
    this.cutter = new JsonCutter(new RootScope(this.decoding), this.decoding.limits);
  }

  *push(chunk: Uint8Array): Generator<HaeEvent, void, undefined> {
    for (let from = 0; from < chunk.length; from += pieceBytes) {
      this.cutter.feed(chunk.subarray(from, from + pieceBytes));
      let goesOn = true;
      while (goesOn) {
        goesOn = this.cutter.step();
        yield* this.decoding.take();
      }
    }
  }

  /** Says that the document is over. All events have been told by then; what may come of it is an error. */
  end(): void {
    this.cutter.end();
    const { complaint, knownKeys, unknownKeys } = this.decoding.envelope;
    if (complaint !== "") throw new FormatError("invalid_envelope", complaint);
    if (unknownKeys > 0 && knownKeys === 0) {
      throw new FormatError("invalid_envelope", "The body is JSON, but nothing in it is from Health Auto Export.");
    }
  }
}
