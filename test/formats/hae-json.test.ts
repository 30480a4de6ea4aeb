import { expect, test } from "vitest";
import { HaeJsonDecoder, type Spill } from "../../src/formats/hae-json.js";
import { decode, join, tinyLimits } from "./decoding.js";

const steps = { name: "step_count", units: "count" };

function points(
  section: number,
  firstIndex: number,
  list: unknown[],
  header: { name?: unknown; units?: unknown } = steps,
) {
  return { kind: "points", section, name: header.name, units: header.units, firstIndex, points: list };
}

test("points come with name and units as sent, sections count on over the whole document", () => {
  const body = `[{"data":{"metrics":[{"name":"step_count","units":"count","data":[{"qty":1},null]}]}},
    {"metrics":[{"data":[2],"units":7},{"name":"x","units":"","data":[]},{"units":"count","data":[3],"name":"step_count"}]}]`;

  expect(decode(body)).toEqual({
    events: [points(0, 0, [{ qty: 1 }, null]), points(1, 0, [2], { units: 7 }), points(3, 0, [3])],
  });
});

test.each([
  "{}",
  "[]",
  '{"data":{}}',
  '{"data":null}',
  '{"data":{"metrics":[]}}',
  '{"data":{"metrics":[],"workouts":[]}}',
  '{"data":{"metrics":null,"workouts":null,"ecg":null}}',
  '{"data":{"metrics":[{"name":"x","units":"y","data":[]},{"data":null},{}]}}',
  '[{},{"data":{}}]',
  '\ufeff {"data" : { } }\r\n',
])("%s is empty", (body) => {
  expect(decode(body)).toEqual({ events: [] });
  expect(decode(body, 1)).toEqual({ events: [] });
});

test("arrays beside data, and unknown keys, do not disturb", () => {
  const body = `{"workouts":[{"id":"a"}],"version":{"data":{"metrics":[1]}},"data":{"symptoms":["x",5],"data":[1]}}`;

  expect(decode(body)).toEqual({
    events: [
      { kind: "item", type: "workouts", index: 0, value: { id: "a" } },
      { kind: "unknownKey", key: "version" },
      { kind: "item", type: "symptoms", index: 0, value: "x" },
      { kind: "item", type: "symptoms", index: 1, value: 5 },
      { kind: "unknownKey", key: "data" },
    ],
  });
});

test.each([
  "5",
  '"text"',
  "null",
  "true",
  "-0.5e3",
  "[1]",
  "[{},null]",
  '{"foo":1}',
  '[{},{"foo":{}}]',
  '{"data":[]}',
  '{"data":1}',
])("%s is JSON but no envelope", (body) => {
  expect(decode(body).error).toBe("invalid_envelope");
  expect(decode(`${body} `, 1).error).toBe("invalid_envelope");
  expect(decode(`${body}}`).error).toBe("invalid_json");
});

test("what is told before the end of an invalid envelope stays told", () => {
  expect(decode('[{"data":{"ecg":[1]}},5]')).toEqual({
    events: [{ kind: "item", type: "ecg", index: 0, value: 1 }],
    error: "invalid_envelope",
  });
});

test("entries and arrays of the wrong shape are named, their neighbours are read", () => {
  const body = `{"data":{"metrics":[4,{"data":{"qty":1},"units":"count","name":"step_count"},
    {"name":"step_count","units":"count","data":[9]}],"workouts":{},"ecg":"x"},"metrics":{}}`;

  expect(decode(body)).toEqual({
    events: [
      { kind: "unreadable", type: "metric", section: 0, index: 0, reason: "the metric is not an object" },
      { kind: "unreadable", type: "metric", section: 1, name: "step_count", index: 0, reason: "data is not an array" },
      points(2, 0, [9]),
      { kind: "unreadable", type: "workouts", index: 0, reason: "workouts is not an array" },
      { kind: "unreadable", type: "ecg", index: 0, reason: "ecg is not an array" },
      { kind: "unreadable", type: "metric", index: 0, reason: "metrics is not an array" },
    ],
  });
});

test("repeated keys are all read: data counts on, of name and units the last holds for what follows", () => {
  const body = `{"metrics":[{"name":"a","units":"b","data":[1],"name":"step_count","units":"count","data":[2,3]}],
    "metrics":[{"data":[4],"name":"a","units":"b","data":[5],"name":"step_count","units":"count"}]}`;

  expect(join(decode(body).events)).toEqual([points(0, 0, [1, 2, 3], { name: "a", units: "b" }), points(1, 0, [4, 5])]);
  expect(decode(body).events[1]).toEqual(points(0, 1, [2, 3]));
});

test("a key named __proto__ is a key like any other", () => {
  const body = `{"__proto__":{"metrics":[1]},"data":{"__proto__":[{"qty":1}],
    "metrics":[{"__proto__":{"name":"evil"},"data":[{"__proto__":{"x":1}}],"units":"count"}],
    "workouts":[{"__proto__":{"x":1},"constructor":[1],"id":"${"a".repeat(80)}"}]}}`;

  const { events } = decode(body, Infinity, tinyLimits);

  expect(events.map((event) => event.kind)).toEqual(["unknownKey", "unknownKey", "points", "elements", "item"]);
  const point = events[2]?.kind === "points" ? events[2].points[0] : undefined;
  const workout = events[4]?.kind === "item" ? events[4].value : undefined;
  expect(events[2]).toMatchObject({ name: undefined });
  expect(Object.getPrototypeOf(point)).toBe(Object.prototype);
  expect(Object.getPrototypeOf(workout)).toBe(Object.prototype);
  expect(Object.keys(workout as object)).toEqual(["__proto__", "constructor", "id"]);
  expect("x" in {}).toBe(false);
});

test("unknown keys are cut to 100 characters, even in the middle of an escape, and skipped", () => {
  const long = `${"\\u00e9".repeat(99)}\\ud83d\\ude00${"x".repeat(70_000)}`;
  const body = `{"data":{"${long}":[{}],"${"é".repeat(101)}":1,"${"y".repeat(66_000)}":[]}}`;
  const expected = [`${"é".repeat(99)}\ud83d`, "é".repeat(100), "y".repeat(100)].map((key) => ({
    kind: "unknownKey",
    key,
  }));

  expect(decode(body)).toEqual({ events: expected });
  expect(decode(body, 1009)).toEqual({ events: expected });
});

test("the arrays of a big workout or ECG are told in parts before the rest of it", () => {
  const route = Array.from({ length: 20 }, (_, n) => ({ latitude: n }));
  const workout = { id: "6F0E", route, metadata: {}, heartRateData: [{ Avg: 1 }], heartRateRecovery: null, steps: [] };
  const ecg = { voltageMeasurements: Array.from({ length: 40 }, (_, n) => n), source: "ECG" };
  const body = JSON.stringify({ data: { workouts: [{ id: 1 }, workout, { id: 2 }], ecg: [ecg] } });

  const { events } = decode(body, 10, tinyLimits);

  const fields = events.flatMap((event) =>
    event.kind === "elements" ? [`${event.type} ${event.index} ${event.field}`] : [],
  );
  expect([...new Set(fields)]).toEqual(["workouts 1 route", "workouts 1 heartRateData", "ecg 0 voltageMeasurements"]);
  expect(fields.length).toBeGreaterThan(10);
  expect(events.filter((event) => event.kind === "item")).toEqual([
    { kind: "item", type: "workouts", index: 0, value: { id: 1 } },
    { kind: "item", type: "workouts", index: 1, value: { ...workout, route: [], heartRateData: [] } },
    { kind: "item", type: "workouts", index: 2, value: { id: 2 } },
    { kind: "item", type: "ecg", index: 0, value: { source: "ECG", voltageMeasurements: [] } },
  ]);
  expect(join(events).filter((event) => event.kind === "item" && event.index === 1)).toEqual([
    { kind: "item", type: "workouts", index: 1, value: workout },
  ]);
});

test("elements larger than may be held are named, and nothing else is lost", () => {
  const large = "x".repeat(300);
  const limits = { ...tinyLimits, elementBytes: 200 };
  const body = JSON.stringify({
    data: {
      metrics: [{ data: [1, { qty: large }, 3], ...steps }],
      workouts: [
        large,
        { id: large, route: [1] },
        { id: large.slice(150), route: [1], name: large.slice(150) },
        { route: [{ large }] },
        { id: 4 },
      ],
      symptoms: [{ name: large }, "y".repeat(150)],
    },
  });

  for (const chunkBytes of [1, 50, Infinity]) {
    expect(decode(body, chunkBytes, limits).events).toEqual([
      points(0, 0, [1]),
      points(0, 2, [3]),
      {
        kind: "unreadable",
        type: "metric",
        section: 0,
        name: "step_count",
        index: 1,
        reason: "the point is too large",
      },
      { kind: "unreadable", type: "workouts", index: 0, reason: "the element is too large" },
      { kind: "unreadable", type: "workouts", index: 1, reason: "the element is too large" },
      { kind: "elements", type: "workouts", index: 2, field: "route", firstIndex: 0, elements: [1] },
      { kind: "unreadable", type: "workouts", index: 2, reason: "the element is too large" },
      { kind: "unreadable", type: "workouts", index: 3, reason: "the element is too large" },
      { kind: "item", type: "workouts", index: 4, value: { id: 4 } },
      { kind: "unreadable", type: "symptoms", index: 0, reason: "the element is too large" },
      { kind: "item", type: "symptoms", index: 1, value: "y".repeat(150) },
    ]);
  }
});

test("a metric whose name or units are too large is named as a whole", () => {
  const body = JSON.stringify({
    metrics: [
      { data: [1, 2], name: "x", units: "u".repeat(99) },
      { ...steps, data: [3] },
    ],
  });

  expect(decode(body, 20, { headerBytes: 50 }).events).toEqual([
    { kind: "unreadable", type: "metric", section: 0, name: "x", index: 0, reason: "units is too large" },
    points(1, 0, [3]),
  ]);
  expect(decode('{"metrics":[{"data":[1,NaN],"units":"too large"}]}', 20, { headerBytes: 5 }).error).toBe(
    "invalid_json",
  );
});

test("many waiting points go to the spill, come back in order, and leave it empty", () => {
  const log: string[] = [];
  let stored = Buffer.alloc(0);
  const spill: Spill = {
    append: (bytes) => {
      if (log.at(-1) !== "append") log.push("append");
      stored = Buffer.concat([stored, bytes]);
    },
    *replay() {
      log.push("replay");
      for (let at = 0; at < stored.length; at += 11) yield stored.subarray(at, at + 11);
    },
    clear: () => {
      log.push("clear");
      stored = Buffer.alloc(0);
    },
  };
  const many = Array.from({ length: 30 }, (_, n) => ({ qty: n }));
  const metrics = [
    { data: many, ...steps },
    { data: [1], ...steps },
    { ...steps, data: many },
    { data: many, units: 1 },
  ];
  const decoder = new HaeJsonDecoder(spill, tinyLimits);

  const events = [...decoder.push(Buffer.from(JSON.stringify({ data: { metrics } })))];
  decoder.end();

  expect(join(events)).toEqual([
    points(0, 0, many),
    points(1, 0, [1]),
    points(2, 0, many),
    points(3, 0, many, { units: 1 }),
  ]);
  expect(log).toEqual(["append", "replay", "clear", "append", "replay", "clear"]);
});

test("an error names a place and never what was sent", () => {
  const refusal = (body: string) => {
    const decoder = new HaeJsonDecoder();
    try {
      for (const _ of decoder.push(Buffer.from(body, "latin1")));
      decoder.end();
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };

  expect(refusal('{"metrics":[{"name":"secret","data":[1,secret]}]}')).toBe(
    "The body is not valid JSON: unexpected character at byte 39.",
  );
  expect(refusal('{"metrics":[{"data":[{"a":{"secret":01}}],"name":"x"}]}')).toBe(
    "The body is not valid JSON: unexpected character at byte 37.",
  );
  expect(refusal('{"data":secret}')).toBe("The body is not valid JSON: unexpected character at byte 8.");
  expect(refusal('{"data":{"secret')).toBe("The body is not complete JSON: it ends at byte 16.");
  expect(refusal("")).toBe("The body is not complete JSON: it ends at byte 0.");
  expect(refusal('{"data":"\xff"}')).toBe("The body is not valid UTF-8 (after byte 0).");
  expect(refusal(`{"x":${"[".repeat(300)}`)).toBe("The body is nested deeper than 200 levels at byte 204.");
});
