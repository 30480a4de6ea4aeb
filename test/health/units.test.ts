/** What a sent unit means, by dimension. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { metricDefinitions } from "../../src/health/registry.js";
import { conversionFrom, convert, type Dimension } from "../../src/health/units.js";

/** One unit of each text, in the canonical unit. */
const converts = (dimension: Dimension, toUnit: string, expected: Record<string, number | undefined>) =>
  expect(Object.fromEntries(Object.keys(expected).map((unit) => [unit, convert(1, unit, dimension, toUnit)]))).toEqual(
    expected,
  );

test("all strings of the spec convert with exact constants", () => {
  converts("count", "count", { count: 1, steps: 1, falls: 1, times: 1, hours: 1, spm: 1, "": 1 });
  converts("rate", "count/min", { "count/min": 1, "count\\/min": 1, bpm: 1, "breaths/min": 1, spm: 1, rpm: 1 });
  converts("energy", "kcal", { kJ: 1 / 4.184, kcal: 1, Cal: 1, cal: 0.001, J: 1 / 4184 });
  converts("effort", "kcal/hr·kg", { "kcal/hr·kg": 1, "kcal/(kg·hr)": 1, "kcal/(kg*hr)": 1, MET: 1 });
  converts("vo2", "ml/(kg·min)", { "ml/(kg·min)": 1, "mL/min·kg": 1, "ml/kg/min": 1 });
  converts("distance", "km", {
    m: 0.001,
    km: 1,
    cm: 0.00001,
    mm: 0.000001,
    mi: 1.609344,
    yd: 0.0009144,
    ft: 0.0003048,
  });
  converts("distance", "cm", { in: 2.54, ft: 30.48, m: 100 });
  converts("speed", "km/h", {
    "km/hr": 1,
    kmph: 1,
    "km/h": 1,
    "mi/hr": 1.609344,
    mph: 1.609344,
    "m/s": 3.6,
    "ft/s": 1.09728,
  });
  converts("mass", "kg", { kg: 1, g: 0.001, lb: 0.45359237, lbs: 0.45359237, st: 6.35029318, oz: 0.028349523125 });
  converts("mass", "mcg", { mg: 1000, mcg: 1, "\u00b5g": 1, "\u03bcg": 1, g: 1_000_000 });
  converts("volume", "mL", {
    L: 1000,
    mL: 1,
    fl_oz_us: 29.5735295625,
    fl_oz: 29.5735295625,
    "fl oz": 29.5735295625,
    cup_us: 236.5882365,
    pt_us: 473.176473,
  });
  converts("pressure", "mmHg", { mmHg: 1, kPa: 760 / 101.325, cmAq: (98.0665 * 760) / 101_325 });
  converts("glucose", "mmol/L", { "mmol/L": 1, "mg/dL": 1 / 18.0156, "mmol<180.1558800000541>/L": 1 });
  converts("percent", "%", { "%": 1 });
  converts("sound", "dBASPL", { dBASPL: 1, dB: 1 });
  converts("time", "min", { s: 1 / 60, sec: 1 / 60, min: 1, hr: 60, hours: 60, ms: 1 / 60_000 });
  converts("voltage", "µV", { mcV: 1, "\u00b5V": 1, "\u03bcV": 1, mV: 1000, V: 1_000_000 });
  converts("power", "W", { W: 1, watts: 1 });
  converts("flow", "L/min", { "L/min": 1 });
  converts("conductance", "S", { S: 1, mcS: 0.000001, µS: 0.000001 });
  converts("insulin", "IU", { IU: 1 });
});

test("temperatures shift as well as scale", () => {
  const toCelsius = (value: number, unit: string) => convert(value, unit, "temperature", "degC");

  expect(toCelsius(36.6, "degC")).toBe(36.6);
  expect(toCelsius(36.6, "ºC")).toBe(36.6);
  expect(toCelsius(36.6, "℃")).toBe(36.6);
  expect(toCelsius(98.6, "degF")).toBeCloseTo(37, 12);
  expect(toCelsius(-40, "°F")).toBeCloseTo(-40, 12);
  expect(toCelsius(273.15, "K")).toBe(0);
});

test("the same unit changes no bit of a value, whichever metric it is", () => {
  for (const definition of metricDefinitions) {
    expect(conversionFrom(definition.unit, definition)).toEqual({ factor: 1, offset: 0 });
  }
});

test("a letter means what the dimension says", () => {
  expect(convert(90, "m", "time", "min")).toBe(90);
  expect(convert(90, "m", "distance", "m")).toBe(90);
  expect(convert(1, "hours", "count", "count")).toBe(1);
  expect(convert(1, "hours", "time", "min")).toBe(60);
});

test("spaces, case and Unicode forms do not matter", () => {
  expect(convert(1, "KCAL", "energy", "kcal")).toBe(1);
  expect(convert(1, " Count/Min\u00a0", "rate", "count/min")).toBe(1);
  expect(convert(1, "FL\u202fOZ", "volume", "mL")).toBe(29.5735295625);
  expect(convert(1, "kcal/(kg⋅hr)", "effort", "kcal/hr·kg")).toBe(1);
});

test("where only case tells two units apart, any other case is refused", () => {
  expect(convert(1, "cal", "energy", "kcal")).toBe(0.001);
  expect(convert(1, "Cal", "energy", "kcal")).toBe(1);
  expect(convert(1, "CAL", "energy", "kcal")).toBeUndefined();
});

test("what is no unit of the dimension is refused", () => {
  const refuses = (unit: string, dimension: Dimension, toUnit: string) =>
    expect(convert(1, unit, dimension, toUnit)).toBeUndefined();

  refuses("furlong", "distance", "km");
  refuses("kg", "distance", "km");
  refuses("", "rate", "count/min");
  refuses("min/km", "speed", "km/h");
  refuses("constructor", "mass", "kg");
  refuses("kg", "mass", "furlong");
});

test("a microgram never loses its sign", () => {
  expect(convert(1, "µg", "mass", "mcg")).toBe(1);
  expect(convert(1, "?g", "mass", "mcg")).toBeUndefined();
});

test("converting there and back gives the value again", () => {
  const pairs: [Dimension, string, string][] = [
    ["energy", "kJ", "kcal"],
    ["distance", "mi", "km"],
    ["distance", "in", "cm"],
    ["mass", "st", "kg"],
    ["temperature", "degF", "degC"],
    ["pressure", "kPa", "mmHg"],
    ["glucose", "mg/dL", "mmol/L"],
    ["volume", "fl_oz_us", "mL"],
    ["speed", "ft/s", "km/h"],
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...pairs),
      fc.double({ min: -1e5, max: 1e5, noNaN: true }),
      ([dimension, a, b], value) => {
        const back = convert(convert(value, a, dimension, b)!, b, dimension, a)!;
        expect(Math.abs(back - value)).toBeLessThan(1e-9);
      },
    ),
  );
});
