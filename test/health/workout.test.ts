/** How one element of workouts, of either version, whole or in parts, becomes a workout (spec section 6). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Result } from "../../src/health/item.js";
import type { Workout } from "../../src/health/record.js";
import { WorkoutBuilder } from "../../src/health/workout.js";
import { readWorkoutName } from "../../src/health/workout-names.js";

const context = { zone: "Europe/Berlin" };
const at = (text: string) => Date.parse(text);
const { NaN: none } = Number;

function build(raw: unknown, parts: [field: string, elements: unknown[]][] = []): Result<Workout> {
  const builder = new WorkoutBuilder(context);
  for (const [field, elements] of parts) builder.addElements(field, elements);
  return builder.finish(raw);
}

function workoutOf(raw: unknown, parts: [field: string, elements: unknown[]][] = []): Workout {
  const result = build(raw, parts);
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}

const kJ = (value: number) => value / 4.184;
const bare = { start: "2026-03-02 17:00:00 +0100", end: "2026-03-02 17:30:00 +0100" };

const run = {
  id: "6f0e2c1a-0b54-4b1c-9d1d-3c5d0e7a1b22",
  name: "Outdoor Run",
  location: "Outdoor",
  isIndoor: false,
  start: "2026-03-02 17:02:11 +0100",
  end: "2026-03-02 17:34:40 +0100",
  duration: 1902.4,
  activeEnergyBurned: { qty: 1310.2, units: "kJ" },
  distance: { qty: 5.31, units: "km" },
  intensity: { qty: 9.1, units: "kcal/hr·kg" },
  heartRate: {
    min: { qty: 92, units: "count/min" },
    avg: { qty: 151.2, units: "count/min" },
    max: { qty: 174, units: "count/min" },
  },
  avgHeartRate: { qty: 151.2, units: "count/min" },
  maxHeartRate: { qty: 174, units: "count/min" },
  elevationUp: { qty: 31, units: "m" },
  temperature: { qty: -6.5, units: "degC" },
  humidity: { qty: 81, units: "%" },
  stepCount: [{ date: "2026-03-02 17:03:00 +0100", qty: 131.7, units: "count", source: "Watch" }],
  activeEnergy: [{ date: "2026-03-02 17:03:00 +0100", qty: 41.84, units: "kJ", source: "Watch" }],
  heartRateData: [
    { date: "2026-03-02 17:03:00 +0100", Min: 92, Avg: 101.5, Max: 112, units: "count/min", source: "Watch" },
    { date: "2026-03-02 17:02:00 +0100", Min: 90, Avg: 95, Max: 99, units: "count/min", source: "Watch" },
  ],
  heartRateRecovery: [
    { date: "2026-03-02 17:35:00 +0100", Min: 131, Avg: 138, Max: 149, units: "count/min", source: "Watch" },
  ],
  route: [
    {
      latitude: 48.001,
      longitude: 11.002,
      altitude: 512.4,
      speed: 2.5,
      speedAccuracy: 0.4,
      course: 181,
      courseAccuracy: 9.1,
      horizontalAccuracy: 4.7,
      verticalAccuracy: 3.1,
      timestamp: "2026-03-02 17:02:12 +0100",
    },
  ],
  metadata: {},
};

const builtRun: Workout = {
  haeId: "6F0E2C1A-0B54-4B1C-9D1D-3C5D0E7A1B22",
  startMs: at("2026-03-02T16:02:11Z"),
  endMs: at("2026-03-02T16:34:40Z"),
  offsetMin: 60,
  scalars: {
    name: "Outdoor Run",
    type: "running",
    location: "outdoor",
    is_indoor: false,
    duration_s: 1902.4,
    energy: kJ(1310.2),
    distance: 5.31,
    intensity: 9.1,
    elevation_up: 31,
    temperature: -6.5,
    humidity: 81,
    avg_heart_rate: 151.2,
    max_heart_rate: 174,
    min_heart_rate: 92,
  },
  series: [
    {
      name: "active_energy",
      unit: "kcal",
      rows: Float64Array.of(at("2026-03-02T16:03:00Z"), kJ(41.84), none, none),
      insideCount: 1,
    },
    {
      name: "heart_rate",
      unit: "count/min",
      rows: Float64Array.of(at("2026-03-02T16:02:00Z"), 95, 90, 99, at("2026-03-02T16:03:00Z"), 101.5, 92, 112),
      insideCount: 1,
    },
    {
      name: "heart_rate_recovery",
      unit: "count/min",
      rows: Float64Array.of(at("2026-03-02T16:35:00Z"), 138, 131, 149),
      insideCount: 0,
    },
    {
      name: "step_count",
      unit: "count",
      rows: Float64Array.of(at("2026-03-02T16:03:00Z"), 131.7, none, none),
      insideCount: 1,
    },
  ],
  route: {
    rows: Float64Array.of(at("2026-03-02T16:02:12Z"), 48.001, 11.002, 512.4, 9, 181, 4.7, 3.1),
    insideCount: 1,
  },
};

describe("versions", () => {
  test("version 2 gives an id, scalars, series sorted by time and a route with accuracies", () => {
    expect(build(run)).toEqual({ ok: true, value: builtRun, warnings: [] });
  });

  test("version 1 gives scalars from objects, a series of bare quantities and a plain route", () => {
    const walk = {
      name: "Walking",
      start: "2022-05-04 18:00:00 +0200",
      end: "2022-05-04 18:40:00 +0200",
      activeEnergy: { qty: 610, units: "kJ" },
      totalEnergy: { qty: 200, units: "kcal" },
      stepCount: { qty: 4100, units: "steps" },
      distance: { qty: 2, units: "mi" },
      speed: { qty: 3, units: "mph" },
      intesity: { qty: 3.5, units: "MET" },
      elevation: { ascent: 20, descent: 18, units: "m" },
      heartRateData: [{ date: "2022-05-04 18:01:00 +0200", qty: 104, units: "bpm" }],
      route: [{ lat: 0.001, lon: 0.002, altitude: 8, timestamp: "2022-05-04 18:00:05 +0200" }],
    };
    expect(build(walk)).toEqual({
      ok: true,
      value: {
        haeId: null,
        startMs: at("2022-05-04T16:00:00Z"),
        endMs: at("2022-05-04T16:40:00Z"),
        offsetMin: 120,
        scalars: {
          name: "Walking",
          type: "walking",
          energy: kJ(610),
          total_energy: 200,
          step_count: 4100,
          distance: 3.218688,
          avg_speed: 4.828032,
          intensity: 3.5,
          elevation_up: 20,
          elevation_down: 18,
        },
        series: [
          {
            name: "heart_rate",
            unit: "count/min",
            rows: Float64Array.of(at("2022-05-04T16:01:00Z"), 104, none, none),
            insideCount: 1,
          },
        ],
        route: {
          rows: Float64Array.of(at("2022-05-04T16:00:05Z"), 0.001, 0.002, 8, none, none, none, none),
          insideCount: 1,
        },
      },
      warnings: [],
    });
  });

  test("arrays that come in parts before the rest give the same workout", () => {
    const { route, heartRateData, stepCount, ...rest } = run;
    const parts: [string, unknown[]][] = [
      ["route", route],
      ["heartRateData", heartRateData.slice(0, 1)],
      ["stepCount", stepCount],
      ["heartRateData", heartRateData.slice(1)],
    ];
    expect(workoutOf({ ...rest, route: [], heartRateData: [] }, parts)).toEqual(builtRun);
  });

  test("the order of keys changes nothing", () => {
    expect(build(Object.fromEntries(Object.entries(run).reverse()))).toEqual(build(run));
  });
});

describe("scalars", () => {
  test("all other fields of a swim come under their names", () => {
    const swim = {
      ...bare,
      name: "Pool Swim",
      duration: { qty: 25, units: "min" },
      avgSpeed: { qty: 1, units: "m/s" },
      maxSpeed: { qty: 2, units: "m/s" },
      elevationDown: { qty: 10, units: "ft" },
      flightsClimbed: { qty: 2, units: "count" },
      stepCadence: { qty: 160, units: "spm" },
      swimCadence: { qty: 22, units: "count/min" },
      totalSwimmingStrokeCount: 640,
      lapLength: { qty: 25, units: "yd" },
      swolfScore: 41,
      strokeStyle: "Uknown",
      salinity: "Salt Water",
      isIndoor: true,
      source: "Pat\u2019s Watch",
      humidity: 55,
      metadata: { HKSwimmingLocationType: "1" },
    };
    expect(build(swim)).toMatchObject({ ok: true, warnings: [] });
    expect(workoutOf(swim).scalars).toEqual({
      name: "Pool Swim",
      type: "swimming",
      location: "pool",
      is_indoor: true,
      duration_s: 1500,
      avg_speed: 3.6,
      max_speed: 7.2,
      elevation_down: 3.048,
      flights_climbed: 2,
      step_cadence: 160,
      swim_cadence: 22,
      swim_stroke_count: 640,
      lap_length: 22.86,
      swolf_score: 41,
      stroke_style: "unknown",
      salinity: "salt_water",
      source: "Pat\u2019s Watch",
      humidity: 55,
      metadata: { HKSwimmingLocationType: "1" },
    });
  });

  test("the heart rate may come as one object, with its unit beside", () => {
    const { scalars } = workoutOf({ ...bare, heartRate: { Min: 90, avg: "120", max: 150, units: "bpm" } });
    expect(scalars).toEqual({ avg_heart_rate: 120, max_heart_rate: 150, min_heart_rate: 90 });
  });

  test("of two fields of one name the better known counts, and the other is kept if it differs", () => {
    const { scalars } = workoutOf({
      ...bare,
      speed: { qty: 10, units: "km/hr" },
      avgSpeed: { qty: 11, units: "km/hr" },
      totalDistance: { qty: 5, units: "km" },
      distance: { qty: 5000, units: "m" },
    });
    expect(scalars).toEqual({
      avg_speed: 11,
      distance: 5,
      extra: { speed: { qty: 10, units: "km/hr" } },
    });
  });

  test("fields that are null, empty or an empty metadata array give nothing", () => {
    const raw = { ...bare, distance: null, name: "", heartRateRecovery: null, metadata: [], route: [], stepCount: [] };
    expect(workoutOf(raw)).toEqual({
      haeId: null,
      startMs: at("2026-03-02T16:00:00Z"),
      endMs: at("2026-03-02T16:30:00Z"),
      offsetMin: 60,
      scalars: {},
      series: [],
      route: null,
    });
  });

  test("fields that nobody knows are kept under extra", () => {
    const raw = {
      ...bare,
      effortScore: { qty: 7 },
      laps: [{ lap: 1 }, { lap: 2 }],
      note: "windy",
      nothing: null,
      salinity: {},
    };
    expect(workoutOf(raw).scalars).toEqual({
      extra: { effortScore: { qty: 7 }, laps: [{ lap: 1 }, { lap: 2 }], note: "windy", salinity: {} },
    });
  });

  test("an unknown array that is very long is cut with a warning", () => {
    const result = build({ ...bare, laps: Array.from({ length: 10_001 }, (_, lap) => ({ lap })) });
    expect(result).toMatchObject({ ok: true, warnings: [{ warning: "unknown_key" }] });
  });

  test("what has no number, an unknown unit or an impossible number is kept as sent, with a warning", () => {
    const raw = {
      ...bare,
      distance: { qty: 5, units: "furlong" },
      humidity: { qty: "wet", units: "%" },
      elevationUp: { qty: -3, units: "m" },
      duration: -1,
    };
    expect(build(raw)).toMatchObject({
      value: {
        scalars: {
          extra: {
            distance: { qty: 5, units: "furlong" },
            humidity: { qty: "wet", units: "%" },
            elevationUp: { qty: -3, units: "m" },
            duration: -1,
          },
        },
      },
      warnings: [
        { warning: "suspicious_value", message: "The field duration is negative.", value: -1 },
        { warning: "unit_assumed", message: "The unit of distance is unknown; it is kept as sent." },
        { warning: "suspicious_value", message: "The field elevationUp is negative.", value: -3 },
        { warning: "suspicious_value", message: "The field humidity holds no number." },
      ],
    });
  });

  test("a missing unit is the one that the app sends by default, with a warning where there are several", () => {
    const result = build({ ...bare, activeEnergyBurned: 418, flightsClimbed: 3, distance: "5.3 mi" });
    expect(result).toMatchObject({
      value: { scalars: { energy: kJ(418), flights_climbed: 3, distance: 8.5295232 } },
      warnings: [{ warning: "unit_assumed", message: "The field activeEnergyBurned has no unit; kJ was taken." }],
    });
  });
});

describe("series", () => {
  const point = (time: string, qty: unknown, units: unknown = "km") => ({
    date: `2026-03-02 17:${time} +0100`,
    qty,
    units,
  });

  test.each([
    ["basalEnergy", "basal_energy", "kJ", 1 / 4.184, "kcal"],
    ["walkingAndRunningDistance", "walking_running_distance", "m", 0.001, "km"],
    ["cyclingDistance", "cycling_distance", "km", 1, "km"],
    ["cyclingCadence", "cycling_cadence", "count/min", 1, "count/min"],
    ["cyclingPower", "cycling_power", "watts", 1, "W"],
    ["cyclingSpeed", "cycling_speed", "m/s", 3.6, "km/h"],
    ["swimDistance", "swim_distance", "m", 0.001, "km"],
    ["swimStroke", "swim_stroke", "count", 1, "count"],
  ])("%s is the series %s, from %s times %d to %s", (field, name, units, factor, unit) => {
    expect(workoutOf({ ...bare, [field]: [point("01:00", 100, units)] }).series).toEqual([
      { name, unit, rows: Float64Array.of(at("2026-03-02T16:01:00Z"), 100 * factor, none, none), insideCount: 1 },
    ]);
  });

  test("an array of points that nobody knows is a series under its own name, in its own unit", () => {
    expect(workoutOf({ ...bare, rowingStrokes: [point("01:00", 24, "spm")] }).series).toEqual([
      {
        name: "rowing_strokes",
        unit: "spm",
        rows: Float64Array.of(at("2026-03-02T16:01:00Z"), 24, none, none),
        insideCount: 1,
      },
    ]);
  });

  test("points without a date or a number are left out and counted", () => {
    const swimStroke = [point("01:00", 9, "count"), { qty: 8 }, { ...point("02:00", "x") }, null, point("03:00", -1)];
    expect(build({ ...bare, swimStroke })).toMatchObject({
      value: { series: [{ rows: Float64Array.of(at("2026-03-02T16:01:00Z"), 9, none, none) }] },
      warnings: [
        {
          warning: "suspicious_value",
          message: "4 points of swimStroke hold no date or no possible number and were left out.",
        },
      ],
    });
  });

  test("a series in an unknown unit is kept in it; points in yet another are left out", () => {
    const swimDistance = [point("01:00", 1, "furlong"), point("02:00", 2, "furlong"), point("03:00", 3, "km")];
    expect(build({ ...bare, swimDistance })).toMatchObject({
      value: { series: [{ name: "swim_distance", unit: "furlong", insideCount: 2 }] },
      warnings: [
        { warning: "unit_assumed", message: "1 points of swimDistance have another unit and were left out." },
        { warning: "unit_assumed", message: "The unit of swimDistance is unknown; it is kept as sent." },
      ],
    });
  });

  test("points in several known units become one series", () => {
    const cyclingDistance = [point("01:00", 1, "km"), point("02:00", 1, "mi")];
    const [series] = workoutOf({ ...bare, cyclingDistance }).series;
    expect([series?.unit, series?.rows[1], series?.rows[5]]).toEqual(["km", 1, 1.609344]);
  });

  test("points without a unit have the one that the app sends by default, with a warning", () => {
    expect(build({ ...bare, activeEnergy: [point("01:00", 41.84, null)] })).toMatchObject({
      value: { series: [{ unit: "kcal", rows: Float64Array.of(at("2026-03-02T16:01:00Z"), kJ(41.84), none, none) }] },
      warnings: [{ warning: "unit_assumed" }],
    });
  });

  test("a recovery that was sent as the heart rate has no point inside, and a warning", () => {
    const heartRateData = ["30:01", "30:30", "31:00"].map((time) => ({
      date: `2026-03-02 17:${time} +0100`,
      Min: 120,
      Avg: 120,
      Max: 120,
      units: "count/min",
    }));
    expect(build({ ...bare, heartRateData })).toMatchObject({
      value: { series: [{ name: "heart_rate", insideCount: 0 }] },
      warnings: [
        {
          warning: "suspicious_value",
          message: "Most points of heartRateData lie after the end of the workout.",
        },
      ],
    });
  });

  test("the start and the end themselves are inside", () => {
    const stepCount = [point("00:00", 1, "count"), point("30:00", 1, "count"), point("30:01", 1, "count")];
    expect(workoutOf({ ...bare, stepCount }).series[0]?.insideCount).toBe(2);
  });

  test("points that count their seconds from 2001 or from 1970 lie at the same instants", () => {
    const seconds = at("2026-03-02T16:01:00Z") / 1000;
    const dated = (date: number) => workoutOf({ ...bare, stepCount: [{ date, qty: 5, units: "count" }] }).series;
    expect(dated(seconds - 978_307_200)).toEqual(dated(seconds));
    expect(dated(seconds)[0]?.rows[0]).toBe(at("2026-03-02T16:01:00Z"));
  });
});

describe("routes", () => {
  const place = { latitude: 48, longitude: 11, timestamp: "2026-03-02 17:01:00 +0100" };

  test("what CoreLocation marks as unknown by a negative number is not known; an altitude may be negative", () => {
    const route = [
      {
        ...place,
        altitude: -3,
        speed: -1,
        course: -1,
        horizontalAccuracy: -1,
        verticalAccuracy: -1,
        courseAccuracy: 853,
      },
    ];
    expect(workoutOf({ ...bare, route }).route?.rows).toEqual(
      Float64Array.of(at("2026-03-02T16:01:00Z"), 48, 11, -3, none, none, none, none),
    );
  });

  test("points off the globe and points without place or date are left out and counted", () => {
    const route = [place, { ...place, latitude: 95 }, { ...place, longitude: -180.1 }, { ...place, timestamp: "" }, {}];
    expect(build({ ...bare, route })).toMatchObject({
      value: { route: { insideCount: 1 } },
      warnings: [
        { warning: "suspicious_value", message: "2 points of route hold no date or no place and were left out." },
        { warning: "suspicious_value", message: "2 points of route lie outside the globe and were left out." },
      ],
    });
  });

  test("rows are sorted by time however many there are", () => {
    const startMs = at(bare.start.replace(" +0100", "+01:00").replace(" ", "T"));
    const times = Array.from({ length: 40_000 }, (_, index) => startMs + ((index * 7919) % 40_000) * 1000);
    const route = times.map((ms) => ({ latitude: 1, longitude: 2, timestamp: new Date(ms).toISOString() }));
    const rows = workoutOf(bare, [["route", route]]).route!.rows;
    const sorted = times.map((_, index) => rows[index * 8]);
    expect(sorted).toEqual([...times].sort((a, b) => a - b));
  });
});

describe("names", () => {
  test.each([
    ["Outdoor Run", "running", "outdoor"],
    ["Indoor Cycling", "cycling", "indoor"],
    ["Pool Swim", "swimming", "pool"],
    ["Open Water Swim", "swimming", "open_water"],
    ["Traditional Strength Training", "traditional_strength_training", null],
    ["HKWorkoutActivityTypeHighIntensityIntervalTraining", "high_intensity_interval_training", null],
    ["Outdoor Spaziergang", "walking", "outdoor"],
    ["Innenräume Radfahren", "cycling", "indoor"],
    ["步行", "walking", null],
    ["室内跑步", "running", "indoor"],
    ["Caminata al aire libre", "walking", "outdoor"],
    ["Marche en extérieur", "walking", "outdoor"],
    ["Corsa all\u2019aperto", "running", "outdoor"],
    ["Outdoor Unicycling", "other", "outdoor"],
    ["Pool", "other", null],
  ])("%s is %s, %s", (name, type, place) => {
    expect(readWorkoutName(name)).toEqual({ type, place });
  });
});

test.each([
  [{ ...run, start: null }, "missing_field", "start"],
  [{ ...run, end: null }, "missing_field", "end"],
  [{ ...run, start: "noon" }, "invalid_date", "start"],
  [{ ...run, end: "2026-13-02 17:34:40 +0100" }, "invalid_date", "end"],
  [{ ...run, end: "2026-03-02 17:02:10 +0100" }, "invalid_date", "end"],
])("a workout without a usable start and end is refused by field (%#)", (raw, error, field) => {
  expect(build(raw)).toMatchObject({ ok: false, error: { error, field } });
});

test("a workout longer than a week is kept with a warning", () => {
  expect(build({ ...bare, end: "2026-03-09 17:00:01 +0100" })).toMatchObject({
    ok: true,
    warnings: [{ warning: "suspicious_value", message: "The workout lasts longer than seven days." }],
  });
});

describe("any JSON", () => {
  const anything = fc.jsonValue();
  const point = fc.record({ date: anything, qty: anything, units: anything, latitude: anything, longitude: anything });
  const field = fc.oneof(fc.constantFrom(...Object.keys(run)), fc.string());
  const item = fc
    .dictionary(field, fc.oneof(anything, fc.array(point), fc.record({ qty: anything, units: anything })))
    .map((fields): Record<string, unknown> => ({ ...fields, start: run.start, end: run.end }));

  test("is accepted or refused, never thrown at", () => {
    const parts = fc.array(fc.tuple(field, fc.array(fc.oneof(anything, point))));
    fc.assert(
      fc.property(fc.oneof(anything, item), parts, (raw, elements) => {
        const result = build(raw, elements);
        if (result.ok) expect(result.value.endMs).toBeGreaterThanOrEqual(result.value.startMs);
      }),
    );
  });

  test("gives the same workout whole and in parts", () => {
    fc.assert(
      fc.property(item, fc.integer({ min: 1, max: 3 }), (raw, size) => {
        const parts: [string, unknown[]][] = [];
        const rest: Record<string, unknown> = {};
        for (const [name, value] of Object.entries(raw).sort(([a], [b]) => (a < b ? -1 : 1))) {
          rest[name] = Array.isArray(value) ? [] : value;
          if (!Array.isArray(value)) continue;
          for (let index = 0; index < value.length; index += size) parts.push([name, value.slice(index, index + size)]);
        }
        expect(build(rest, parts)).toEqual(build(raw));
      }),
    );
  });
});
