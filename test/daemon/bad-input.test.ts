/**
 * Bodies that no honest phone would send: each is refused in one human sentence or item by item, costs its neighbours
 * nothing, and is archived byte for byte once it was complete (contract sections 3.1, 3.2 and 4).
 */
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Daemon, type Reply } from "../support/daemon.js";
import { expectKept, expectProblem, expectServing, receiptOf } from "./expectations.js";

let daemon: Daemon;

beforeAll(async () => {
  daemon = await Daemon.start({ settings: { "ingest.max_inflated": "256MiB", "ingest.reply_within": "2m" } });
}, 90_000);
afterAll(() => daemon.close());

const stampMs = Date.parse("2026-03-02T09:00:00Z");
let minutes = 0;

/** A weight like no other, and the question whether it was stored. */
function neighbour() {
  const at = new Date(stampMs + minutes * 60_000);
  const value = 60 + minutes++ / 1000;
  const date = `${at.toISOString().slice(0, 19).replace("T", " ")} +0000`;
  return {
    text: `{"name":"weight_body_mass","units":"kg","data":[{"date":"${date}","qty":${value},"source":"Scale"}]}`,
    async expectStored() {
      const to = new Date(at.getTime() + 60_000).toISOString();
      const { json } = await daemon.get(
        `/metrics/weight_body_mass?bucket=raw&from=${at.toISOString()}&to=${encodeURIComponent(to)}`,
      );
      expect(json).toMatchObject({ data: [{ value }] });
    },
  };
}

describe("a body that is no JSON is refused, archived and given back", () => {
  const deep = 100_000;
  test.each<[string, string | Uint8Array]>([
    ["plain words", "hello, this is not JSON"],
    ["a page of HTML", "<!doctype html><title>502</title>"],
    ["a truncated document", '{"data":{"metrics":[{"name":"step_count","units":"count","data":[{"date":"2026-03-'],
    ["only a byte order mark", "\ufeff"],
    ["only blanks", "  \r\n\t "],
    ["bytes that are no UTF-8", Buffer.concat([Buffer.from('{"data":{"metrics":["'), Buffer.from([0xc3, 0x28, 0xff])])],
    ["an encoded surrogate", Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
    ["an overlong slash", Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
    ["UTF-16", Buffer.from('\ufeff{"data":{}}', "utf16le")],
    ["NUL between the values", '{"data":\0{}}'],
    ["NUL in a text", '{"data":{"metrics":[{"name":"a\0b"}]}}'],
    ["a bare line feed in a text", '{"data":{"metrics":[{"name":"a\nb"}]}}'],
    ["NaN", '{"data":{"metrics":[{"name":"step_count","units":"count","data":[{"qty":NaN}]}]}}'],
    ["Infinity", '{"data":{"metrics":[{"name":"step_count","units":"count","data":[{"qty":-Infinity}]}]}}'],
    ["a comma too many", '{"data":{"metrics":[],}}'],
    ["single quotes", "{'data':{}}"],
    ["a comment", '{"data":{} /* nothing */}'],
    ["two documents", '{"data":{}}{"data":{}}'],
    ["100,000 levels of arrays", "[".repeat(deep) + "]".repeat(deep)],
    ["100,000 levels of objects", `${'{"data":'.repeat(deep)}1${"}".repeat(deep)}`],
    ["100,000 levels inside a point", nested("[".repeat(deep) + "]".repeat(deep))],
    ["100,000 levels that never close", nested('{"a":'.repeat(deep))],
    ["a number with a leading zero", nested("012")],
    ["an unknown escape", nested('"\\x41"')],
    ["gzip without saying so", gzipSync('{"data":{}}')],
  ])("%s", async (_, body) => {
    const reply = await daemon.post(body);

    const { ingestion_id } = expectProblem(reply, 400, "invalid_json");
    await expectKept(daemon, ingestion_id, body);
    await expectServing(daemon);
  });

  function nested(value: string): string {
    return `{"data":{"metrics":[{"name":"step_count","units":"count","data":[{"date":"2026-03-02","qty":${value}}]}]}}`;
  }
});

describe("JSON that is no envelope is refused, archived and given back", () => {
  test.each([
    ["a number", "42"],
    ["null", "null"],
    ["a text", '"data"'],
    ["an array of numbers", "[1,2,3]"],
    ["keys that nobody knows", '{"foo":{"metrics":[]}}'],
    ["a prototype", '{"__proto__":{"data":{"metrics":[]}},"constructor":{"prototype":{}}}'],
    ["data that is a text", '{"data":"metrics"}'],
    ["data that is an array", '{"data":[{"name":"step_count"}]}'],
  ])("%s", async (_, body) => {
    const reply = await daemon.post(body);

    const { ingestion_id } = expectProblem(reply, 400, "invalid_envelope");
    await expectKept(daemon, ingestion_id, body);
    await expectServing(daemon);
  });
});

describe("an envelope without items is good", () => {
  test.each([
    "{}",
    "[]",
    '{"data":null}',
    '{"data":{}}',
    '{"data":{"metrics":null,"workouts":null,"ecg":null,"symptoms":null,"stateOfMind":null,"medications":null}}',
    '{"data":{"metrics":[],"workouts":[],"cycleTracking":[],"heartRateNotifications":[]}}',
    '{"data":{"metrics":[{"name":"step_count","units":"count","data":[]},{"name":"step_count","units":null,"data":null}]}}',
    "[{},{}]",
  ])("%s", async (body) => {
    const reply = await daemon.post(body);

    const receipt = receiptOf(reply);
    expect([reply.status, receipt.counts.received, receipt.errors]).toEqual([200, 0, []]);
    await expectKept(daemon, receipt.ingestion_id, body);
  });
});

/** What becomes of the items in between: the codes of those rejected, in order; null: stored, whatever it says. */
type Fate = readonly string[] | null;

const point = (members: string) => `{"name":"step_count","units":"count","data":[{${members}}]}`;
const date = '"date":"2026-03-02 10:00:00 +0100"';
const huge = "x".repeat(10_000_000);

describe("a bad item costs its neighbours nothing", () => {
  test.each<[string, string, Fate]>([
    ["a number as a text", point(`${date},"qty":"812"`), []],
    ["a word for a number", point(`${date},"qty":"twelve"`), ["invalid_value"]],
    ["NaN as a text", point(`${date},"qty":"NaN"`), ["invalid_value"]],
    ["Infinity as a text", point(`${date},"qty":"-Infinity"`), ["invalid_value"]],
    ["1e400", point(`${date},"qty":1e400`), ["invalid_value"]],
    ["a number of a thousand digits", point(`${date},"qty":${"9".repeat(1000)}`), ["invalid_value"]],
    ["true for a number", point(`${date},"qty":true`), ["invalid_value"]],
    ["an object for a number", point(`${date},"qty":{"qty":1}`), ["invalid_value"]],
    ["a negative count", point(`${date},"qty":-5`), ["out_of_range"]],
    ["30 February", point('"date":"2026-02-30 10:00:00 +0100","qty":1'), ["invalid_date"]],
    ["hour 25", point('"date":"2026-03-02 25:00:00 +0100","qty":1'), ["invalid_date"]],
    ["an offset of 99 hours", point('"date":"2026-03-02 10:00:00 +9900","qty":1'), ["invalid_date"]],
    ["a date of no form", point('"date":"yesterday","qty":1'), ["invalid_date"]],
    ["a date that is an object", point('"date":{"day":2},"qty":1'), ["invalid_date"]],
    ["a date of ten megabytes", point(`"date":"${huge}","qty":1`), ["invalid_date"]],
    ["no date", point('"qty":1'), ["missing_field"]],
    ["null for every field", point('"date":null,"qty":null,"source":null'), ["missing_field"]],
    ["a year 1", point('"date":"0001-01-01 00:00:00 +0000","qty":1'), ["invalid_date"]],
    ["a year 9999", point('"date":"9999-12-31 23:59:59 +0000","qty":1'), ["invalid_date"]],
    ["the next century", point('"date":"2126-03-02 10:00:00 +0100","qty":1'), []],
    [
      "null for points",
      '{"name":"step_count","units":"count","data":[null,null]}',
      ["unsupported_shape", "unsupported_shape"],
    ],
    ["texts for points", '{"name":"step_count","units":"count","data":["a"]}', ["unsupported_shape"]],
    ["an array for a point", '{"name":"step_count","units":"count","data":[[]]}', ["unsupported_shape"]],
    ["points that are no array", '{"name":"step_count","units":"count","data":{"qty":1}}', ["unsupported_shape"]],
    ["a metric that is a text", '"step_count"', ["unsupported_shape"]],
    ["a metric that is null", "null", ["unsupported_shape"]],
    ["a metric without a name", `{"units":"count","data":[{${date},"qty":1}]}`, ["missing_field"]],
    ["a number for a name", `{"name":5,"units":"count","data":[{${date},"qty":1}]}`, ["missing_field"]],
    ["a number for a source", point(`${date},"qty":1,"source":7`), []],
    ["a number for units", `{"name":"step_count","units":7,"data":[{${date},"qty":1}]}`, null],
    ["units that nobody knows", `{"name":"step_count","units":"furlong","data":[{${date},"qty":1}]}`, ["unknown_unit"]],
    ["NUL in a source", point(`${date},"qty":1,"source":"a\\u0000b"`), []],
    ["a lone surrogate in a source", point(`${date},"qty":1,"source":"a\\ud800b"`), []],
    ["a lone surrogate in a name", `{"name":"odd\\udc00","units":"","data":[{${date},"qty":1}]}`, []],
    [
      "a character cut at the longest name",
      `{"name":"${"a".repeat(199)}😀","units":"x","data":[{${date},"qty":1}]}`,
      [],
    ],
    ["a source of ten megabytes", point(`${date},"qty":1,"source":"${huge}"`), null],
    ["a name of ten megabytes", `{"name":"${huge}","units":"count","data":[{${date},"qty":1}]}`, null],
    ["units of ten megabytes", `{"name":"step_count","units":"${huge}","data":[{${date},"qty":1}]}`, null],
    ["a field of ten megabytes that nobody knows", point(`${date},"qty":1,"note":"${huge}"`), []],
    ["a key of ten megabytes", point(`${date},"qty":1,"${huge}":1`), []],
    ["a field named __proto__", point(`${date},"qty":1,"__proto__":{"qty":5,"date":"x"}`), []],
    ["a point that is all prototype", point(`"__proto__":{${date},"qty":5}`), ["missing_field"]],
    ["a metric named __proto__", `{"name":"__proto__","units":"count","data":[{${date},"qty":1}]}`, []],
    ["a metric named constructor", `{"name":"constructor","units":"toString","data":[{${date},"qty":1}]}`, []],
    [
      "a unit named constructor",
      `{"name":"step_count","units":"constructor","data":[{${date},"qty":1}]}`,
      ["unknown_unit"],
    ],
    ["a key twice: the last counts", point(`${date},"qty":"bad","qty":3`), []],
    ["a key twice: the last is bad", point(`${date},"qty":3,"qty":"bad"`), ["invalid_value"]],
  ])("%s", async (_, bad, fate) => {
    const [before, after] = [neighbour(), neighbour()];
    const body = `{"data":{"metrics":[${before.text},${bad},${after.text}]}}`;

    const reply = await daemon.post(body);

    const receipt = receiptOf(reply);
    expect(reply.status).toBe(200);
    if (fate !== null) expect(receipt.errors.map(({ error }) => error)).toEqual(fate);
    expect(JSON.stringify({ ...receipt, by_type: null }).length).toBeLessThan(20_000);
    await before.expectStored();
    await after.expectStored();
    await expectKept(daemon, receipt.ingestion_id, body);
    await expectServing(daemon);
  });
});

describe("other kinds of items keep to themselves too", () => {
  test.each<[string, string]>([
    ["workouts", '"workouts":[null,1,"x",{},{"id":5,"start":"2026-02-30","end":null},{"__proto__":{}}]'],
    ["a route out of this world", workout('"route":[{"latitude":95,"longitude":1e400,"timestamp":"x"},null,7]')],
    ["a workout whose fields are all null", workout('"route":null,"heartRateData":null,"metadata":[],"distance":null')],
    ["a workout that takes 1e400 seconds", workout('"duration":1e400')],
    [
      "electrocardiograms",
      '"ecg":[null,{"start":"2026-03-02 10:00:00 +0100","voltageMeasurements":"x"},{"voltageMeasurements":[1]}]',
    ],
    ["symptoms", '"symptoms":[{"start":1e400},{"name":{},"start":[]},[]]'],
    ["moods", '"stateOfMind":[{"start":"2026-03-02T10:00:00Z","valence":"NaN"},0]'],
    ["medications", '"medications":{"name":"not an array"}'],
    ["cycle", '"cycleTracking":"x"'],
    ["notifications", '"heartRateNotifications":[{"heartRate":[[[]]],"start":"0000-00-00"}]'],
    [
      "sleep",
      '"metrics":[{"name":"sleep_analysis","units":"hr","data":[null,{"sleepStart":"2026-03-03","sleepEnd":"2026-03-02"},{"totalSleep":-5}]}]',
    ],
  ])("%s", async (_, bad) => {
    const good = neighbour();
    // The metrics again: a key that comes twice in the envelope is read both times.
    const body = `{"data":{${bad},"metrics":[${good.text}]}}`;

    const reply = await daemon.post(body);

    const receipt = receiptOf(reply);
    expect(reply.status).toBe(200);
    await good.expectStored();
    await expectKept(daemon, receipt.ingestion_id, body);
    await expectServing(daemon);
  });

  function workout(members: string): string {
    return `"workouts":[{"name":"Run","start":"2026-03-02 10:00:00 +0100","end":"2026-03-02 11:00:00 +0100",${members}}]`;
  }
});

test("a delivery of nothing but bad items is rejected as a whole, listed and archived", async () => {
  const body = `{"data":{"metrics":[${point('"date":"2026-02-30","qty":1')}]}}`;

  const reply = await daemon.post(body);

  expect([reply.status, reply.json?.["success"], reply.json?.["status"]]).toEqual([422, false, "rejected"]);
  const receipt = receiptOf(reply);
  expect(receipt.errors).toMatchObject([
    { item_type: "metric", metric: "step_count", item_index: 0, error: "invalid_date", field: "date" },
  ]);
  await expectKept(daemon, receipt.ingestion_id, body);
});

test("two thousand metrics that nobody knows are all stored, and warned of in a receipt of bounded size", {
  timeout: 60_000,
}, async () => {
  const metrics = Array.from(
    { length: 2000 },
    (_, i) => `{"name":"flood_${i}","units":"u${i}","data":[{${date},"qty":${i}}]}`,
  );

  const reply = await daemon.post(`{"data":{"metrics":[${metrics.join()}]}}`);

  const receipt = receiptOf(reply);
  expect([reply.status, receipt.counts.received, receipt.errors, receipt.warnings.length]).toEqual([
    200,
    2000,
    [],
    100,
  ]);
  await expectServing(daemon);
});

test("what odd texts left behind can be read back", async () => {
  const lists = ["/metrics", "/metrics/step_count?bucket=raw", "/daily", "/ingestions", "/workouts", "/events", "/ecg"];
  for (const path of lists) expect([path, (await daemon.get(path)).status]).toEqual([path, 200]);
});

describe("content encodings", () => {
  const body = Buffer.from(`{"data":{"metrics":[${neighbour().text}]}}`);

  test.each([
    ["gzip", gzipSync(body)],
    ["x-gzip", gzipSync(body)],
    ["GZIP", gzipSync(body)],
    ["deflate", deflateSync(body)],
    ["br", brotliCompressSync(body)],
    ["identity", body],
  ])("%s is undone: the archive holds the bytes inside", async (encoding, bytes) => {
    const receipt = receiptOf(await daemon.post(bytes, { "content-encoding": encoding }));

    await expectKept(daemon, receipt.ingestion_id, body);
  });

  test.each([
    ["gzip", body],
    ["gzip", gzipSync(body).subarray(0, -12)],
    ["gzip", Buffer.concat([gzipSync(body).subarray(0, 20), Buffer.alloc(50)])],
    ["deflate", gzipSync(body)],
    ["br", gzipSync(body)],
    ["gzip", Buffer.alloc(0)],
  ])("a body that is not what %s says is refused", async (encoding, bytes) => {
    expectProblem(await daemon.post(bytes, { "content-encoding": encoding }), 400, "invalid_json");
    await expectServing(daemon);
  });

  test.each(["zstd", "compress", "gzip, gzip", "constructor"])("%s is no encoding that is taken", async (encoding) => {
    expectProblem(await daemon.post(body, { "content-encoding": encoding }), 415, "unsupported_media_type");
  });

  test.each([
    ["gzip", gzipSync(Buffer.alloc(1 << 30, " "), { level: 9 })],
    ["br", brotliOfZeros()],
  ])(
    "a bomb in %s is refused at ingest.max_inflated with flat memory",
    { timeout: 120_000 },
    async (encoding, bomb) => {
      const before = daemon.peakMemoryBytes;

      const reply = await daemon.post(bomb, { "content-encoding": encoding });

      const { detail } = expectProblem(reply, 413, "payload_too_large");
      expect(detail).toMatch(/Batch Requests/);
      expect(daemon.peakMemoryBytes - before).toBeLessThan(100 * 1024 * 1024);
      await expectServing(daemon);
    },
  );

  function brotliOfZeros(): Buffer {
    return brotliCompressSync(Buffer.alloc(1 << 30), { params: { 1: 5 } });
  }
});

describe("content types", () => {
  const body = `{"data":{"metrics":[${neighbour().text}]}}`;

  test.each([
    "APPLICATION/JSON; charset=utf-8",
    "application/json;charset=utf-16",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
    "application/vnd.health+json",
  ])("%s with JSON in it is taken", async (type) => {
    expect((await daemon.post(body, { "content-type": type })).status).toBe(200);
  });

  test.each(["image/png", "video/mp4", "application/pdf", "constructor", "application/x-protobuf"])(
    "%s is refused in words",
    async (type) => {
      expectProblem(await daemon.post(body, { "content-type": type }), 415, "unsupported_media_type");
      await expectServing(daemon);
    },
  );
});

test("hostile values of the app's own headers change nothing for the points", async () => {
  const values = ["constructor", "__proto__", "\u00ff\u00fe", "x".repeat(2000), "../../etc/passwd", '{"$gt":""}'];
  for (const value of values) {
    const good = neighbour();
    const reply: Reply = await daemon.post(`{"data":{"metrics":[${good.text}]}}`, {
      "automation-name": value,
      "automation-id": value,
      "automation-aggregation": value,
      "automation-period": value,
      "session-id": value,
    });
    expect(receiptOf(reply).counts).toMatchObject({ received: 1, inserted: 1 });
    await good.expectStored();
  }
});

test("nothing that was sent is in the log", () => {
  expect(daemon.output.stderr).not.toMatch(/furlong|yesterday|twelve|etc\/passwd|flood_|Scale|ss_/);
});
