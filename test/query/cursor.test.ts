/** Cursors lead back to where they came from and nowhere else. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { openCursor, sealCursor } from "../../src/query/cursor.js";

test("a cursor gives back the position that was sealed in it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (position) => {
      expect(openCursor(["user", "list"], sealCursor(["user", "list"], position))).toEqual(
        JSON.parse(JSON.stringify(position)),
      );
    }),
    { numRuns: 50 },
  );
});

test("a cursor of another list or user, a cut or a changed one is refused", () => {
  const cursor = sealCursor(["user", "list"], [1, "a"]);
  const refused = [sealCursor(["user", "other"], [1, "a"]), sealCursor(["else", "list"], [1, "a"])];
  for (let at = 0; at < cursor.length; at++) {
    refused.push(cursor.slice(0, at));
    refused.push(`${cursor.slice(0, at)}${cursor[at] === "A" ? "B" : "A"}${cursor.slice(at + 1)}`);
  }
  refused.push(`${cursor}=`, `${cursor} `, "null");

  for (const text of refused) {
    expect(() => openCursor(["user", "list"], text)).toThrow(
      "The parameter cursor is damaged or belongs to another list.",
    );
  }
});
