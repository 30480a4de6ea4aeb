import { expect, test } from "vitest";
import { FormatError } from "../../src/formats/format-error.js";
import {
  type CutterLimits,
  JsonCutter,
  parseSlice,
  type Scope,
  type Treatment,
} from "../../src/formats/json-cutter.js";

/** Streams the root array, holds every big element, and lists what it was told. */
function cut(body: string | Uint8Array, chunkBytes: number, limits: Partial<CutterLimits> = {}, treatment?: Treatment) {
  const told: unknown[] = [];
  const elements: Scope = {
    begin: () => ({ holdBytes: 40 }),
    slice: (text, count, at) => told.push({ at, count, values: parseSlice(text, at) }),
    held: (text) => told.push({ held: JSON.parse(Buffer.from(text).toString()) }),
    overflowed: () => told.push("overflowed"),
    end: () => told.push("end"),
  };
  const root: Scope = { ...elements, begin: (kind) => treatment ?? (kind === "array" ? { stream: elements } : "skip") };
  const cutter = new JsonCutter(root, limits);
  const bytes = Buffer.from(body as string);
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    cutter.feed(bytes.subarray(from, from + chunkBytes));
    while (cutter.step());
  }
  cutter.end();
  return told;
}

function isAccepted(body: string | Uint8Array, chunkBytes: number, treatment?: Treatment): boolean {
  try {
    cut(body, chunkBytes, {}, treatment);
    return true;
  } catch (error) {
    if (error instanceof FormatError && error.code === "invalid_json") return false;
    throw error;
  }
}

test.each([1, 3, 1000])("slices are cut at the first element that fills them, in chunks of %i", (chunkBytes) => {
  const body = ' [ "a,]b" , {"c":[1,2]},\n\n[],4 , "\\"\\\\" ]';

  expect(cut(body, chunkBytes, { sliceBytes: 10 })).toEqual([
    { at: 3, count: 2, values: ["a,]b", { c: [1, 2] }] },
    { at: 26, count: 3, values: [[], 4, '"\\'] },
    "end",
  ]);
});

test.each([1, 3, 1000])("big elements are told apart, in their order, in chunks of %i", (chunkBytes) => {
  const body = JSON.stringify([1, "b".repeat(30), [2], { c: "d".repeat(90) }, "e".repeat(25)]);

  expect(cut(body, chunkBytes, { bigBytes: 20 })).toEqual([
    { at: 1, count: 1, values: [1] },
    { held: "b".repeat(30) },
    { at: 36, count: 1, values: [[2]] },
    "overflowed",
    { held: "e".repeat(25) },
    "end",
  ]);
});

test.each([1, 7, 100_000])("blanks between elements do not count as elements, in chunks of %i", (chunkBytes) => {
  const body = `[${" ".repeat(500)}1${"\n".repeat(500)},${" ".repeat(50)}2${"\t".repeat(500)}]`;

  expect(cut(body, chunkBytes, { sliceBytes: 100, bigBytes: 100 })).toEqual([
    { at: 501, count: 1, values: [1] },
    { at: 1053, count: 1, values: [2] },
    "end",
  ]);
});

const judged = [
  ...[
    "{}",
    "[]",
    "0",
    "-0",
    "1.5e+10",
    "1E9",
    "0.1",
    "1e999",
    '"a"',
    "true",
    "false",
    "null",
    ' [ 1 , "x" ] ',
    '{"a":{},"":[]}',
  ],
  ...[
    '"\\u00E9\\ud800\\/\\b"',
    '{"a":1,"a":2}',
    "[[],[[]]]",
    '[{"a":[]},null]',
    "\ufeff[]",
    "\t\r\n1\n",
    '"\u007f\u2028"',
  ],
  ...[
    "",
    " ",
    "\ufeff",
    "\ufeff\ufeff[]",
    "[\ufeff]",
    "[1,]",
    "[,1]",
    "[,]",
    "[1 2]",
    "[1",
    "]",
    "}",
    "[}",
    "{]",
    "[{]}",
    '{"a"}',
    '{"a":}',
  ],
  ...[
    '{"a":1,}',
    "{,}",
    "{a:1}",
    "{1:1}",
    "{'a':1}",
    '{"a" 1}',
    '{"a":1 "b":2}',
    "[1]]",
    "[] []",
    "1 2",
    "01",
    "-",
    "-a",
    "1.",
    ".5",
    "+1",
  ],
  ...[
    "1e",
    "1e+",
    "0x1",
    "1.e1",
    "1_0",
    "NaN",
    "Infinity",
    "[NaN]",
    "[-Infinity]",
    "tru",
    "trues",
    "nul",
    "True",
    "[undefined]",
    '"a',
    '"\\',
  ],
  ...[
    '"a\u001f',
    '{"a\u001f:1}',
    '"\\x"',
    '"\\u12g4"',
    '"\\u123"',
    '"a\nb"',
    '"\0"',
    "[\0]",
    '["a\tb"]',
    '[{"a":"\u001f"}]',
    "[1}",
    '["a"}',
    '{"a":[1}]',
    "[1[2]]",
  ],
  ...[
    "// c\n1",
    "[1/**/]",
    "\u00a0[]",
    "[1\u00a0,2]",
    '["a""b"]',
    "[{}{}]",
    "[tru]",
    "[1,\v2]",
    "\f1",
    '{"a":"b\u0001"}',
    '{"a\n":1}',
  ],
];

test("a document is accepted exactly when JSON.parse accepts it, streamed, skipped and held", () => {
  const accepted = (body: string) => {
    try {
      JSON.parse(body.replace(/^\ufeff/, ""));
      return true;
    } catch {
      return false;
    }
  };
  const verdicts = (judge: (body: string) => boolean) => judged.map((body) => [body, judge(body)]);
  const expected = verdicts(accepted);

  for (const chunkBytes of [1, 2, 1000]) {
    expect(verdicts((body) => isAccepted(body, chunkBytes))).toEqual(expected);
    expect(verdicts((body) => isAccepted(body, chunkBytes, "skip"))).toEqual(expected);
    expect(verdicts((body) => isAccepted(body, chunkBytes, { holdBytes: 8 }))).toEqual(expected);
  }
});

test.each([
  ["a truncated character", [0x5b, 0x22, 0xe2, 0x82, 0x22, 0x5d]],
  ["an overlong character", [0x5b, 0x22, 0xc0, 0xaf, 0x22, 0x5d]],
  ["a surrogate", [0x5b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x5d]],
  ["a lone continuation", [0x5b, 0x22, 0x80, 0x22, 0x5d]],
  ["a byte that is never used", [0x5b, 0x22, 0xff, 0x22, 0x5d]],
  ["an unfinished character at the end", [0x31, 0xf0, 0x9f]],
  ["half a byte order mark", [0xef, 0xbb]],
  ["UTF-16", [0xff, 0xfe, 0x5b, 0x00, 0x5d, 0x00]],
])("%s is refused", (_, bytes) => {
  for (const chunkBytes of [1, 2, 3, 100]) {
    expect(isAccepted(Uint8Array.from(bytes), chunkBytes)).toBe(false);
    expect(isAccepted(Uint8Array.from(bytes), chunkBytes, "skip")).toBe(false);
  }
});

test("characters of two, three and four bytes survive any cut", () => {
  for (const chunkBytes of [1, 2, 3, 4, 5]) {
    expect(cut('["é€😀"]', chunkBytes)).toEqual([{ at: 1, count: 1, values: ["é€😀"] }, "end"]);
  }
});

test("a key of more than 64 KiB is told by its first 100 characters", () => {
  for (const chunkBytes of [1000, 100_000]) {
    const keys: unknown[] = [];
    const root: Scope = {
      begin(_kind, key) {
        keys.push(key);
        return { walk: root };
      },
    };
    const cutter = new JsonCutter(root);
    const body = Buffer.from(`{"${"k".repeat(65_000)}":{"${"\\u00e9".repeat(20_000)}":[]}}`);
    for (let from = 0; from < body.length; from += chunkBytes) {
      cutter.feed(body.subarray(from, from + chunkBytes));
      while (cutter.step());
    }
    cutter.end();

    expect(keys).toEqual([undefined, "k".repeat(65_000), "é".repeat(100)]);
  }
});

test("200 levels are accepted, 201 are not, and 100,000 take no stack", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  for (const treatment of [undefined, "skip", { holdBytes: 1000 }] as const) {
    for (const chunkBytes of [1, 1000]) {
      expect(isAccepted(nested(200), chunkBytes, treatment)).toBe(true);
      expect(isAccepted(nested(201), chunkBytes, treatment)).toBe(false);
    }
    expect(isAccepted(nested(100_000), 65_536, treatment)).toBe(false);
    expect(isAccepted('{"a":'.repeat(100_000), 65_536, treatment)).toBe(false);
  }
});
