/** Source names in all their forms are data, never part of a bucket's key (spec sections 5.3, 8.4 nos. 1, 2, 12). */
import { expect, test } from "vitest";
import { hourly, metric, openDesk, point, ungrouped } from "./quirk.js";

const watch = "Pat\u2019s Apple\u00a0Watch";
const phone = "Pat\u2019s iPhone";

const hour = (qty: number, source?: unknown) =>
  metric("step_count", "count", { date: "2026-03-02 09:00:00 +0100", qty, source });

test("a bucket that comes from A, from A|B, from B|A and from nobody is one bucket", async () => {
  const desk = await openDesk();
  const sources = [watch, `${watch}|${phone}`, `${phone}|${watch}`, "", undefined];
  for (const [more, source] of sources.entries()) await desk.send(hour(500 + more, source), hourly);

  expect(await desk.points("step_count")).toEqual([
    point("2026-03-02T08:00:00.000Z", 504, "count", { grouping: "hour" }),
  ]);
  expect(await desk.days()).toEqual({ "2026-03-02": { step_count: { total: 504, unit: "count", series: "hour" } } });
});

test("the name of the newest delivery is the one that is shown, as it was sent", async () => {
  const desk = await openDesk();
  await desk.send(hour(500, watch), hourly);

  expect(await desk.send(hour(500, `${watch}|${phone}`), hourly)).toBe("processed: 1 received, 1 unchanged");
  expect(await desk.points("step_count")).toMatchObject([{ value: 500, source: `${watch}|${phone}` }]);
});

test("the same from two phones of one account is the same", async () => {
  const desk = await openDesk();
  await desk.send(hour(500, watch), { ...hourly, "automation-id": "A", "session-id": "1" });

  const told = await desk.send(hour(500, phone), { ...hourly, "automation-id": "B", "session-id": "2" });

  expect(told).toBe("processed: 1 received, 1 unchanged");
});

const sample = (source: unknown) =>
  metric("carbohydrates", "g", { date: "2026-03-02 09:00:12 +0100", qty: 30, source });

test.each([
  ["order", "Eat++|Cook", "Cook|Eat++"],
  ["spaces", "Pat\u2019s Apple\u00a0Watch", "Pat\u2019s Apple Watch"],
  ["quotes", "Pat\u2019s Kitchen", "Pat's Kitchen"],
  ["empty parts", "Cook||Eat++", "Cook|Eat++"],
  ["repetition", "Cook|Cook", "Cook"],
  ["composition", "Caf\u00e9", "Cafe\u0301"],
  ["emptiness", "", undefined],
  ["emptiness of another kind", " \u00a0", null],
])("samples whose sources differ only in %s are one sample", async (_, first, second) => {
  const desk = await openDesk();
  await desk.send(sample(first), ungrouped);

  expect(await desk.send(sample(second), ungrouped)).toBe("processed: 1 received, 1 unchanged");
  expect((await desk.days())["2026-03-02"]).toEqual({ carbohydrates: { total: 30, unit: "g", series: "raw" } });
});

test("a name that ends in ++ is another name than the same without", async () => {
  const desk = await openDesk();
  await desk.send(sample("Eat++"), ungrouped);

  expect(await desk.send(sample("Eat"), ungrouped)).toBe("processed: 1 received, 1 inserted");
  expect((await desk.points("carbohydrates", { source: "Eat++" })).map(({ source }) => source)).toEqual(["Eat++"]);
});

test("a source that is an object is its name", async () => {
  const desk = await openDesk();
  await desk.send(sample({ name: watch, identifier: "com.example" }), ungrouped);

  expect(await desk.points("carbohydrates")).toMatchObject([{ source: watch }]);
});

test("samples of watch and phone are not added up where they overlap", async () => {
  const desk = await openDesk();
  const steps = (from: string, to: string, qty: number, source: string) => ({
    ...{ date: `2026-03-02 ${from}:00 +0100`, end: `2026-03-02 ${to}:00 +0100`, qty, source },
  });
  const told = await desk.send(
    metric(
      "step_count",
      "count",
      steps("09:00", "09:10", 100, watch),
      steps("09:00", "09:10", 90, phone),
      steps("09:20", "09:30", 50, watch),
      // Half of these ten minutes the watch was worn, so half of the steps are the phone's alone.
      steps("09:25", "09:35", 80, phone),
    ),
    ungrouped,
  );

  expect(told).toBe("processed: 4 received, 4 inserted");
  expect(await desk.days()).toEqual({ "2026-03-02": { step_count: { total: 190, unit: "count", series: "raw" } } });
});
