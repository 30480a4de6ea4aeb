/** What the decoder retains while a body far larger than its bounds goes through. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { HaeJsonDecoder, type Spill } from "../../src/formats/hae-json.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const mib = 1 << 20;

function retainedBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** `text` as often as it takes to fill `bytes`, in chunks of 64 KiB or so. */
function* repeat(text: string, bytes: number): Iterable<Buffer> {
  const chunk = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

function* hugeBody(): Iterable<Buffer> {
  const piece = (text: string) => Buffer.from(text);
  yield piece('{"what is this":{"text":"');
  yield* repeat("a long text \\n", 20 * mib);
  yield piece('","numbers":1');
  yield* repeat("0123456789", 5 * mib);
  yield piece('},"data":{"metrics":[{"data":[0');
  yield* repeat(',\n{"date":"2026-03-02 09:00:00 +0100","qty":77.000000000000014,"source":"Pat’s Watch"}', 25 * mib);
  yield* repeat(" \n", 40 * mib);
  yield piece(',{"note":"');
  yield* repeat("one point of twenty megabytes ", 20 * mib);
  yield piece('"}');
  yield piece('],"units":"count","name":"step_count"}],"workouts":[{"id":"6F0E","route":[0');
  yield* repeat(',{"latitude":0.001,"longitude":0.002,"timestamp":"2026-03-02 17:02:12 +0100"}', 25 * mib);
  yield piece('],"metadata":{}}]}}');
}

function openFileSpill(): Spill & { close(): void } {
  const dir = mkdtempSync(join(tmpdir(), "selfsensored-"));
  const file = openSync(join(dir, "spill"), "w+");
  let length = 0;
  return {
    append: (bytes) => {
      length += writeSync(file, bytes, 0, bytes.length, length);
    },
    *replay() {
      const piece = Buffer.alloc(65_536);
      for (let at = 0; at < length; ) {
        const read = readSync(file, piece, 0, piece.length, at);
        yield piece.subarray(0, read);
        at += read;
      }
    },
    clear: () => {
      ftruncateSync(file, 0);
      length = 0;
    },
    close: () => {
      closeSync(file);
      rmSync(dir, { recursive: true });
    },
  };
}

test("a body of 130 MB passes through a few megabytes of memory, and is told to the last element", () => {
  const spill = openFileSpill();
  const decoder = new HaeJsonDecoder(spill);
  const atStart = retainedBytes();
  const counts: Record<string, number> = {};
  let [sent, seen, nextLook, largest] = [0, 0, 0, 0];

  for (const chunk of hugeBody()) {
    sent += chunk.length;
    for (const event of decoder.push(chunk)) {
      const size =
        event.kind === "points" ? event.points.length : event.kind === "elements" ? event.elements.length : 1;
      counts[event.kind] = (counts[event.kind] ?? 0) + size;
      seen++;
      if (seen % 8 === 0) largest = Math.max(largest, retainedBytes() - atStart);
    }
    if (sent >= nextLook) {
      largest = Math.max(largest, retainedBytes() - atStart);
      nextLook += 8 * mib;
    }
  }
  decoder.end();
  spill.close();

  const numberOf = (text: string) => {
    const perChunk = Math.ceil(65_536 / text.length);
    return perChunk * Math.ceil((25 * mib) / Buffer.byteLength(text.repeat(perChunk)));
  };
  expect(counts).toEqual({
    unknownKey: 1,
    points: 1 + numberOf(',\n{"date":"2026-03-02 09:00:00 +0100","qty":77.000000000000014,"source":"Pat’s Watch"}'),
    unreadable: 1,
    elements: 1 + numberOf(',{"latitude":0.001,"longitude":0.002,"timestamp":"2026-03-02 17:02:12 +0100"}'),
    item: 1,
  });
  expect(sent).toBeGreaterThan(100 * mib);
  // Most of it is the point, held as far as 16 MiB before it is given up.
  expect(largest).toBeLessThan(32 * mib);
}, 60_000);
