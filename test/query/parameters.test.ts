/** What a person is told who wrote a parameter differently. */
import { expect, test } from "vitest";
import { Problem } from "../../src/problem.js";
import {
  dailyParameters,
  listParameters,
  metricParameters,
  readParameters,
  workoutsParameters,
} from "../../src/query/parameters.js";

function refusal(schema: Parameters<typeof readParameters>[0], sent: Record<string, unknown>) {
  try {
    readParameters(schema, sent);
  } catch (error) {
    if (error instanceof Problem) return { code: error.code, detail: error.detail, extra: error.extra };
    throw error;
  }
  throw new Error("was accepted");
}

test("without parameters a list has a thousand rows, and a metric is raw JSON", () => {
  expect(readParameters(listParameters, {})).toEqual({ limit: 1000 });
  expect(readParameters(metricParameters, { name: "step_count" })).toEqual({
    ...{ name: "step_count", limit: 1000, bucket: "raw", format: "json" },
  });
});

test("a limit is a whole number from 1 to 10000", () => {
  expect([1, 10000].map((limit) => readParameters(listParameters, { limit: String(limit) }).limit)).toEqual([1, 10000]);
  for (const limit of ["0", "10001", "99999", "-1", "1.5", "1e3", "", " 5", "ten"]) {
    expect(refusal(listParameters, { limit })).toEqual({
      code: "invalid_parameter",
      detail: "The parameter limit must be a whole number from 1 to 10000.",
      extra: { parameter: "limit" },
    });
  }
});

test("an unknown parameter, one given twice and a wrong one are each named, their values never", () => {
  const refused = (sent: Record<string, unknown>) => refusal(metricParameters, { name: "heart_rate", ...sent }).detail;

  expect(refused({ form: "secret" })).toBe('There is no parameter "form" here.');
  expect(refused({ bucket: ["day", "hour"] })).toBe("The parameter bucket is given more than once.");
  expect(refused({ bucket: "secret" })).toBe(
    "The parameter bucket must be one of raw, minute, hour, day, week, month.",
  );
  expect(refused({ agg: "secret" })).toBe("The parameter agg must be one of avg, min, max, sum, count, last.");
  expect(refused({ tz: "Europe/Secret" })).toBe(
    "The parameter tz must be the name of a time zone such as Europe/Berlin.",
  );
  for (const parameter of ["from", "to"]) {
    for (const secret of ["2026-02-30", "2026-03-02T10:00:00", "yesterday", "2026-03-02T24:00:00Z", ""]) {
      expect(refused({ [parameter]: secret })).toBe(
        `The parameter ${parameter} must be an instant such as 2026-03-02T08:00:00Z or a date such as 2026-03-02.`,
      );
    }
  }
});

test("places are numbers within the globe", () => {
  const read = (sent: Record<string, string>) => {
    const { near, bbox } = readParameters(workoutsParameters, sent);
    return near ?? bbox;
  };

  expect(read({ near: "52.5,13.4,1000" })).toEqual({ latitude: 52.5, longitude: 13.4, metres: 1000 });
  expect(read({ bbox: "179,-10,-179,10" })).toEqual({ west: 179, south: -10, east: -179, north: 10 });
  for (const near of ["52.5,13.4", "91,0,1", "0,181,1", "0,0,-1", "0,,1", "0,0,1,2", "a,b,c"]) {
    expect(refusal(workoutsParameters, { near }).detail).toBe(
      "The parameter near must be latitude, longitude and metres, separated by commas.",
    );
  }
  for (const bbox of ["0,10,1,0", "0,0,1", "0,-91,1,0", "-181,0,1,1"]) {
    expect(refusal(workoutsParameters, { bbox }).detail).toBe(
      "The parameter bbox must be west, south, east and north in degrees, separated by commas.",
    );
  }
});

test("names of metrics are split at commas", () => {
  expect(readParameters(dailyParameters, { metrics: "step_count, heart_rate" }).metrics).toEqual([
    "step_count",
    "heart_rate",
  ]);
  expect(refusal(dailyParameters, { metrics: "step_count,,heart_rate" }).extra).toEqual({ parameter: "metrics" });
});
