/** Every spelling of a metric leads to one, and every unit to the canonical one (spec sections 2.1, 3, 3.14). */
import { expect, test } from "vitest";
import { type Desk, daily, envelope, hourly, metric, openDesk, point, readFixture } from "./quirk.js";

/** Name, unit that the app sends by default, what 1 of it comes to, canonical unit, other spellings. */
type CatalogueRow = [name: string, sentUnit: string, one: number, unit: string, ...spellings: string[]];

const hour = (i: number) => String(i).padStart(2, "0");

test("each of the catalogue's metrics comes back under one name, however it was spelt, in its canonical unit", async () => {
  const catalogue = JSON.parse((await readFixture("catalogue")).toString()) as CatalogueRow[];
  const desk = await openDesk();

  const entries = catalogue.flatMap(([name, units, , , ...spellings]) =>
    [name, ...spellings].map((spelling, i) => ({
      name: spelling,
      units,
      data: [{ date: `2026-03-02 ${hour(i)}:00:00 +0100`, qty: 1 }],
    })),
  );
  const { receipt } = await desk.lab.send(envelope(...entries), { headers: hourly });

  expect([receipt.counts.received, receipt.counts.inserted, receipt.errors]).toEqual([244, 244, []]);
  expect(receipt.warnings.filter(({ warning }) => warning !== "suspicious_value")).toEqual([]);
  for (const [name, , one, unit, ...spellings] of catalogue) {
    const values = (await desk.points(name)).map((stored) => [stored.value ?? stored.avg, stored.unit]);
    expect([name, values]).toEqual([name, [name, ...spellings].map(() => [one, unit])]);
  }
  expect((await desk.ask("metrics")).map((entry: { name: string }) => entry.name)).toEqual(
    catalogue.map(([name]) => name).sort(),
  );
});

/** One delivery for a whole table: each row has a day of its own, and the rows that come back are compared at once. */
const dayOf = (row: number) => new Date(Date.UTC(2026, 0, 1 + row)).toISOString().slice(0, 10);
const midnight = (row: number) => `${dayOf(row)} 00:00:00 +0100`;

async function storedByDay(desk: Desk, names: readonly string[]) {
  const rows = await Promise.all([...new Set(names)].map(async (name) => ({ name, stored: await desk.points(name) })));
  return new Map(rows.flatMap(({ name, stored }) => stored.map((row) => [row.date, { name, ...row }])));
}

const spellings: [spelling: string, name: string][] = [
  ["weight_&_body_mass", "weight_body_mass"],
  ["Weight & Body Mass", "weight_body_mass"],
  ["walking_+_running_distance", "walking_running_distance"],
  ["Walking + Running Distance", "walking_running_distance"],
  ["stair_speed:_up", "stair_speed_up"],
  ["six-minute_walking_test_distance", "six_minute_walking_test_distance"],
  ["six\u00a0minute walking test distance", "six_minute_walking_test_distance"],
  ["VO2Max", "vo2_max"],
  ["dietary_caffeine", "dietary_caffeine"],
  ["caffeine", "dietary_caffeine"],
  ["dietary_cholesterol", "cholesterol"],
  ["dietary_biotin", "biotin"],
  ["_step_count_", "step_count"],
  ["HKQuantityTypeIdentifierStepCount", "step_count"],
];

test("old, new and odd spellings of a name are one metric", async () => {
  const desk = await openDesk();

  await desk.send(
    envelope(...spellings.map(([name], row) => ({ name, data: [{ date: midnight(row), qty: 20 }] }))),
    daily,
  );

  const stored = await storedByDay(
    desk,
    spellings.map(([, name]) => name),
  );
  expect(spellings.map(([spelling], row) => [spelling, stored.get(dayOf(row))?.name])).toEqual(spellings);
});

const units: [metric: string, sentUnit: string, qty: number, value: number, unit: string][] = [
  ["step_count", "count", 8, 8, "count"],
  ["step_count", "steps", 8, 8, "count"],
  ["step_count", "", 8, 8, "count"],
  ["number_of_times_fallen", "falls", 1, 1, "count"],
  ["apple_stand_hour", "hours", 11, 11, "count"],
  ["apple_stand_hour", "count", 11, 11, "count"],
  ["resting_heart_rate", "count/min", 57, 57, "count/min"],
  ["resting_heart_rate", "count\\/min", 57, 57, "count/min"],
  ["resting_heart_rate", "bpm", 57, 57, "count/min"],
  ["respiratory_rate", "breaths/min", 14.5, 14.5, "count/min"],
  ["cycling_cadence", "rpm", 85, 85, "count/min"],
  ["cycling_cadence", "spm", 85, 85, "count/min"],
  ["active_energy", "kJ", 418.4, 100, "kcal"],
  ["active_energy", "kcal", 100, 100, "kcal"],
  ["active_energy", "Cal", 100, 100, "kcal"],
  ["active_energy", "cal", 1000, 1, "kcal"],
  ["active_energy", "J", 4184, 1, "kcal"],
  ["physical_effort", "kcal/hr·kg", 3.1, 3.1, "kcal/hr·kg"],
  ["physical_effort", "kcal/(kg·hr)", 3.1, 3.1, "kcal/hr·kg"],
  ["physical_effort", "kcal/(kg*hr)", 3.1, 3.1, "kcal/hr·kg"],
  ["physical_effort", "MET", 3.1, 3.1, "kcal/hr·kg"],
  ["vo2_max", "ml/(kg·min)", 41.2, 41.2, "ml/(kg·min)"],
  ["vo2_max", "ml\\/(kg·min)", 41.2, 41.2, "ml/(kg·min)"],
  ["vo2_max", "mL/min·kg", 41.2, 41.2, "ml/(kg·min)"],
  ["vo2_max", "ml/kg/min", 41.2, 41.2, "ml/(kg·min)"],
  ["walking_running_distance", "km", 1.5, 1.5, "km"],
  ["walking_running_distance", "m", 1500, 1.5, "km"],
  ["walking_running_distance", "mi", 1, 1.609344, "km"],
  ["swimming_distance", "yd", 1000, 0.9144, "km"],
  ["swimming_distance", "m", 500, 0.5, "km"],
  ["height", "cm", 180, 180, "cm"],
  ["height", "m", 1.8, 180, "cm"],
  ["height", "ft", 6, 182.88, "cm"],
  ["height", "in", 70, 177.8, "cm"],
  ["walking_step_length", "in", 28, 71.12, "cm"],
  ["running_stride_length", "ft", 4, 121.92, "cm"],
  ["running_vertical_oscillation", "mm", 85, 8.5, "cm"],
  ["underwater_depth", "ft", 10, 3.048, "m"],
  ["six_minute_walking_test_distance", "m", 510, 0.51, "km"],
  ["walking_speed", "km/hr", 4.5, 4.5, "km/h"],
  ["walking_speed", "kmph", 4.5, 4.5, "km/h"],
  ["walking_speed", "km/h", 4.5, 4.5, "km/h"],
  ["walking_speed", "mi/hr", 3, 4.828032, "km/h"],
  ["walking_speed", "mph", 3, 4.828032, "km/h"],
  ["stair_speed_up", "m/s", 0.5, 1.8, "km/h"],
  ["stair_speed_up", "ft/s", 1, 1.09728, "km/h"],
  ["weight_body_mass", "kg", 70.4, 70.4, "kg"],
  ["weight_body_mass", "g", 70_400, 70.4, "kg"],
  ["weight_body_mass", "lb", 150, 68.0388555, "kg"],
  ["weight_body_mass", "lbs", 150, 68.0388555, "kg"],
  ["weight_body_mass", "st", 11, 69.85322498, "kg"],
  ["weight_body_mass", "oz", 2400, 68.0388555, "kg"],
  ["vitamin_d", "mcg", 12.5, 12.5, "mcg"],
  ["vitamin_d", "\u00b5g", 12.5, 12.5, "mcg"],
  ["vitamin_d", "\u03bcg", 12.5, 12.5, "mcg"],
  ["vitamin_d", "mg", 0.0125, 12.5, "mcg"],
  ["sodium", "g", 2.3, 2300, "mg"],
  ["dietary_water", "mL", 250, 250, "mL"],
  ["dietary_water", "L", 0.25, 250, "mL"],
  ["dietary_water", "fl_oz_us", 10, 295.735295625, "mL"],
  ["dietary_water", "fl_oz", 10, 295.735295625, "mL"],
  ["dietary_water", "fl oz", 10, 295.735295625, "mL"],
  ["dietary_water", "cup_us", 1, 236.5882365, "mL"],
  ["dietary_water", "cup", 1, 236.5882365, "mL"],
  ["dietary_water", "pt_us", 1, 473.176473, "mL"],
  ["body_temperature", "degC", 36.6, 36.6, "degC"],
  ["body_temperature", "degF", 98.6, 37, "degC"],
  ["body_temperature", "\u00baC", 36.6, 36.6, "degC"],
  ["body_temperature", "\u00b0C", 36.6, 36.6, "degC"],
  ["body_temperature", "\u00b0F", 98.6, 37, "degC"],
  ["body_temperature", "K", 309.75, 36.6, "degC"],
  ["blood_glucose", "mmol/L", 5.2, 5.2, "mmol/L"],
  ["blood_glucose", "mg/dL", 90.078, 5, "mmol/L"],
  ["blood_glucose", "mmol<180.1558800000541>/L", 5.2, 5.2, "mmol/L"],
  ["blood_oxygen_saturation", "%", 97, 97, "%"],
  ["walking_asymmetry_percentage", "%", 0.4, 0.4, "%"],
  ["headphone_audio_exposure", "dBASPL", 71.5, 71.5, "dBASPL"],
  ["headphone_audio_exposure", "dB", 71.5, 71.5, "dBASPL"],
  ["mindful_minutes", "min", 10, 10, "min"],
  ["mindful_minutes", "s", 600, 10, "min"],
  ["mindful_minutes", "sec", 600, 10, "min"],
  ["mindful_minutes", "hr", 0.5, 30, "min"],
  ["mindful_minutes", "hours", 0.5, 30, "min"],
  ["heart_rate_variability", "ms", 48.5, 48.5, "ms"],
  ["heart_rate_variability", "s", 0.0485, 48.5, "ms"],
  ["insulin_delivery", "IU", 4, 4, "IU"],
  ["electrodermal_activity", "S", 0.000002, 0.000002, "S"],
  ["electrodermal_activity", "mcS", 2, 0.000002, "S"],
  ["electrodermal_activity", "\u00b5S", 2, 0.000002, "S"],
  ["running_power", "W", 240, 240, "W"],
  ["running_power", "watts", 240, 240, "W"],
  ["peak_expiratory_flow_rate", "L/min", 420, 420, "L/min"],
  ["forced_vital_capacity", "L", 4.5, 4500, "mL"],
];

test("every unit string of every dimension comes back in the canonical unit", async () => {
  const desk = await openDesk();

  const told = await desk.send(
    envelope(...units.map(([name, sent, qty], row) => ({ name, units: sent, data: [{ date: midnight(row), qty }] }))),
    daily,
  );

  expect(told).toBe(`processed: ${units.length} received, ${units.length} inserted`);
  const stored = await storedByDay(
    desk,
    units.map(([name]) => name),
  );
  const answers = units.map(([name, sent, qty], row) => {
    const { value, unit } = stored.get(dayOf(row)) ?? {};
    return [name, sent, qty, value, unit];
  });
  expect(answers).toEqual(units);
});

test("pressure in kilopascals is millimetres of mercury", async () => {
  const desk = await openDesk();
  const reading = { date: "2026-03-02 07:12:00 +0100", systolic: 16, diastolic: 10.5 };

  expect(await desk.send(metric("blood_pressure", "kPa", reading))).toBe("processed: 1 received, 1 inserted");
  expect((await desk.points("blood_pressure"))[0]).toMatchObject({
    ...{ systolic: 120.009869233, diastolic: 78.7564766839, unit: "mmHg" },
  });
});

test.each([
  ["active_energy", "stone"],
  ["step_count", "km"],
  ["weight_body_mass", "g/L"],
  ["vitamin_d", "IU"],
])("%s in %j is refused by position: a wrong factor would be worse than a hole", async (name, unit) => {
  const desk = await openDesk();

  expect(await desk.send(metric(name, unit, { date: "2026-03-02 00:00:00 +0100", qty: 3 }), daily)).toBe(
    `rejected: 1 received, 1 rejected; ${name}[0] unknown_unit units`,
  );
  expect(await desk.ask("metrics")).toEqual([]);
});

test("a unit that was not sent is the app's default, and a warning says so where another was possible", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("no-units", hourly)).toBe("processed: 3 received, 3 inserted; warning unit_assumed");
  expect(await desk.points("active_energy")).toEqual([
    point("2026-03-02T08:00:00.000Z", 100, "kcal", { grouping: "hour" }),
  ]);
  expect(await desk.points("step_count")).toEqual([
    point("2026-03-02T08:00:00.000Z", 12, "count", { grouping: "hour" }),
  ]);
  expect(await desk.points("body_mass_index")).toEqual([
    point("2026-03-02T08:00:00.000Z", 22.5, "count", { grouping: "hour" }),
  ]);
});

test("a unit of the point's own goes before that of its metric", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("units-per-point", hourly)).toBe("processed: 3 received, 3 inserted");
  expect(await desk.points("walking_running_distance")).toEqual([
    point("2026-03-02T08:00:00.000Z", 1.609344, "km", { grouping: "hour" }),
    point("2026-03-02T09:00:00.000Z", 1, "km", { grouping: "hour" }),
    point("2026-03-02T10:00:00.000Z", 1.5, "km", { grouping: "hour" }),
  ]);
});

test("the same energy in kJ and in kcal counts once", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("both-energy-units", hourly)).toBe(
    "processed: 2 received, 1 inserted, 1 unchanged; warning mixed_grouping",
  );
  expect(await desk.days()).toEqual({
    "2026-03-02": { active_energy: { total: 100, unit: "kcal", series: "hour" } },
  });
});

test("a metric that nobody knows is kept with the unit that it came with, two units apart", async () => {
  const desk = await openDesk();

  expect(await desk.sendFixture("unknown-metric", hourly)).toBe(
    "processed: 3 received, 3 inserted; warning unknown_metric; warning unknown_metric",
  );
  expect(await desk.points("beat_to_beat_gap")).toEqual([
    point("2026-03-02T08:00:00.000Z", 3.5, "furlong/hr", { source: "Watch", grouping: "hour" }),
    point("2026-03-02T08:00:00.000Z", 7, "ells/hr", { grouping: "hour" }),
    point("2026-03-02T09:00:00.000Z", 2, "furlong/hr", { min: 1, max: 4, grouping: "hour" }),
  ]);
  expect(await desk.ask("metrics")).toMatchObject([{ name: "beat_to_beat_gap", known: false, unit: null, count: 3 }]);
});
