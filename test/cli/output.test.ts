/** Tables, numbers, times and progress as people see them. */
import { describe, expect, test } from "vitest";
import { formatAgo, formatBytes, formatCount, formatWhen, layOutTable, Output } from "../../src/cli/output.js";
import { createProgress } from "../../src/cli/progress.js";

test("a table aligns texts to the left and numbers to the right", () => {
  const columns = [{ title: "NAME" }, { title: "POINTS" }, { title: "LAST" }];
  expect(
    layOutTable(columns, [
      ["heart_rate", 48211, null],
      ["睡眠", 7, "today"],
    ]),
  ).toEqual(["NAME        POINTS  LAST", "heart_rate  48,211", "睡眠             7  today"]);
  expect(layOutTable([{ title: "NAME" }], [])).toEqual(["NAME"]);
});

test("text from outside cannot steer the terminal", () => {
  const [, row] = layOutTable([{ title: "SOURCE" }], [["Watch\u001b[2J\nevil\u202e"]]);
  expect(row).toBe("Watch [2J evil");
});

test("a JSON result is one line in a pipe and laid out on a terminal", () => {
  const written: string[] = [];
  const write = (isTTY: boolean) => {
    const sink = { isTTY, write: (text: string) => written.push(text) };
    new Output({ stdout: sink, stderr: sink, isJson: true, isQuiet: false, mayColour: true }).json({ a: [1] });
  };
  write(false);
  write(true);
  expect(written).toEqual(['{"a":[1]}\n', '{\n  "a": [\n    1\n  ]\n}\n']);
});

test("numbers, sizes and times are written for people", () => {
  expect([0, 999, 1000, 1234567, -1234.5678, 1e21].map(formatCount)).toEqual([
    "0",
    "999",
    "1,000",
    "1,234,567",
    "-1,234.5678",
    "1e+21",
  ]);
  expect([0, 1023, 1536, 256 * 1024 ** 2, 5 * 1024 ** 4].map(formatBytes)).toEqual([
    "0 B",
    "1023 B",
    "1.5 KiB",
    "256 MiB",
    "5.0 TiB",
  ]);
  const now = Date.UTC(2026, 2, 2, 8);
  expect([0, 999, 1000, 59_999, 3_600_000, 2 * 86_400_000, -7_200_000].map((ago) => formatAgo(now - ago, now))).toEqual(
    ["now", "now", "1 second ago", "59 seconds ago", "1 hour ago", "2 days ago", "in 2 hours"],
  );
  expect(formatWhen(now - 60_000, now)).toBe("2026-03-02T07:59:00Z (1 minute ago)");
});

describe("progress", () => {
  function drawn(isTTY: boolean, steps: [ms: number, done: number][], isQuiet = false) {
    const written: string[] = [];
    const sink = { isTTY, columns: 80, write: (text: string) => written.push(text) };
    const output = new Output({ stdout: sink, stderr: sink, isJson: false, isQuiet, mayColour: false });
    let time = 0;
    const progress = output.progress({ label: "importing", total: 200, now: () => time });
    for (const [ms, done] of steps) {
      time = ms;
      progress.update(done);
    }
    progress.finish();
    progress.finish();
    return written;
  }

  test("is drawn after two seconds, ten times a second at most, and wiped at the end", () => {
    const steps: [number, number][] = [
      [100, 1],
      [1999, 40],
      [2000, 50],
      [2050, 51],
      [2100, 100],
    ];
    expect(drawn(true, steps)).toEqual([
      "\r\u001b[Kimporting  [######..................] 25 %  50 of 200",
      "\r\u001b[Kimporting  [############............] 50 %  100 of 200",
      "\r\u001b[K",
    ]);
  });

  test("leaves no trace of short work, in pipes, or when all is to be quiet", () => {
    expect([drawn(true, [[1500, 200]]), drawn(false, [[5000, 200]]), drawn(true, [[5000, 200]], true)]).toEqual([
      [],
      [],
      [],
    ]);
  });

  test("without a total shows the amount alone, cut to the width of the terminal", () => {
    const written: string[] = [];
    const sink = { columns: 12, write: (text: string) => written.push(text) };
    let time = 0;
    const progress = createProgress({ label: "reading", unit: "bytes", now: () => time }, sink);
    time = 3000;
    progress.update(3 * 1024 ** 2);
    expect(written).toEqual(["\r\u001b[Kreading  3."]);
  });
});
