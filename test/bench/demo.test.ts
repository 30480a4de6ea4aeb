/** What the demo sends is worth looking at only if it is a whole life up to now, and nothing of the future. */
import { expect, test } from "vitest";
import { automationsOf } from "../../bench/demo.js";
import { entryTypes } from "../phone/events.js";
import { livePerson } from "../phone/person.js";

test("the demo's phone sends every metric and every type, all days, and nothing that has not happened yet", () => {
  const person = livePerson({ seed: 7, zone: "Europe/Berlin", firstDate: "2026-08-01", days: 40 });
  const nowMs = Date.parse("2026-09-09T12:00:00+02:00");
  const deliveries = automationsOf(person, nowMs).flatMap(({ make }) => make());

  const types = new Set(deliveries.flatMap(({ counts }) => Object.keys(counts)));
  expect([...types].sort()).toEqual([...person.metrics, "workouts", ...entryTypes].sort());
  const text = deliveries.map(({ body }) => String(body)).join("\n");
  for (const { date } of person.days) expect(text).toContain(`"date" : "${date} `);
  const hours = [...text.matchAll(/"date" : "2026-09-09 (\d\d)/g)].map(([, hour]) => Number(hour));
  expect(Math.max(...hours)).toBe(11);
  expect(new Set(deliveries.map(({ headers }) => headers["automation-aggregation"]))).toEqual(
    new Set(["Days", "Hours", "None", "Minutes"]),
  );
});
