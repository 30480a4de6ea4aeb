/** What the tests of the JSON decoder share: run it over chunks, and an oracle that holds the whole document. */
import { FormatError, type HaeEvent, HaeJsonDecoder, type HaeLimits, MemorySpill } from "../../src/formats/hae-json.js";

export type Outcome = { events: HaeEvent[]; error?: string };

/** Small enough that a document of a few hundred bytes takes every path. */
export const tinyLimits: HaeLimits = {
  sliceBytes: 24,
  bigBytes: 60,
  elementBytes: 1 << 20,
  headerBytes: 1 << 20,
  waitingBytes: 80,
};

export function decode(body: string | Uint8Array, chunkBytes = Infinity, limits: Partial<HaeLimits> = {}): Outcome {
  const bytes = Buffer.from(body as string);
  const decoder = new HaeJsonDecoder(new MemorySpill(), limits);
  const events: HaeEvent[] = [];
  try {
    for (let from = 0; from < bytes.length; from += chunkBytes) {
      // Every chunk is overwritten after use: nothing may be kept from it.
      const chunk = Uint8Array.from(bytes.subarray(from, from + Math.min(chunkBytes, bytes.length)));
      for (const event of decoder.push(chunk)) events.push(event);
      chunk.fill(0x21);
    }
    decoder.end();
    return { events };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { events, error: error.code };
  }
}

/** Brings events to the form that does not depend on where slices were cut. */
export function join(events: readonly HaeEvent[]): HaeEvent[] {
  const joined: HaeEvent[] = [];
  const arrays = new Map<string, unknown[]>();
  for (const event of events) {
    const last = joined.at(-1);
    if (event.kind === "points" && last?.kind === "points" && last.section === event.section) {
      if (event.firstIndex !== last.firstIndex + last.points.length) throw new Error("points are out of order");
      last.points.push(...event.points);
    } else if (event.kind === "elements") {
      const elements = arrays.get(event.field) ?? [];
      if (event.firstIndex !== elements.length) throw new Error("elements are out of order");
      arrays.set(event.field, elements.concat(event.elements));
    } else if (event.kind === "item" && arrays.size > 0) {
      const fields = new Map(Object.entries(event.value as object));
      for (const [field, elements] of arrays) fields.set(field, elements);
      joined.push({ ...event, value: Object.fromEntries(fields) });
      arrays.clear();
    } else joined.push(event.kind === "points" ? { ...event, points: [...event.points] } : event);
  }
  return joined;
}
