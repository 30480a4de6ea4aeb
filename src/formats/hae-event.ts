/** What the decoder of Health Auto Export's JSON tells, and what its scopes share while they do. */
import type { CutterLimits } from "./json-cutter.js";
import type { Spill } from "./spill.js";

export const arrayTypes = [
  "workouts",
  "stateOfMind",
  "medications",
  "symptoms",
  "cycleTracking",
  "ecg",
  "heartRateNotifications",
] as const;
export type ArrayType = (typeof arrayTypes)[number];

export type HaeEvent =
  /** Elements of one metric's `data`. `section` numbers the metrics of the document; name and units are as sent. */
  | { kind: "points"; section: number; name: unknown; units: unknown; firstIndex: number; points: unknown[] }
  /** One element of another array, of whatever JSON type. */
  | { kind: "item"; type: ArrayType; index: number; value: unknown }
  /**
   * Part of an array in a workout or ECG that is too big to be held whole. They come before the `item` (which has `[]`
   * in that field) or, should the rest turn out unreadable, before the `unreadable` of the same type and index.
   */
  | { kind: "elements"; type: ArrayType; index: number; field: string; firstIndex: number; elements: unknown[] }
  /**
   * What cannot be an item. With a `section` it is the point `index` of that metric, or (`index` 0, see `reason`) the
   * whole entry; without, the element `index` of the array, or the whole array.
   */
  | { kind: "unreadable"; type: ArrayType | "metric"; section?: number; name?: unknown; index: number; reason: string }
  /** A key of the envelope or of `data` that means nothing to us, cut to 100 characters. Its value was skipped. */
  | { kind: "unknownKey"; key: string };

export interface HaeLimits extends CutterLimits {
  /** The largest element that is held whole. */
  elementBytes: number;
  /** The largest `name` or `units`. */
  headerBytes: number;
  /** What may wait in memory for its name and units. */
  waitingBytes: number;
}

/** One document on its way: what its scopes have found and not yet handed over. */
export class Decoding {
  readonly spill: Spill;
  readonly limits: HaeLimits;
  readonly envelope = { knownKeys: 0, unknownKeys: 0, complaint: "" };
  sections = 0;
  private ready: Iterable<HaeEvent>[] = [];

  constructor(spill: Spill, limits: HaeLimits) {
    this.spill = spill;
    this.limits = limits;
  }

  /** An iterable that makes its events one by one is read only as fast as they are taken. */
  tell(events: Iterable<HaeEvent>): void {
    this.ready.push(events);
  }

  *take(): Generator<HaeEvent, void, undefined> {
    const { ready } = this;
    this.ready = [];
    for (const events of ready) yield* events;
  }
}
