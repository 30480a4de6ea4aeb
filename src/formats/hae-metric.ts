/**
 * One entry of `metrics`: `{ name, units, data }` in any order, because the app's order is random (spec section 0).
 *
 * Points are handed over as soon as both name and units are known; until then they wait, at the latest until the entry
 * ends. Complaints come last, so that they too have a name.
 */
import type { Decoding, HaeEvent } from "./hae-event.js";
import { parseSlice, type Scope, type Treatment } from "./json-cutter.js";
import type { Kind } from "./json-grammar.js";
import { decodeValue } from "./json-text.js";
import { type WaitingSlice, WaitingSlices } from "./spill.js";

export class MetricScope implements Scope {
  private readonly to: Decoding;
  private readonly section: number;
  private readonly waiting: WaitingSlices;
  private readonly header: { name: unknown; units: unknown } = { name: undefined, units: undefined };
  private readonly missing = new Set<"name" | "units">(["name", "units"]);
  private field: "name" | "units" = "name";
  private count = 0;
  private readonly tooLarge: number[] = [];
  private entryFault = "";
  private isHeaderless = false;

  constructor(to: Decoding, section: number) {
    this.to = to;
    this.section = section;
    this.waiting = new WaitingSlices(to.spill, to.limits.waitingBytes);
  }

  begin(kind: Kind, key: string): Treatment {
    if (key === "name" || key === "units") {
      this.field = key;
      return { holdBytes: this.to.limits.headerBytes };
    }
    if (key !== "data" || kind === "null") return "skip";
    if (kind === "array") return { stream: new PointsScope(this, this.to.limits.elementBytes) };
    this.entryFault ||= "data is not an array";
    return "skip";
  }

  held(text: Uint8Array): void {
    this.header[this.field] = decodeValue(text);
    this.missing.delete(this.field);
  }

  /** Points under half a header would be taken for something else: those that wait, or follow, are not told. */
  overflowed(): void {
    this.isHeaderless = true;
    this.entryFault ||= `${this.field} is too large`;
  }

  addPoints(text: Uint8Array, count: number, at: number): void {
    const slice = { text, at, firstIndex: this.count };
    this.count += count;
    const isKnown = this.missing.size === 0 && !this.isHeaderless;
    if (isKnown && this.waiting.isEmpty()) this.to.tell([this.makePoints(slice)]);
    else this.waiting.add(slice);
  }

  refusePoint(): void {
    this.tooLarge.push(this.count++);
  }

  end(): void {
    this.to.tell(this.finish());
  }

  private *finish(): Iterable<HaeEvent> {
    for (const slice of this.waiting.take()) {
      const points = this.makePoints(slice);
      if (!this.isHeaderless) yield points;
    }
    for (const index of this.tooLarge) yield this.complain(index, "the point is too large");
    if (this.entryFault !== "") yield this.complain(0, this.entryFault);
  }

  private makePoints({ text, at, firstIndex }: WaitingSlice): HaeEvent {
    return { kind: "points", section: this.section, ...this.header, firstIndex, points: parseSlice(text, at) };
  }

  private complain(index: number, reason: string): HaeEvent {
    return { kind: "unreadable", type: "metric", section: this.section, name: this.header.name, index, reason };
  }
}

class PointsScope implements Scope {
  private readonly metric: MetricScope;
  private readonly holdBytes: number;

  constructor(metric: MetricScope, holdBytes: number) {
    this.metric = metric;
    this.holdBytes = holdBytes;
  }

  begin(): Treatment {
    return { holdBytes: this.holdBytes };
  }

  held(text: Uint8Array): void {
    this.metric.addPoints(text, 1, 0);
  }

  overflowed(): void {
    this.metric.refusePoint();
  }

  slice(text: Uint8Array, count: number, at: number): void {
    this.metric.addPoints(text, count, at);
  }
}
