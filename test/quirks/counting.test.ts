/** Nothing counts twice, and nothing is lost, however often and in whatever parts it comes (spec sections 8.1 to 8.5). */
import { expect, test } from "vitest";
import { type Desk, daily, hourly, metric, minutely, openDesk, point, ungrouped } from "./quirk.js";

const at = (clock: string) => `2026-03-02 ${clock}:00 +0100`;
const steps = (...points: [clock: string, qty: number][]) =>
  metric("step_count", "count", ...points.map(([clock, qty]) => ({ date: at(clock), qty })));
const sinceLastSync = (aggregation: string) => ({
  "automation-aggregation": aggregation,
  "automation-period": "Since Last Sync",
});

async function total(desk: Desk) {
  const { step_count } = (await desk.days())["2026-03-02"] ?? {};
  return step_count && [step_count.total, step_count.series];
}

test("an hourly and a daily automation of one metric count once", async () => {
  const desk = await openDesk();
  await desk.send(steps(["09:00", 1000], ["10:00", 2000]), hourly);
  await desk.send(steps(["00:00", 3000]), daily);

  expect(await total(desk)).toEqual([3000, "day"]);
  expect((await desk.points("step_count")).map(({ grouping, value }) => [grouping, value])).toEqual([
    ["day", 3000],
    ["hour", 1000],
    ["hour", 2000],
  ]);
  expect(await desk.points("step_count", { bucket: "day" })).toMatchObject([{ date: "2026-03-02", value: 3000 }]);
});

test("of hours and an unfinished day the larger counts", async () => {
  const desk = await openDesk();
  await desk.send(steps(["00:00", 2500]), { ...sinceLastSync("Days") });
  await desk.send(steps(["09:00", 1000], ["10:00", 2000]), hourly);

  expect(await total(desk)).toEqual([3000, "hour"]);
});

test("a whole day that came last, after its end, is Health's own figure and stands even if lower", async () => {
  const desk = await openDesk();
  await desk.send(steps(["09:00", 1000], ["10:00", 2000]), hourly);
  await desk.send(steps(["00:00", 2900]), daily);

  expect(await total(desk)).toEqual([2900, "day"]);
});

test("sums of minutes overstate, and count only until something better comes", async () => {
  const desk = await openDesk();
  await desk.send(steps(["09:00", 70.5], ["09:01", 59.5]), minutely);
  expect(await total(desk)).toEqual([130, "minute"]);

  await desk.send(steps(["09:00", 100]), hourly);
  expect(await total(desk)).toEqual([100, "hour"]);
});

test("hours and the samples that they were made of count once", async () => {
  const desk = await openDesk();
  const walk = { date: at("09:10"), end: at("09:20"), qty: 800, source: "Watch" };
  await desk.send(metric("step_count", "count", walk), ungrouped);
  await desk.send(steps(["09:00", 800]), hourly);

  expect(await total(desk)).toEqual([800, "hour"]);
});

test("the running hour grows, and the newest counts", async () => {
  const desk = await openDesk();

  expect(await desk.send(steps(["09:00", 100]), hourly)).toBe("processed: 1 received, 1 inserted");
  expect(await desk.send(steps(["09:00", 250], ["10:00", 40]), hourly)).toBe(
    "processed: 2 received, 1 inserted, 1 updated",
  );
  expect(await desk.send(steps(["09:00", 250.0], ["10:00", 60]), hourly)).toBe(
    "processed: 2 received, 1 updated, 1 unchanged",
  );
  expect(await desk.points("step_count")).toEqual([
    point("2026-03-02T08:00:00.000Z", 250, "count", { grouping: "hour" }),
    point("2026-03-02T09:00:00.000Z", 60, "count", { grouping: "hour" }),
  ]);
});

test("a corrected hour shrinks", async () => {
  const desk = await openDesk();
  await desk.send(steps(["09:00", 100], ["10:00", 500]), hourly);

  expect(await desk.send(steps(["09:00", 100], ["10:00", 450]), hourly)).toBe(
    "processed: 2 received, 1 updated, 1 unchanged",
  );
  expect(await total(desk)).toEqual([550, "hour"]);
});

test("the first hour since the last sync may be cut, so it makes nothing smaller", async () => {
  const desk = await openDesk();
  await desk.send(steps(["09:00", 500], ["10:00", 300]), hourly);

  // The second hour is whole in this delivery, the first is not.
  const told = await desk.send(steps(["09:00", 120], ["10:00", 280]), sinceLastSync("Hours"));

  expect(told).toBe("processed: 2 received, 1 updated, 1 unchanged");
  expect(await total(desk)).toEqual([780, "hour"]);
});

test("of several cut hours the largest counts until a whole one comes", async () => {
  const desk = await openDesk();
  for (const qty of [120, 200, 150]) await desk.send(steps(["09:00", qty]), sinceLastSync("Hours"));
  expect(await total(desk)).toEqual([200, "hour"]);

  await desk.send(steps(["09:00", 500]), hourly);
  expect(await total(desk)).toEqual([500, "hour"]);
});

test.each([
  ["Default", 120],
  ["Today", 120],
  ["Yesterday", 120],
  ["Since Last Sync", 500],
  ["Previous 7 Days", 500],
  ["Realtime", 500],
  ["Etwas anderes", 500],
  [undefined, 500],
])("a smaller first hour of the period %s leaves %d", async (period, left) => {
  const desk = await openDesk();
  await desk.send(steps(["09:00", 500]), hourly);

  await desk.send(steps(["09:00", 120]), {
    "automation-aggregation": "Hours",
    ...(period === undefined ? {} : { "automation-period": period }),
  });

  expect(await total(desk)).toEqual([left, "hour"]);
});

test("the very same bytes count at their first time only", async () => {
  const desk = await openDesk();
  const early = steps(["09:00", 100]);
  await desk.send(early, hourly);
  await desk.send(steps(["09:00", 250]), hourly);

  expect(await desk.send(early, hourly)).toBe("duplicate: 1 received, 1 unchanged");
  expect(await total(desk)).toEqual([250, "hour"]);
});

test("an older delivery that is processed again, later, does not win", async () => {
  const desk = await openDesk();
  const { receipt } = await desk.lab.send(steps(["09:00", 100], ["10:00", 7]), { headers: hourly });
  await desk.send(steps(["09:00", 250]), hourly);
  const before = await desk.points("step_count");

  await desk.lab.store.requeue({ id: receipt.ingestion_id });
  desk.lab["work"].poke(); // Private, and the only thing that wakes the worker.
  while ((await desk.lab.store.queueDepth()).depth > 0) await new Promise((resolve) => setTimeout(resolve, 5));

  expect((await desk.ask("ingestion", { id: receipt.ingestion_id })).counts.unchanged).toBe(2);
  expect(await desk.points("step_count")).toEqual(before);
  expect(await total(desk)).toEqual([257, "hour"]);
});

test("late data joins the day to which it belongs", async () => {
  const desk = await openDesk();
  const resting = (date: string, qty: number) => metric("resting_heart_rate", "count/min", { date, qty });
  await desk.send(resting("2026-03-03 00:00:00 +0100", 58), daily);

  await desk.send(resting("2026-03-02 00:00:00 +0100", 61), daily);

  expect((await desk.points("resting_heart_rate")).map(({ date, value }) => [date, value])).toEqual([
    ["2026-03-02", 61],
    ["2026-03-03", 58],
  ]);
});

test("what a later delivery lacks stays", async () => {
  const desk = await openDesk();
  await desk.send(steps(["09:00", 100], ["10:00", 200]), hourly);
  await desk.send(steps(["10:00", 210]), hourly);
  await desk.send({ data: { metrics: [{ name: "step_count", units: "count", data: [] }] } }, hourly);
  await desk.send({ data: {} }, hourly);

  expect(await total(desk)).toEqual([310, "hour"]);
});

test("a run whose second half is empty erases nothing of the first", async () => {
  const desk = await openDesk();
  const run = { ...hourly, "session-id": "6F0E2C1A-0B54-4B1C-9D1D-3C5D0E7A1B22" };
  await desk.send(steps(["09:00", 100]), run);
  await desk.sendFixture("workout-v2", run);
  const before = [await desk.days(), await desk.ask("workouts")];

  expect(await desk.send({ data: { metrics: [] } }, run)).toBe("processed: 0 received");
  expect(await desk.send({ data: { metrics: [], workouts: [] } }, run)).toBe("processed: 0 received");
  expect([await desk.days(), await desk.ask("workouts")]).toEqual(before);
});

test("points of one day do not take each other's place", async () => {
  const desk = await openDesk();
  const weights = (...points: [clock: string, qty: number][]) =>
    metric("weight_body_mass", "kg", ...points.map(([clock, qty]) => ({ date: `2026-03-02 ${clock} +0100`, qty })));
  await desk.send(weights(["07:00:11", 70.4]), ungrouped);
  await desk.send(weights(["21:30:08", 71.2], ["07:00:11", 70.4]), ungrouped);

  expect((await desk.points("weight_body_mass")).map(({ value }) => value)).toEqual([70.4, 71.2]);
  expect(await desk.days()).toEqual({
    "2026-03-02": { weight_body_mass: { avg: 70.8, min: 70.4, max: 71.2, last: 71.2, unit: "kg", series: "raw" } },
  });
});

test("everything again from the archive is the same again", async () => {
  const desk = await openDesk();
  await desk.send(steps(["09:00", 500], ["10:00", 300]), hourly);
  await desk.send(steps(["09:00", 120], ["10:00", 280]), sinceLastSync("Hours"));
  await desk.sendFixture("all-eight-types", hourly);
  const everything = async () => [
    await desk.points("step_count"),
    await desk.days(),
    ...(await Promise.all(["events", "workouts", "ecgs"].map((query) => desk.ask(query)))),
  ];
  const before = await everything();

  await desk.lab.rebuild();

  expect(await everything()).toEqual(before);
});
