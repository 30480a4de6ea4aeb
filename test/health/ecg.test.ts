/** How one element of ecg, whole or in parts, becomes a recording (spec section 7.1). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EcgBuilder } from "../../src/health/ecg.js";
import type { Result } from "../../src/health/item.js";
import type { EcgRecording } from "../../src/health/record.js";

const context = { zone: "Europe/Berlin" };
const at = (text: string) => Date.parse(text);

const startSeconds = at("2026-03-02T07:15:00Z") / 1000;
const sample = (index: number, voltage: unknown, units: unknown = "mcV") => ({
  date: startSeconds + index / 512,
  voltage,
  units,
});
const header = {
  start: "2026-03-02 08:15:00 +0100",
  end: "2026-03-02 08:15:30 +0100",
  classification: "Sinus Rhythm",
  severity: "None",
  averageHeartRate: 66,
  numberOfVoltageMeasurements: 3,
  samplingFrequency: 512,
  source: "ECG",
};
const voltageMeasurements = [sample(0, -12.5), sample(1, 3), sample(2, 250.25)];

function build(raw: unknown, ...parts: unknown[][]): Result<EcgRecording> {
  const builder = new EcgBuilder(context);
  for (const part of parts) builder.addVoltages(part);
  return builder.finish(raw);
}

function voltagesOf(measurements: unknown[]): number[] {
  const result = build({ ...header, voltageMeasurements: measurements });
  if (!result.ok) throw new Error("refused");
  return [...result.value.voltagesUv];
}

describe("recordings", () => {
  const expected = {
    ok: true,
    value: {
      startMs: at("2026-03-02T07:15:00Z"),
      endMs: at("2026-03-02T07:15:30Z"),
      offsetMin: 60,
      classification: "sinus_rhythm",
      classificationText: "Sinus Rhythm",
      severity: "none",
      averageHeartRate: 66,
      samplingFrequencyHz: 512,
      sourceKey: "ECG",
      source: "ECG",
      voltagesUv: Float32Array.of(-12.5, 3, 250.25),
      detail: header,
    },
    warnings: [],
  };

  test("an element becomes a recording in microvolts, its waveform apart from the detail", () => {
    expect(build({ ...header, voltageMeasurements })).toEqual(expected);
  });

  test("voltages that come in parts before the rest give the same recording", () => {
    const parts = voltageMeasurements.map((one) => [one]);
    expect(build({ ...header, voltageMeasurements: [] }, ...parts)).toEqual(expected);
    expect(build(header, voltageMeasurements)).toEqual(expected);
  });

  test("a recording without voltages, end and numbers is a recording", () => {
    expect(build({ start: header.start })).toEqual({
      ok: true,
      value: {
        startMs: at("2026-03-02T07:15:00Z"),
        endMs: null,
        offsetMin: 60,
        classification: null,
        classificationText: null,
        severity: null,
        averageHeartRate: null,
        samplingFrequencyHz: null,
        sourceKey: "",
        source: null,
        voltagesUv: new Float32Array(0),
        detail: { start: header.start },
      },
      warnings: [],
    });
  });

  test.each([
    ["Ritmo Sinusal", "sinus_rhythm"],
    ["Vorhofflimmern", "atrial_fibrillation"],
    ["Inconclusive Poor Recording", "inconclusive_poor_recording"],
    ["Etwas Neues", "Etwas Neues"],
  ])("the classification %s is %s and its text is kept", (text, classification) => {
    expect(build({ ...header, classification: text })).toMatchObject({
      value: { classification, classificationText: text },
    });
  });

  test("a recording longer than the first block keeps every voltage in its place", () => {
    const many = Array.from({ length: 15_379 }, (_, index) => sample(index, index));
    const parts = Array.from({ length: 16 }, (_, index) => many.slice(index * 1000, (index + 1) * 1000));
    const result = build({ ...header, numberOfVoltageMeasurements: 15_379 }, ...parts);
    expect(result).toMatchObject({ ok: true, value: { voltagesUv: Float32Array.from(many.keys()) }, warnings: [] });
  });
});

describe("voltages", () => {
  test("every unit becomes microvolts, and numbers may be texts", () => {
    const measurements = [sample(0, 1, "mcV"), sample(1, "2", "µV"), sample(2, 0.5, "mV"), sample(3, 0.001, "V")];
    expect(voltagesOf(measurements)).toEqual([1, 2, 500, 1000]);
  });

  test("the order is that of the dates, be they numbers or texts", () => {
    expect(voltagesOf([sample(2, 30), sample(0, 10), sample(1, 20)])).toEqual([10, 20, 30]);
    const stamped = ["15:00.300", "15:00.100", "15:00.200"].map((time) => ({
      date: `2026-03-02 08:${time} +0100`,
      voltage: Number(time.slice(-3)),
      units: "mcV",
    }));
    expect(voltagesOf(stamped)).toEqual([100, 200, 300]);
  });

  test("where a date is missing or dates are of two kinds, the order is that of the array", () => {
    const stamped = { date: header.start, voltage: 10, units: "mcV" };
    expect(voltagesOf([sample(2, 30), stamped])).toEqual([30, 10]);
    expect(voltagesOf([sample(2, 30), { voltage: 10, units: "mcV" }, sample(1, 20)])).toEqual([30, 10, 20]);
  });

  test("a voltage that cannot be read keeps its place and is counted", () => {
    const measurements = [sample(0, 1), null, sample(2, "x"), sample(3, 4)];
    expect(voltagesOf(measurements)).toEqual([1, Number.NaN, Number.NaN, 4]);
    const raw = { ...header, numberOfVoltageMeasurements: 4, voltageMeasurements: measurements };
    expect(build(raw)).toMatchObject({
      warnings: [{ warning: "suspicious_value", message: "2 elements of voltageMeasurements hold no voltage." }],
    });
  });

  test("bare numbers are taken as microvolts, with a warning", () => {
    expect(build({ ...header, voltageMeasurements: [1, 2, 3] })).toMatchObject({
      value: { voltagesUv: Float32Array.of(1, 2, 3) },
      warnings: [{ warning: "unit_assumed" }],
    });
  });

  test("fewer voltages than announced are warned about", () => {
    expect(build({ ...header, voltageMeasurements: voltageMeasurements.slice(1) })).toMatchObject({
      warnings: [{ warning: "suspicious_value" }],
    });
  });
});

test.each([
  [{ ...header, start: undefined }, "missing_field", "start"],
  [{ ...header, start: "soon" }, "invalid_date", "start"],
  [{ ...header, end: "2026-03-02 08:14:59 +0100" }, "invalid_date", "end"],
  [{ ...header, averageHeartRate: -1 }, "out_of_range", "averageHeartRate"],
  [{ ...header, samplingFrequency: -512 }, "out_of_range", "samplingFrequency"],
  [{ ...header, voltageMeasurements: [sample(0, 1, "kg")] }, "unknown_unit", "voltageMeasurements.units"],
])("an unusable recording is refused by field (%#)", (raw, error, field) => {
  expect(build(raw)).toMatchObject({ ok: false, error: { error, field } });
});

test("any JSON, in any parts, is accepted or refused, never thrown at", () => {
  const anything = fc.jsonValue();
  const element = fc.oneof(anything, fc.record({ date: anything, voltage: anything, units: anything }));
  const item = fc.record({ start: fc.constant(header.start), classification: anything, averageHeartRate: anything });
  fc.assert(
    fc.property(fc.oneof(anything, item), fc.array(fc.array(element)), (raw, parts) => {
      const result = build(raw, ...parts);
      if (result.ok) expect(result.value.voltagesUv.length).toBe(parts.flat().length);
    }),
  );
});
