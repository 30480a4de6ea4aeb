/** What tests, benchmarks and the demo may rely on in the simulated phone: its exports agree with its truth. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findMetric, metricNames, metrics } from "./catalogue.js";
import { type DataType, type Delivery, type ExportOptions, exportDeliveries, resend } from "./export.js";
import { livePerson, type Person, type PersonOptions } from "./person.js";
import { sources } from "./samples.js";
import { sendAll } from "./send.js";
import { countParsed, split } from "./split.js";
import { compareDays, type DailyRow, expectDays } from "./truth.js";

type Point = Record<string, unknown> & { date: string };
type Envelope = { data: Record<string, Point[]> & { metrics?: { name: string; units: string; data: Point[] }[] } };

const allTypes: DataType[] = [
  "metrics",
  "workouts",
  "ecg",
  "symptoms",
  "state_of_mind",
  "medications",
  "heart_rate_notifications",
  "cycle_tracking",
];
const totals = metrics.filter((m) => ["measured", "counted", "logged"].includes(m.shape) && m.variantField !== "keys");

/** Two days around each clock change of the year, and a zone with none and a half-hour offset. */
const changes: [string, string, number[]][] = [
  ["Europe/Berlin", "2026-03-28", [24, 23, 24]],
  ["Europe/Berlin", "2026-10-24", [24, 25, 24]],
  ["America/New_York", "2026-03-07", [24, 23, 24]],
  ["America/New_York", "2026-10-31", [24, 25, 24]],
  ["Asia/Kolkata", "2026-03-28", [24, 24, 24]],
  ["Australia/Lord_Howe", "2026-04-04", [24, 24.5, 24]],
  ["Australia/Lord_Howe", "2026-10-03", [24, 23.5, 24]],
];

function parsed(delivery: Delivery): Envelope {
  return JSON.parse(delivery.body.toString());
}

function pointsOf(person: Person, metric: string, options: ExportOptions): Point[] {
  return exportDeliveries(person, { ...options, metrics: [metric] }).flatMap(
    (delivery) => parsed(delivery).data.metrics?.flatMap((m) => m.data) ?? [],
  );
}

/** Seconds since 1970 of a stamp in the 24-hour form. */
function secondOf(stamp: unknown): number {
  const [, date, time, hours, minutes] = /^(\S{10}) (\S{8}) ([+-]\d\d)(\d\d)$/.exec(String(stamp))!;
  return Date.parse(`${date}T${time}${hours}:${minutes}`) / 1000;
}

/** Sums by the date in the stamp. */
function sumByDate(points: readonly Point[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { date, qty } of points) sums.set(date.slice(0, 10), (sums.get(date.slice(0, 10)) ?? 0) + (qty as number));
  return sums;
}

/** Every second of every raw sample, taken by hand from what was sent: each goes to the first source that has it. */
function sumBySecond(points: readonly Point[]): Map<string, number> {
  const firstSecond = Math.min(...points.map((point) => secondOf(point["start"])));
  const isTaken = new Uint8Array(Math.max(...points.map((point) => secondOf(point["end"]))) - firstSecond);
  const rankOf = (point: Point): number => ([sources.watch, sources.phone].indexOf(point["source"] as never) + 3) % 3;
  const sums = new Map<string, number>();
  for (const { start, end, qty, date } of [...points].sort((a, b) => rankOf(a) - rankOf(b))) {
    const [from, to] = [secondOf(start) - firstSecond, secondOf(end) - firstSecond];
    let free = 0;
    for (let second = from; second < to; second++) {
      if (isTaken[second] === 1) continue;
      isTaken[second] = 1;
      free += 1;
    }
    const day = date.slice(0, 10);
    sums.set(day, (sums.get(day) ?? 0) + ((qty as number) * free) / (to - from));
  }
  return sums;
}

function expectNear(actual: Map<string, number>, expected: Map<string, number>, tolerance = 1e-9): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [date, value] of expected) {
    expect(Math.abs(actual.get(date)! - value), date).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
  }
}

function trueTotals(person: Person, metric: string): Map<string, number> {
  const unit = findMetric(metric).metric;
  return new Map([...person.truth.days.get(metric)!].map(([date, day]) => [date, unit.from(day.total!)]));
}

/** Rows as a daemon without fault would answer. */
function trueRows(person: Person): DailyRow[] {
  return person.days.map(({ date }) => {
    const row: DailyRow = { date, metrics: {} };
    for (const [name, days] of person.truth.days) {
      const day = days.get(date);
      if (!day) continue;
      const { unit, total, min, max, mean: avg, last } = day;
      row.metrics[name] = total === null ? { unit, avg, min, max, last } : { unit, total };
    }
    const nights = person.truth.nights.filter((night) => night.date === date);
    const total = nights.reduce((sum, night) => sum + night.totalMin, 0);
    if (nights.length > 0) row.metrics["sleep_analysis"] = { unit: "min", total };
    return row;
  });
}

describe("groupings", () => {
  it.each(changes)("of %s from %s agree: hours, days, raw by the second, truth", (zone, firstDate, hours) => {
    const person = livePerson({ seed: 11, zone, firstDate, days: 3 });
    expect(person.days.map((day) => (day.endMs - day.startMs) / 3_600_000)).toEqual(hours);
    for (const { name, shape } of totals) {
      const expected = trueTotals(person, name);
      const raw = pointsOf(person, name, { grouping: "raw" });
      expectNear(sumByDate(pointsOf(person, name, { grouping: "hour" })), expected);
      expectNear(sumByDate(pointsOf(person, name, { grouping: "day" })), expected);
      expectNear(shape === "measured" ? sumBySecond(raw) : sumByDate(raw), expected);
    }
  });

  it("agree for any person, place and time, and in parts too", () => {
    const zones = [
      "Europe/Berlin",
      "America/St_Johns",
      "Asia/Kathmandu",
      "Pacific/Chatham",
      "America/Sao_Paulo",
      "UTC",
    ];
    const anyPerson = fc.record({
      seed: fc.nat(),
      zone: fc.constantFrom(...zones),
      firstDate: fc.integer({ min: 0, max: 9000 }).map((d) => new Date(d * 86_400_000).toISOString().slice(0, 10)),
      days: fc.integer({ min: 1, max: 3 }),
      metrics: fc.constant(["step_count", "dietary_energy"]),
    });
    fc.assert(
      fc.property(anyPerson, (options) => {
        const person = livePerson(options);
        for (const name of options.metrics) {
          const expected = trueTotals(person, name);
          expectNear(sumByDate(pointsOf(person, name, { grouping: "hour" })), expected);
          expectNear(sumByDate(pointsOf(person, name, { grouping: "hour", batch: "day" })), expected);
          expectNear(sumByDate(pointsOf(person, name, { grouping: "day", batch: 2 })), expected);
          const raw = pointsOf(person, name, { grouping: "raw" });
          expectNear(name === "step_count" ? sumBySecond(raw) : sumByDate(raw), expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("by minute add up to 15 to 40 percent more of what watch and phone both measure", () => {
    const person = livePerson({ seed: 5, zone: "Europe/Berlin", firstDate: "2026-01-01", days: 20 });
    for (const name of ["step_count", "walking_running_distance"]) {
      const sum = (points: Map<string, number>) => [...points.values()].reduce((total, value) => total + value, 0);
      const inflation = sum(sumByDate(pointsOf(person, name, { grouping: "minute" }))) / sum(trueTotals(person, name));
      expect(inflation).toBeGreaterThan(1.15);
      expect(inflation).toBeLessThan(1.4);
    }
  });

  it("by hour repeat 02:00 with the other offset when clocks go back", () => {
    const person = livePerson({ seed: 3, zone: "Europe/Berlin", firstDate: "2026-10-25", days: 1 });
    const stamps = pointsOf(person, "basal_energy_burned", { grouping: "hour" }).map((point) => point.date);
    expect(stamps.slice(0, 5)).toEqual([
      "2026-10-25 00:00:00 +0200",
      "2026-10-25 01:00:00 +0200",
      "2026-10-25 02:00:00 +0200",
      "2026-10-25 02:00:00 +0100",
      "2026-10-25 03:00:00 +0100",
    ]);
  });

  it("of what has no total keep the extremes of the heart rate", () => {
    const person = livePerson({ seed: 4, zone: "Asia/Tokyo", firstDate: "2026-02-01", days: 1 });
    const { min, max } = person.truth.days.get("heart_rate")!.get("2026-02-01")!;
    for (const grouping of ["minute", "hour", "day", "default"] as const) {
      const points = pointsOf(person, "heart_rate", { grouping });
      expect([Math.min(...points.map((p) => p["Min"] as number)), grouping]).toEqual([min, grouping]);
      expect([Math.max(...points.map((p) => p["Max"] as number)), grouping]).toEqual([max, grouping]);
    }
  });
});

describe("an export", () => {
  const options: PersonOptions = { seed: 7, zone: "Europe/Berlin", firstDate: "2026-03-01", days: 12, ecgSeconds: 0.1 };
  const person = livePerson(options);

  it("is the same for the same seed and another for another", () => {
    const text = (seed: number) => {
      const run = { grouping: "hour", dataTypes: allTypes, shuffleKeys: true } as const;
      const [delivery] = exportDeliveries(livePerson({ ...options, seed }), run);
      return JSON.stringify({ ...delivery, body: delivery!.body.toString() });
    };
    const first = text(7);
    expect(text(7) === first).toBe(true);
    expect(text(8) === first).toBe(false);
  });

  it("of one metric does not depend on which others there are", () => {
    const alone = livePerson({ ...options, metrics: ["step_count"] });
    expect(pointsOf(alone, "step_count", { grouping: "day" })).toEqual(
      pointsOf(person, "step_count", { grouping: "day" }),
    );
  });

  it("counts its items as a walk over the body does, whole, in batches and split", () => {
    const add = (sum: Record<string, number>, counts: Record<string, number>) => {
      for (const [type, count] of Object.entries(counts)) sum[type] = (sum[type] ?? 0) + count;
      return sum;
    };
    const run: ExportOptions = { grouping: "hour", dataTypes: allTypes, shuffleKeys: true };
    const whole = exportDeliveries(person, run);
    expect(whole).toHaveLength(1);
    expect(Object.keys(whole[0]!.counts).sort()).toEqual([...metricNames, ...allTypes.slice(1)].sort());
    const cut = [
      exportDeliveries(person, { ...run, batch: "day" }),
      exportDeliveries(person, { ...run, batch: 5 }),
      exportDeliveries(person, { ...run, batch: "metric" }),
      split(whole[0]!, "day"),
      split(whole[0]!, "metric"),
    ];
    expect(cut.map((parts) => parts.length)).toEqual([12, 3, 33, 12, 33]);
    for (const parts of [whole, ...cut]) {
      for (const part of parts) expect(countParsed(parsed(part).data as never)).toEqual(part.counts);
      expect(parts.map((part) => part.counts).reduce(add, {})).toEqual(whole[0]!.counts);
      expect(new Set(parts.map((part) => part.headers["session-id"])).size).toBe(1);
    }
  });

  it("is written as the app writes", () => {
    const [delivery] = exportDeliveries(person, { grouping: "day", metrics: ["heart_rate", "vo2_max"] });
    const text = delivery!.body.toString();
    expect(text.startsWith('{\n  "data" : {\n    "metrics" : [\n      {\n        "name" : "heart_rate",\n')).toBe(true);
    expect(text).toContain('"units" : "count\\/min"');
    expect(text).toContain('"units" : "ml\\/(kg·min)"');
    expect(text).toContain("Kim\u2019s Apple\u00a0Watch");
    const [compact] = exportDeliveries(person, { grouping: "day", metrics: ["heart_rate", "vo2_max"], pretty: false });
    expect(compact!.body.toString()).not.toMatch(/\n/);
    expect(parsed(compact!)).toEqual(parsed(delivery!));
  });

  it("of nothing is an envelope with an empty array", () => {
    const [delivery] = exportDeliveries(person, { grouping: "day", from: "2020-01-01", to: "2020-01-02" });
    expect(delivery!.body.toString()).toBe('{\n  "data" : {\n    "metrics" : [\n\n    ]\n  }\n}');
    expect(delivery!.counts).toEqual({});
  });

  it("sent again differs in bytes and session, not in facts", () => {
    const run: ExportOptions = { grouping: "hour", dataTypes: allTypes };
    const [first] = exportDeliveries(person, run);
    const [again] = resend(person, run);
    const facts = (delivery: Delivery) =>
      JSON.parse(delivery.body.toString(), (key, value) =>
        key === "source" ? String(value).split("|").sort() : value,
      );
    expect(again!.body.equals(first!.body)).toBe(false);
    expect(facts(again!)).toEqual(facts(first!));
    expect({ ...again!.headers, "session-id": "" }).toEqual({ ...first!.headers, "session-id": "" });
    expect(again!.headers["session-id"]).not.toBe(first!.headers["session-id"]);
  });

  it("carries the app's headers", () => {
    const [delivery] = exportDeliveries(person, { grouping: "minute", metrics: ["protein"], automation: "Früh" });
    const uuid = expect.stringMatching(/^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
    expect(delivery!.headers).toEqual({
      "content-type": "application/json",
      "automation-name": "Früh",
      "automation-id": uuid,
      "automation-aggregation": "Minutes",
      "automation-period": "Default",
      "session-id": uuid,
    });
    const cut = {
      grouping: "hour",
      from: "2026-03-02T10:20:00Z",
      aggregateHeader: false,
      metrics: ["protein"],
    } as const;
    const headers = exportDeliveries(person, cut)[0]!.headers;
    expect([headers["automation-period"], headers["automation-aggregation"]]).toEqual(["Since Last Sync", undefined]);
  });

  it("writes twelve-hour stamps unpadded with a narrow space", () => {
    const stamps = pointsOf(person, "heart_rate", { grouping: "hour", clock: "12h" }).map((point) => point.date);
    expect(stamps).toContain("2026-03-02 12:00:00\u202fam +0100");
    expect(stamps).toContain("2026-03-02 1:00:00\u202fpm +0100");
  });

  it("names sources as asked, joined where several measured, and none for days of discrete metrics", () => {
    const names = (metric: string, more: Partial<ExportOptions>) =>
      new Set(pointsOf(person, metric, { grouping: "day", ...more }).map((point) => point["source"]));
    const joined = [...names("walking_running_distance", {})];
    expect(joined.sort()).toEqual([`${sources.watch}|${sources.phone}`, `${sources.phone}|${sources.watch}`].sort());
    expect(names("weight_body_mass", {})).toEqual(new Set([undefined]));
    expect(names("weight_body_mass", { grouping: "hour" })).toEqual(new Set([sources.scale]));
    expect(names("heart_rate", { sourceStyle: "plain" })).toEqual(new Set(["Kim's Apple Watch"]));
    expect(names("heart_rate", { sourceStyle: "absent" })).toEqual(new Set([undefined]));
  });

  it("converts to the units asked for", () => {
    const day = { grouping: "day", from: "2026-03-02", to: "2026-03-03" } as const;
    for (const [metric, text, factor] of [
      ["active_energy", "kcal", 1 / 4.184],
      ["walking_running_distance", "mi", 1 / 1.609344],
      ["weight_body_mass", "lb", 2.2046226218],
    ] as const) {
      const [us] = exportDeliveries(person, { ...day, metrics: [metric], units: "us" });
      expect(parsed(us!).data.metrics![0]!.units).toBe(text);
      const [one, other] = [pointsOf(person, metric, { ...day, units: "us" }), pointsOf(person, metric, day)];
      expect(one[0]!["qty"]).toBeCloseTo((other[0]!["qty"] as number) * factor, 8);
    }
  });

  it("shows nothing that had not happened yet, and a part of the running bucket", () => {
    const noon = secondOf("2026-03-05 12:15:00 +0100") * 1000;
    const partial = pointsOf(person, "step_count", { grouping: "day", asOfMs: noon });
    const full = pointsOf(person, "step_count", { grouping: "day" });
    expect(partial.slice(0, 4).map((p) => [p.date, p["qty"]])).toEqual(full.slice(0, 4).map((p) => [p.date, p["qty"]]));
    expect(partial).toHaveLength(5);
    expect(partial[4]!["qty"]).toBeLessThan(full[4]!["qty"] as number);
    for (const point of pointsOf(person, "step_count", { grouping: "raw", asOfMs: noon })) {
      expect(secondOf(point["end"])).toBeLessThanOrEqual(noon / 1000);
    }
    const doses = exportDeliveries(person, {
      grouping: "raw",
      dataTypes: ["medications"],
      asOfMs: secondOf("2026-03-05 08:00:30 +0100") * 1000,
    });
    expect(parsed(doses[0]!).data["medications"]!.at(-1)).toMatchObject({
      status: "Not Interacted",
      isArchived: false,
    });
  });

  it("lacks what Health got to know later: late readings, workouts and symptoms that still last", () => {
    const rest = person.samples("resting_heart_rate")[3]!;
    const resting = (asOfMs: number) => pointsOf(person, "resting_heart_rate", { grouping: "raw", asOfMs }).length;
    expect([resting(rest.endMs), resting(rest.knownMs)]).toEqual([3, 4]);
    const [workout] = person.truth.workouts;
    const symptom = person.truth.events.find((event) => event.type === "symptoms")!;
    const count = (type: DataType, asOfMs: number) =>
      exportDeliveries(person, { grouping: "raw", dataTypes: [type], asOfMs })[0]!.counts[type] ?? 0;
    expect([count("workouts", workout!.endMs - 1), count("workouts", workout!.endMs)]).toEqual([0, 1]);
    expect([count("symptoms", symptom.endMs - 1), count("symptoms", symptom.endMs)]).toEqual([0, 1]);
  });

  it("tells each dose, mood and recording with the keys that phones send", () => {
    const [delivery] = exportDeliveries(person, { grouping: "raw", dataTypes: allTypes.slice(1) });
    const { ecg, medications, stateOfMind, workouts } = parsed(delivery!).data;
    expect(Object.keys(parsed(delivery!).data)).not.toContain("metrics");
    expect(ecg![0]!["voltageMeasurements"]).toHaveLength(51);
    expect(medications!.map((dose) => dose["displayText"])).toContain("Example 10 mg ");
    expect(stateOfMind).toHaveLength(12);
    expect(workouts!.map((w) => w["id"])).toEqual(person.truth.workouts.map((w) => w.id));
    const [v1] = exportDeliveries(person, { grouping: "raw", dataTypes: ["workouts"], version: "v1", units: "us" });
    const first = parsed(v1!).data["workouts"]![0]! as Record<string, unknown>;
    expect(first).not.toHaveProperty("id");
    expect(first["activeEnergy"]).toEqual({ qty: person.truth.workouts[0]!.activeKcal, units: "kcal" });
  });
});

describe("sleep", () => {
  const person = livePerson({ seed: 21, zone: "America/New_York", firstDate: "2026-02-20", days: 30 });

  it("is the same in summaries, segments and the old form", () => {
    const best = (source: unknown) => [sources.watch, sources.band].some((name) => String(source).includes(name));
    const summaries = pointsOf(person, "sleep_analysis", { grouping: "day" }).filter((p) => best(p["source"]));
    const old = pointsOf(person, "sleep_analysis", { grouping: "day", sleep: "old" }).filter((p) =>
      best(p["sleepSource"]),
    );
    const segments = pointsOf(person, "sleep_analysis", { grouping: "day", sleep: "segments" });
    const { nights } = person.truth;
    const minutes = nights.map((night) => night.totalMin.toFixed(6));
    expect(summaries.map((p) => (60 * Number(p["totalSleep"] ?? p["asleep"])).toFixed(6))).toEqual(minutes);
    expect(old.map((p) => (60 * Number(p["asleep"])).toFixed(6))).toEqual(minutes);
    expect(summaries.map((p) => secondOf(p["sleepEnd"]) * 1000)).toEqual(nights.map((night) => night.endMs));
    const asleep = segments.filter((p) => best(p["source"]) && !["Awake", "In Bed"].includes(String(p["value"])));
    const sum = asleep.reduce((total, p) => total + 60 * (p["qty"] as number), 0);
    expect(sum).toBeCloseTo(
      nights.reduce((total, night) => total + night.totalMin, 0),
      6,
    );
    expect(new Set(segments.map((p) => p["value"]))).toEqual(
      new Set(["Core", "Deep", "REM", "Awake", "Asleep", "In Bed"]),
    );
  });

  it("has naps, and records of other writers that are shorter than the true one they overlap", () => {
    const dates = person.truth.nights.map((night) => night.date);
    expect(dates.length).toBeGreaterThan(new Set(dates).size);
    const rivals = person.sleep.filter((record) => !record.isBest);
    expect(rivals.length).toBeGreaterThan(3);
    for (const rival of rivals) {
      const night = person.truth.nights.find(
        (n) => n.startMs < rival.spans[0]!.endMs && n.endMs > rival.spans[0]!.startMs,
      )!;
      expect((rival.spans[0]!.endMs - rival.spans[0]!.startMs) / 60_000).toBeLessThan(night.totalMin);
    }
  });

  it("that still runs is exported as far as it got", () => {
    const [night] = person.truth.nights;
    const asOfMs = night!.endMs - 90 * 60_000;
    const [point] = pointsOf(person, "sleep_analysis", { grouping: "day", to: "2026-02-21", asOfMs });
    expect(secondOf(point!["sleepEnd"]) * 1000).toBeLessThanOrEqual(asOfMs);
    expect(60 * Number(point!["totalSleep"])).toBeLessThan(night!.totalMin);
  });
});

describe("travel", () => {
  const travel = [
    { atDate: "2026-05-03", zone: "Asia/Tokyo" },
    { atDate: "2026-05-06", zone: "America/Los_Angeles" },
  ];
  const person = livePerson({ seed: 2, zone: "Europe/Berlin", firstDate: "2026-05-01", days: 8, travel });

  it("leaves every date once, without holes, and the groupings equal", () => {
    expect(person.days.map((day) => day.date)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((day) => `2026-05-0${day}`));
    for (const [i, day] of person.days.entries()) expect(day.startMs).toBe(person.days[i - 1]?.endMs ?? person.startMs);
    expect(person.days.map((day) => (day.endMs - day.startMs) / 3_600_000)).toEqual([24, 24, 17, 24, 24, 40, 24, 24]);
    for (const { name } of totals) {
      expectNear(sumByDate(pointsOf(person, name, { grouping: "hour" })), trueTotals(person, name));
      expectNear(
        sumByDate(pointsOf(person, name, { grouping: "raw", batch: "day" })),
        sumByDate(pointsOf(person, name, { grouping: "raw" })),
      );
    }
  });

  it("changes the offset of all stamps when the phone's own calendar is used", () => {
    const offsets = (more: Partial<ExportOptions>) =>
      new Set(pointsOf(person, "heart_rate", { grouping: "hour", ...more }).map((point) => point.date.slice(-5)));
    expect(offsets({})).toEqual(new Set(["+0200", "+0900", "-0700"]));
    expect(offsets({ calendar: "current" })).toEqual(new Set(["-0700"]));
    expect(offsets({ calendar: "current", asOfMs: Date.parse("2026-05-05T00:00:00Z") })).toEqual(new Set(["+0900"]));
  });
});

describe("the comparison with the truth", () => {
  const person = livePerson({ seed: 9, zone: "Europe/Berlin", firstDate: "2026-06-01", days: 3 });

  it("accepts the truth itself", () => {
    expectDays(trueRows(person), person.truth);
  });

  it("names each difference", () => {
    const rows = trueRows(person);
    rows[0]!.metrics["step_count"]!.total! += 1;
    delete rows[1]!.metrics["protein"];
    rows[2]!.metrics["heart_rate"]!.avg = 400;
    rows[2]!.metrics["sleep_analysis"]!.unit = "hr";
    rows.push({ date: "2026-06-04", metrics: { basal_energy_burned: { total: 5 } } });
    expect(compareDays(rows, person.truth).map((text) => text.replace(/ is .*/, ""))).toEqual([
      "2026-06-01 step_count: total",
      "2026-06-04 basal_energy_burned: should be absent",
      "2026-06-02 protein: absent",
      "2026-06-03 heart_rate: avg",
      "2026-06-03 sleep_analysis: unit",
    ]);
    expect(() => expectDays(rows, person.truth, { metrics: ["protein"], dates: ["2026-06-01"] })).not.toThrow();
    expect(() => expectDays(rows, person.truth)).toThrow(/step_count/);
  });
});

describe("sending", () => {
  it("posts every body once with its headers and gives the replies in the order of the deliveries", async () => {
    const person = livePerson({ seed: 1, zone: "UTC", firstDate: "2026-01-01", days: 6, metrics: ["protein"] });
    const deliveries = exportDeliveries(person, { grouping: "day", batch: "day", automation: "Früh" });
    const seen: { body: string; authorization: unknown; name: string }[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      const name = Buffer.from(String(request.headers["automation-name"]), "latin1").toString();
      seen.push({ body, authorization: request.headers.authorization, name });
      response.writeHead(200).end(JSON.stringify({ bytes: body.length }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/ingest`;
      const replies = await sendAll(url, "ss_key", deliveries, { concurrency: 3, shuffle: 4 });
      const bodies = deliveries.map((delivery) => delivery.body.toString());
      expect(replies).toEqual(bodies.map((body) => ({ status: 200, receipt: { bytes: body.length } })));
      expect(seen.map((request) => request.body).sort()).toEqual([...bodies].sort());
      expect(seen[0]!.body).not.toBe(bodies[0]);
      expect(seen.every(({ authorization, name }) => authorization === "Bearer ss_key" && name === "Früh")).toBe(true);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
