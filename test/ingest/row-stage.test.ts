import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RowStage } from "../../src/ingest/row-stage.js";
import { ScratchFile } from "../../src/ingest/scratch-file.js";
import { pointColumn, pointColumns } from "../../src/store/store.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selfsensored-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Adds rows with these starts, spilling every so often, and reads the starts back in order with their positions. */
function sortStarts(starts: readonly number[], spillEvery: number): [start: number, position: number][] {
  const scratch = new ScratchFile(folder);
  const stage = new RowStage({ metric: "step_count", isCumulative: true, header: null });
  stage.startSection();
  for (const [i, start] of starts.entries()) {
    stage.add(0, start, start, 0, i, Number.NaN, Number.NaN, 0, 60, i, true);
    if ((i + 1) % spillEvery === 0) stage.spill(scratch);
  }
  const sorted: [number, number][] = [];
  stage.forEachSorted(scratch, (rows, at) =>
    sorted.push([rows[at + pointColumn.start]!, rows[at + pointColumn.value]!]),
  );
  scratch.close();
  return sorted;
}

test("rows come out sorted by key whether they fit in memory or not, in order or not", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 3000 }),
      fc.integer({ min: 1, max: 900 }),
      (starts, spillEvery) => {
        const expected = starts
          .map((start, i): [number, number] => [start, i])
          .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        expect(sortStarts(starts, spillEvery)).toEqual(expected);
      },
    ),
    { numRuns: 40 },
  );
});

test("a hundred thousand shuffled rows come out sorted, each once", () => {
  const starts = Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 100_003);
  const sorted = sortStarts(starts, 30_000).map(([start]) => start);
  expect(sorted).toEqual([...starts].sort((a, b) => a - b));
  expect(pointColumns).toBe(12);
});
