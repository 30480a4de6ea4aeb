/** What the header automation-aggregation says, and what the stamps say without it (spec sections 1.2, 8.2). */
import { expect, test } from "vitest";
import { envelope, metric, openDesk } from "./quirk.js";

const at = (clock: string, date = "2026-03-02") => `${date} ${clock} +0100`;

/** Groupings of the step count and of the heart rate of one delivery. */
async function groupingsOf(aggregation: string | undefined, stepDates: string[], heartDates: string[]) {
  const desk = await openDesk();
  await desk.send(
    envelope(
      { name: "step_count", units: "count", data: stepDates.map((date) => ({ date, qty: 10 })) },
      { name: "heart_rate", units: "count/min", data: heartDates.map((date) => ({ date, qty: 60 })) },
    ),
    aggregation === undefined ? {} : { "automation-aggregation": aggregation },
  );
  const stored = async (name: string) =>
    (await desk.points(name)).map(({ date, time, grouping }) => [grouping, date ?? time.slice(11, 19)]);
  return [await stored("step_count"), await stored("heart_rate")];
}

test.each([
  // What is stored is the local date for days and longer, else the time, which is UTC.
  ["Default", [at("09:01:00")], [at("09:01:07")], ["minute", "08:01:00"], ["second", "08:01:07"]],
  ["Seconds", [at("09:01:07")], [at("09:01:07")], ["second", "08:01:07"], ["second", "08:01:07"]],
  ["Minutes", [at("09:01:00")], [at("09:01:00")], ["minute", "08:01:00"], ["minute", "08:01:00"]],
  ["Hours", [at("09:00:00")], [at("09:00:00")], ["hour", "08:00:00"], ["hour", "08:00:00"]],
  ["Days", [at("00:00:00")], [at("00:00:00")], ["day", "2026-03-02"], ["day", "2026-03-02"]],
  ["Weeks", [at("00:00:00")], [at("00:00:00")], ["week", "2026-03-02"], ["week", "2026-03-02"]],
  ["Months", [at("00:00:00", "2026-03-01")], [], ["month", "2026-03-01"], undefined],
  ["Years", [at("00:00:00", "2026-01-01")], [], ["year", "2026-01-01"], undefined],
  [" hOURS ", [at("09:00:00")], [at("09:00:00")], ["hour", "08:00:00"], ["hour", "08:00:00"]],
  // A lonely bucket looks coarser than it is, but the header knows.
  ["Hours", [at("00:00:00")], [], ["hour", "23:00:00"], undefined],
  // A resting heart rate or a single beat off the boundary is no bucket.
  ["Hours", [at("09:00:00")], [at("09:13:07")], ["hour", "08:00:00"], ["raw", "08:13:07"]],
  ["None", [at("09:01:07")], [at("09:01:07")], ["raw", "08:01:07"], ["raw", "08:01:07"]],
  ["Stündlich", [at("09:00:00")], [at("09:00:00")], ["hour", "08:00:00"], ["hour", "08:00:00"]],
  [undefined, [at("00:00:00")], [at("00:00:00")], ["day", "2026-03-02"], ["day", "2026-03-02"]],
  [undefined, [at("09:00:00")], [at("00:00:00")], ["hour", "08:00:00"], ["hour", "23:00:00"]],
  [undefined, [at("09:01:00")], [at("09:01:00")], ["minute", "08:01:00"], ["minute", "08:01:00"]],
  [undefined, [at("09:01:00")], [at("09:01:07")], ["minute", "08:01:00"], ["second", "08:01:07"]],
  [undefined, [at("09:01:07")], [at("09:00:00")], ["raw", "08:01:07"], ["raw", "08:00:00"]],
])("automation-aggregation %s", async (aggregation, stepDates, heartDates, steps, heart) => {
  const [storedSteps, storedHeart] = await groupingsOf(aggregation, stepDates, heartDates);

  expect([storedSteps?.[0], storedHeart?.[0]]).toEqual([steps, heart]);
});

test("sparse metrics are grouped as the cumulative points of their delivery together", async () => {
  const desk = await openDesk();
  await desk.send(
    envelope(
      { name: "flights_climbed", units: "count", data: [{ date: at("00:00:00"), qty: 3 }] },
      { name: "step_count", units: "count", data: [{ date: at("09:00:00"), qty: 3 }] },
    ),
  );

  expect(await desk.points("flights_climbed")).toMatchObject([{ time: "2026-03-01T23:00:00.000Z", grouping: "hour" }]);
});

test("a header that the stamps contradict does not count, and a warning says so", async () => {
  const desk = await openDesk();
  const twice = metric("step_count", "count", { date: at("09:00:00"), qty: 5 }, { date: at("09:30:00"), qty: 6 });

  expect(await desk.send(twice, { "automation-aggregation": "Hours" })).toBe(
    "processed: 2 received, 2 inserted; warning mixed_grouping",
  );
  expect((await desk.points("step_count")).map(({ grouping, value }) => [grouping, value])).toEqual([
    ["minute", 5],
    ["minute", 6],
  ]);
});

test("an end that is not the bucket's shows ungrouped samples, whatever the header says", async () => {
  const desk = await openDesk();
  const walk = { date: at("09:00:00"), end: at("09:07:30"), qty: 700, source: "Watch" };

  expect(await desk.send(metric("step_count", "count", walk), { "automation-aggregation": "Minutes" })).toBe(
    "processed: 1 received, 1 inserted; warning mixed_grouping",
  );
  expect(await desk.points("step_count")).toMatchObject([{ end: "2026-03-02T08:07:30.000Z", grouping: "raw" }]);
});

test("weeks, months and years feed no day", async () => {
  const desk = await openDesk();
  for (const aggregation of ["Weeks", "Months", "Years"]) {
    const first = { Weeks: "2026-03-02", Months: "2026-03-01", Years: "2026-01-01" }[aggregation]!;
    await desk.send(metric("step_count", "count", { date: at("00:00:00", first), qty: 50_000 }), {
      "automation-aggregation": aggregation,
    });
  }

  expect((await desk.points("step_count")).map(({ grouping, date }) => [grouping, date])).toEqual([
    ["year", "2026-01-01"],
    ["month", "2026-03-01"],
    ["week", "2026-03-02"],
  ]);
  expect(await desk.days()).toEqual({});
});
