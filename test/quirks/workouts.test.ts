/** Workouts of both export versions and of builds in between (spec section 6). */
import { expect, test } from "vitest";
import { openDesk, readFixture } from "./quirk.js";

const id = "6F0E2C1A-0B54-4B1C-9D1D-3C5D0E7A1B22";

const v2 = {
  ...{ id, name: "Outdoor Run", type: "running", location: "outdoor", is_indoor: false },
  ...{ start: "2026-03-02T16:02:11.000Z", end: "2026-03-02T16:34:40.000Z", duration_s: 1902.4 },
  ...{ energy: 300, total_energy: 350, distance: 5.31, intensity: 9.1 },
  ...{ min_heart_rate: 92, avg_heart_rate: 151.2, max_heart_rate: 174 },
  ...{ avg_speed: 10.05, max_speed: 12.5, step_cadence: 161, flights_climbed: 2 },
  ...{ elevation_up: 31, elevation_down: 30.48, temperature: 10, humidity: 81, has_route: true },
  series: ["active_energy", "heart_rate", "heart_rate_recovery", "step_count", "walking_running_distance"],
};

test("version 2 has an id, scalars with units, series in arrays and a route", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("workout-v2")).toBe("processed: 1 received, 1 inserted");
  expect(await desk.ask("workouts")).toEqual([v2]);
  expect(await desk.ask("workoutSamples", { id })).toEqual([
    { series: "active_energy", time: "2026-03-02T16:02:00.000Z", value: 10, unit: "kcal" },
    {
      ...{ series: "heart_rate", time: "2026-03-02T16:02:30.000Z", value: 101.5, min: 92, max: 112 },
      unit: "count/min",
    },
    {
      ...{ series: "heart_rate_recovery", time: "2026-03-02T16:35:00.000Z", value: 138, min: 131, max: 149 },
      unit: "count/min",
    },
    { series: "step_count", time: "2026-03-02T16:02:00.000Z", value: 131.7, unit: "count" },
    { series: "walking_running_distance", time: "2026-03-02T16:03:00.000Z", value: 0.1609344, unit: "km" },
  ]);
});

test("negative numbers of a route mean that the phone did not know", async () => {
  const desk = await openDesk();
  await desk.sendFixture("workout-v2");

  expect(await desk.ask("workoutRoute", { id })).toEqual({
    type: "Feature",
    geometry: {
      type: "LineString",
      coordinates: [
        [0.002, 0.001, 12.4],
        [0.0021, 0.0011, 12.5],
      ],
    },
    properties: {
      ...{ workout_id: id, name: "Outdoor Run", type: "running", start: v2.start, end: v2.end },
      ...{ times: [1772467332, 1772467333], speeds_kmh: [9, null], courses_deg: [181, null] },
      ...{ horizontal_accuracies_m: [4.7, 5], vertical_accuracies_m: [3.1, null] },
    },
  });
});

test("version 1 has no id and no duration, objects where version 2 has arrays, and its own misspelling", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("workout-v1")).toBe("processed: 1 received, 1 inserted");
  const [walk] = await desk.ask("workouts");
  expect(walk).toEqual({
    ...{ id: expect.any(String), name: "Walking", type: "walking" },
    ...{ start: "2022-05-04T16:00:00.000Z", end: "2022-05-04T16:40:00.000Z", duration_s: 2400 },
    ...{ energy: 150, total_energy: 200, step_count: 4100, distance: 3.2, avg_speed: 4.8, intensity: 3.5 },
    ...{ avg_heart_rate: 104, max_heart_rate: 118, step_cadence: 102.5, flights_climbed: 1 },
    ...{ temperature: 18.5, humidity: 60, elevation_up: 20, elevation_down: 18, has_route: true },
    series: ["heart_rate", "heart_rate_recovery"],
  });
  expect(await desk.ask("workoutSamples", { id: walk.id })).toEqual([
    { series: "heart_rate", time: "2022-05-04T16:01:00.000Z", value: 104, unit: "count/min" },
    { series: "heart_rate_recovery", time: "2022-05-04T16:41:00.000Z", value: 95, unit: "count/min" },
  ]);
  expect((await desk.ask("workoutRoute", { id: walk.id })).geometry).toEqual({
    type: "LineString",
    coordinates: [
      [0.002, 0.001, 8],
      [0.003, 0.002, 9],
    ],
  });
});

test("object, array, bare number and null are read by their shape, whatever the version", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("workout-mixed-shapes")).toBe(
    "processed: 1 received, 1 inserted; warning unit_assumed",
  );
  const [swim] = await desk.ask("workouts");
  expect(swim).toEqual({
    ...{ id: "A0A0A0A0-0000-4000-8000-000000000001", name: "Pool Swim", type: "swimming" },
    ...{ start: "2026-03-02T06:00:00.000Z", end: "2026-03-02T06:30:00.000Z", duration_s: 1700 },
    ...{ location: "pool", is_indoor: true, energy: 200, step_count: 0, distance: 0.5, intensity: 8 },
    ...{ swim_stroke_count: 410, lap_length: 25, swolf_score: 44, stroke_style: "unknown", salinity: "fresh_water" },
    ...{ swim_cadence: 22, avg_heart_rate: 131, has_route: false, series: ["swim_distance", "swim_stroke"] },
  });
  expect(await desk.ask("workoutSamples", { id: swim.id })).toEqual([
    { series: "swim_distance", time: "2026-03-02T06:01:00.000Z", value: 0.025, unit: "km" },
    { series: "swim_stroke", time: "2026-03-02T06:01:00.000Z", value: 18, unit: "count" },
  ]);
});

test("a later delivery that has less takes nothing away, and each scalar is the newest there is", async () => {
  const desk = await openDesk();
  await desk.sendFixture("workout-v2");
  const before = [await desk.ask("workoutRoute", { id }), await desk.ask("workoutSamples", { id })];

  expect(await desk.sendFixture("workout-without-route")).toBe("processed: 1 received, 1 updated");
  expect(await desk.ask("workouts")).toEqual([{ ...v2, energy: 310 }]);
  expect([await desk.ask("workoutRoute", { id }), await desk.ask("workoutSamples", { id })]).toEqual(before);
});

test("a route and a series that come later than their workout join it", async () => {
  const desk = await openDesk();
  await desk.sendFixture("workout-without-route");

  expect(await desk.sendFixture("workout-v2")).toBe("processed: 1 received, 1 updated");
  expect(await desk.ask("workouts")).toEqual([v2]);
});

test("the very same workout again is unchanged, whatever the order of its keys", async () => {
  const desk = await openDesk();
  await desk.sendFixture("workout-v2");
  const sent = JSON.parse((await readFixture("workout-v2")).toString());
  const reversed = Object.fromEntries(Object.entries(sent.data.workouts[0]).reverse());

  expect(await desk.send({ data: { workouts: [reversed] } })).toBe("processed: 1 received, 1 unchanged");
});

test.each([
  ["after", ["workout-v2", "workout-recovery-as-heart-rate"]],
  ["before", ["workout-recovery-as-heart-rate", "workout-v2"]],
])("the recovery in place of the heart rate does not replace it, sent %s the right one", async (_, fixtures) => {
  const desk = await openDesk();
  const told = [];
  for (const name of fixtures) told.push(await desk.sendFixture(name));

  expect(told[fixtures.indexOf("workout-recovery-as-heart-rate")]).toMatch(/; warning suspicious_value$/);
  expect(await desk.ask("workoutSamples", { id, series: "heart_rate" })).toMatchObject([
    { time: "2026-03-02T16:02:30.000Z", value: 101.5 },
  ]);
});

const untimed = { name: "Outdoor Run", start: "2026-03-02 17:02:11 +0100", end: "2026-03-02 17:34:40 +0100" };

test.each([
  ["after", false],
  ["before", true],
])(
  "a workout without id joins the one with its start and end, sent %s it, and has no duration to give",
  async (_, isFirst) => {
    const desk = await openDesk();
    const withoutId = { data: { workouts: [{ ...untimed, stepCount: { qty: 5200, units: "steps" } }] } };
    if (isFirst) await desk.send(withoutId);
    await desk.sendFixture("workout-v2");
    if (!isFirst) await desk.send(withoutId);

    expect(await desk.ask("workouts")).toEqual([{ ...v2, step_count: 5200 }]);
  },
);

test("one activity from two apps is two workouts", async () => {
  const desk = await openDesk();
  await desk.sendFixture("workout-v2");
  await desk.send({ data: { workouts: [{ ...untimed, id: "0", duration: 1900 }] } });

  expect((await desk.ask("workouts")).map((workout: { id: string }) => workout.id).sort()).toEqual(["0", id]);
});

test("names in the phone's language have a type, and stay as they were sent", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("workout-localised")).toBe("processed: 5 received, 5 inserted");
  expect(
    (await desk.ask("workouts")).map(({ name, type, location }: Record<string, string>) => [name, type, location]),
  ).toEqual([
    ["Outdoor Spaziergang", "walking", "outdoor"],
    ["步行", "walking", undefined],
    ["Innenräume Radfahren", "cycling", "indoor"],
    ["Caminata al aire libre", "walking", "outdoor"],
    ["Unterwasserhockey", "other", undefined],
  ]);
});

test("fields that nobody knows, and filled metadata, survive", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("workout-multisport")).toBe("processed: 1 received, 1 inserted");
  expect(await desk.ask("workouts")).toMatchObject([
    {
      metadata: { HKTimeZone: "Europe/Berlin", indoor: { value: 1 } },
      extra: {
        workoutActivities: [
          { name: "Pool Swim", start: "2026-03-02 10:00:00 +0100", end: "2026-03-02 10:30:00 +0100" },
        ],
      },
    },
  ]);
});

test("only a workout without a start or an end is refused; other faults cost themselves alone", async () => {
  const desk = await openDesk();
  const workouts = [
    { id: "A", name: "Run", end: untimed.end },
    { id: "B", name: "Run", start: untimed.start },
    { id: "C", name: "Run", start: untimed.end, end: untimed.start },
    { ...untimed, id: "D", distance: { qty: -5, units: "km" }, route: [{ latitude: 95, longitude: 0 }, 7] },
  ];

  expect(await desk.send({ data: { workouts } })).toBe(
    [
      "partial: 4 received, 1 inserted, 3 rejected",
      ...["workout[0] missing_field start", "workout[1] missing_field end", "workout[2] invalid_date end"],
      ...["warning suspicious_value", "warning suspicious_value", "warning suspicious_value"],
    ].join("; "),
  );
  expect(await desk.ask("workouts")).toMatchObject([{ id: "D", distance: null, has_route: false }]);
});
