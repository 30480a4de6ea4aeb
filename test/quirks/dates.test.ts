/** Every form of stamp that phones and other senders write, clock changes and travel (spec sections 5.1, 8.4 no. 10). */
import { expect, test } from "vitest";
import { daily, envelope, hourly, metric, openDesk } from "./quirk.js";

/** Sends each stamp as a metric of its own name, so that no two meet; null where it was refused. */
async function readStamps(stamps: readonly unknown[]) {
  const desk = await openDesk("Europe/Berlin");
  await desk.send(envelope(...stamps.map((date, i) => ({ name: `stamp_${i}`, data: [{ date, qty: 1 }] }))));
  const stored = new Map((await desk.ask("metrics")).map(({ name, first }: Record<string, string>) => [name, first]));
  return stamps.map((stamp, i) => [stamp, stored.get(`stamp_${i}`) ?? null]);
}

test("every form of a stamp is the instant that it means", async () => {
  const forms = [
    ["2026-03-02 09:00:00 +0100", "2026-03-02T08:00:00.000Z"],
    ["2024-09-21 7:57:00 am +1000", "2024-09-20T21:57:00.000Z"],
    ["2024-09-21 7:57:00\u202fam +1000", "2024-09-20T21:57:00.000Z"],
    ["2024-09-21 7:57:00\u202fPM +1000", "2024-09-21T09:57:00.000Z"],
    ["2024-09-21 12:05:00 AM +1000", "2024-09-20T14:05:00.000Z"],
    ["2024-09-21 12:05:00\u00a0p.\u00a0m. +1000", "2024-09-21T02:05:00.000Z"],
    ["2024-09-21 7:57:00 a.m. +1000", "2024-09-20T21:57:00.000Z"],
    ["2026-03-02 上午9:00:00 +0100", "2026-03-02T08:00:00.000Z"],
    ["2026-03-02 下午9:00:00 +0100", "2026-03-02T20:00:00.000Z"],
    ["2026-03-02", "2026-03-01T23:00:00.000Z"],
    ["2026-03-02 09:00 +0100", "2026-03-02T08:00:00.000Z"],
    ["2026-04-06 16:32", "2026-04-06T14:32:00.000Z"],
    ["2026-03-02 09:00:00", "2026-03-02T08:00:00.000Z"],
    ["2026-03-02 09:00:00.123 +0100", "2026-03-02T08:00:00.123Z"],
    ["2026-03-02T09:00:00Z", "2026-03-02T09:00:00.000Z"],
    ["2026-03-02T09:00:00+01:00", "2026-03-02T08:00:00.000Z"],
    ["2026-03-02T09:00:00.5-05:30", "2026-03-02T14:30:00.500Z"],
    [1772438400, "2026-03-02T08:00:00.000Z"],
    [1772438400.25, "2026-03-02T08:00:00.250Z"],
    [1772438400123, "2026-03-02T08:00:00.123Z"],
    [" 2026-03-02\u200909:00:00\u00a0+0100 ", "2026-03-02T08:00:00.000Z"],
    ["٢٠٢٦-٠٣-٠٢ ٠٩:٠٠:٠٠ +٠١٠٠", "2026-03-02T08:00:00.000Z"],
    ["۲۰۲۶-۰۳-۰۲ ۰۹:۰۰:۰۰ +۰۱۰۰", "2026-03-02T08:00:00.000Z"],
    ["२०२६-०३-०२ ०९:००:०० +०१००", "2026-03-02T08:00:00.000Z"],
    // In autumn the hour from two to three comes twice; without an offset the earlier is meant.
    ["2025-10-26 02:30:00", "2025-10-26T00:30:00.000Z"],
    ["2025-10-26 02:30:00 +0100", "2025-10-26T01:30:00.000Z"],
  ];

  expect(await readStamps(forms.map(([stamp]) => stamp))).toEqual(forms);
});

test("a stamp that does not exist, or counts years in another calendar, is refused and never bent", async () => {
  const stamps = [
    ...["2026-02-30 09:00:00 +0100", "2026-03-02 24:00:00 +0100", "2026-03-02 13:00:00 pm +0100", "yesterday", true],
    ...["2569-03-02 09:00:00 +0700", "1404-12-11 09:00:00 +0330", "0008-03-02 09:00:00 +0900", {}, [], 5e15],
  ];

  expect(await readStamps(stamps)).toEqual(stamps.map((stamp) => [stamp, null]));
});

test("refused stamps are named as dates, and absent ones as missing", async () => {
  const desk = await openDesk();
  const dates = ["2026-02-30 09:00:00 +0100", true, "", null, undefined];

  expect(await desk.send(metric("step_count", "count", ...dates.map((date) => ({ date, qty: 1 }))), hourly)).toBe(
    [
      "rejected: 5 received, 5 rejected",
      ...["step_count[0] invalid_date date", "step_count[1] invalid_date date", "step_count[2] missing_field date"],
      ...["step_count[3] missing_field date", "step_count[4] missing_field date"],
    ].join("; "),
  );
});

test("a date of the future is stored, with a warning", async () => {
  const desk = await openDesk();
  const later = { date: "2199-03-02 00:00:00 +0100", qty: 1 };

  expect(await desk.send(metric("step_count", "count", later), daily)).toBe(
    "processed: 1 received, 1 inserted; warning future_date",
  );
  expect(Object.keys(await desk.days())).toEqual(["2199-03-02"]);
});

/** One bucket of 100 steps for each of the given hours of the local clock. */
const hoursOf = (date: string, offsets: Record<number, string[]>) =>
  Array.from({ length: 24 }, (_, hour) => offsets[hour] ?? offsets[-1]!).flatMap((ofHour, hour) =>
    ofHour.map((offset) => ({ date: `${date} ${String(hour).padStart(2, "0")}:00:00 ${offset}`, qty: 100 })),
  );

test("the day on which clocks go forward has 23 hours", async () => {
  const desk = await openDesk();
  const afternoon = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [i + 3, ["+0200"]]));
  const hours = hoursOf("2026-03-29", { 0: ["+0100"], 1: ["+0100"], 2: [], ...afternoon });

  expect(await desk.send(metric("step_count", "count", ...hours), hourly)).toBe("processed: 23 received, 23 inserted");
  expect(await desk.days()).toEqual({ "2026-03-29": { step_count: { total: 2300, unit: "count", series: "hour" } } });
  expect((await desk.points("step_count", { bucket: "hour" })).slice(0, 3).map(({ time }) => time)).toEqual([
    ...["2026-03-28T23:00:00.000Z", "2026-03-29T00:00:00.000Z", "2026-03-29T01:00:00.000Z"],
  ]);
});

test("the day on which clocks go back has 25 hours, two of them at two o'clock", async () => {
  const desk = await openDesk();
  const hours = hoursOf("2025-10-26", { 0: ["+0200"], 1: ["+0200"], 2: ["+0200", "+0100"], [-1]: ["+0100"] });

  expect(await desk.send(metric("step_count", "count", ...hours), hourly)).toBe("processed: 25 received, 25 inserted");
  expect(await desk.days()).toEqual({ "2025-10-26": { step_count: { total: 2500, unit: "count", series: "hour" } } });
  expect((await desk.points("step_count", { bucket: "hour" })).map(({ value }) => value)).toEqual(
    Array.from({ length: 25 }, () => 100),
  );
});

test("day buckets carry the offset of their own date, on either side of a clock change", async () => {
  const desk = await openDesk("America/New_York");
  const days = [
    { date: "2025-11-01 00:00:00 -0400", qty: 1000 },
    { date: "2025-11-02 00:00:00 -0400", qty: 2000 },
    { date: "2025-11-03 00:00:00 -0500", qty: 3000 },
  ];

  expect(await desk.send(metric("step_count", "count", ...days), daily)).toBe("processed: 3 received, 3 inserted");
  const total = (steps: number) => ({ step_count: { total: steps, unit: "count", series: "day" } });
  expect(await desk.days()).toEqual({
    "2025-11-01": total(1000),
    "2025-11-02": total(2000),
    "2025-11-03": total(3000),
  });
});

test("a day that is sent again in another zone is the same day", async () => {
  const desk = await openDesk();
  await desk.send(metric("step_count", "count", { date: "2026-03-02 00:00:00 +0100", qty: 5000 }), daily);

  const told = await desk.send(metric("step_count", "count", { date: "2026-03-02 00:00:00 -0500", qty: 5100 }), daily);

  expect(told).toBe("processed: 1 received, 1 updated");
  expect(await desk.points("step_count")).toMatchObject([{ date: "2026-03-02", value: 5100, grouping: "day" }]);
  expect(await desk.days()).toEqual({ "2026-03-02": { step_count: { total: 5100, unit: "count", series: "day" } } });
});

test("hours that are sent again in another zone stay on the day on which they were", async () => {
  const desk = await openDesk();
  const home = [
    { date: "2026-03-02 00:00:00 +0100", qty: 10 },
    { date: "2026-03-02 23:00:00 +0100", qty: 20 },
  ];
  const away = [
    { date: "2026-03-01 18:00:00 -0500", qty: 10 },
    { date: "2026-03-02 17:00:00 -0500", qty: 25 },
  ];
  await desk.send(metric("step_count", "count", ...home), hourly);

  expect(await desk.send(metric("step_count", "count", ...away), hourly)).toBe(
    "processed: 2 received, 1 updated, 1 unchanged",
  );
  expect(await desk.days()).toEqual({ "2026-03-02": { step_count: { total: 35, unit: "count", series: "hour" } } });
});

test("of hours whose edges moved by half an hour the newest count", async () => {
  const desk = await openDesk("Asia/Kolkata");
  const hours = (offset: string) => [
    { date: `2026-03-02 09:00:00 ${offset}`, qty: 100 },
    { date: `2026-03-02 10:00:00 ${offset}`, qty: 100 },
  ];
  await desk.send(metric("step_count", "count", ...hours("+0530")), hourly);
  await desk.send(metric("step_count", "count", ...hours("+0600")), hourly);

  // Half past three UTC to half past five from the first, three to five from the second, which hides it whole.
  expect(await desk.days()).toEqual({ "2026-03-02": { step_count: { total: 200, unit: "count", series: "hour" } } });
});
