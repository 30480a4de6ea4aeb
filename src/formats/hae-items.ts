/**
 * The arrays beside `metrics`: workouts, ECGs, symptoms and so on, told element by element.
 *
 * A workout or ECG that is too big for a slice (a long route, spec section 1.6) is taken apart: its arrays are told in
 * parts as they come, the rest of its fields is collected. Big elements of other types are held whole.
 */
import type { ArrayType, Decoding, HaeEvent } from "./hae-event.js";
import { parseSlice, type Scope, type Treatment } from "./json-cutter.js";
import type { Kind } from "./json-grammar.js";
import { decodeValue } from "./json-text.js";

export class ItemsScope implements Scope {
  private readonly to: Decoding;
  private readonly type: ArrayType;
  private index = 0;

  constructor(to: Decoding, type: ArrayType) {
    this.to = to;
    this.type = type;
  }

  begin(kind: Kind): Treatment {
    const isDivisible = kind === "object" && (this.type === "workouts" || this.type === "ecg");
    if (isDivisible) return { walk: new ItemScope(this.to, this.type, this.index++) };
    return { holdBytes: this.to.limits.elementBytes };
  }

  held(text: Uint8Array): void {
    this.tellItem(decodeValue(text));
  }

  overflowed(): void {
    const reason = "the element is too large";
    this.to.tell([{ kind: "unreadable", type: this.type, index: this.index++, reason }]);
  }

  slice(text: Uint8Array, _count: number, at: number): void {
    for (const value of parseSlice(text, at)) this.tellItem(value);
  }

  private tellItem(value: unknown): void {
    this.to.tell([{ kind: "item", type: this.type, index: this.index++, value }]);
  }
}

/** A big element, field by field. */
class ItemScope implements Scope {
  private readonly to: Decoding;
  private readonly type: ArrayType;
  private readonly index: number;
  private readonly fields = new Map<string, unknown>();
  private field = "";
  /** What the fields that are held may still take. */
  private bytesLeft: number;
  private fault = "";

  constructor(to: Decoding, type: ArrayType, index: number) {
    this.to = to;
    this.type = type;
    this.index = index;
    this.bytesLeft = to.limits.elementBytes;
  }

  begin(kind: Kind, key: string): Treatment {
    this.bytesLeft -= key.length;
    if (this.bytesLeft < 0) this.overflowed();
    if (this.fault !== "") return "skip";
    this.field = key;
    if (kind !== "array") return { holdBytes: this.bytesLeft };
    this.fields.set(key, []);
    return { stream: new FieldScope(this, this.to.limits.elementBytes) };
  }

  held(text: Uint8Array): void {
    this.bytesLeft -= text.length;
    this.fields.set(this.field, decodeValue(text));
  }

  overflowed(): void {
    this.fault ||= "the element is too large";
    this.fields.clear();
  }

  tellElements(firstIndex: number, elements: unknown[]): void {
    if (this.fault !== "") return;
    const { type, index, field } = this;
    this.to.tell([{ kind: "elements", type, index, field, firstIndex, elements }]);
  }

  end(): void {
    const { type, index, fault } = this;
    // `fromEntries` defines fields, where assigning would let one named `__proto__` reach the prototype.
    const event: HaeEvent =
      fault === ""
        ? { kind: "item", type, index, value: Object.fromEntries(this.fields) }
        : { kind: "unreadable", type, index, reason: fault };
    this.to.tell([event]);
  }
}

/** An array in a big element. */
class FieldScope implements Scope {
  private readonly item: ItemScope;
  private readonly holdBytes: number;
  private count = 0;

  constructor(item: ItemScope, holdBytes: number) {
    this.item = item;
    this.holdBytes = holdBytes;
  }

  begin(): Treatment {
    return { holdBytes: this.holdBytes };
  }

  held(text: Uint8Array): void {
    this.item.tellElements(this.count++, [decodeValue(text)]);
  }

  overflowed(): void {
    this.item.overflowed();
  }

  slice(text: Uint8Array, count: number, at: number): void {
    this.item.tellElements(this.count, parseSlice(text, at));
    this.count += count;
  }
}
