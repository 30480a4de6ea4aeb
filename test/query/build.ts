/**
 * A store on disk for one test, and records written into it as deliveries would: a test says what came, in the order in
 * which it came.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type {
  EcgRecording,
  Grouping,
  HealthEvent,
  SleepSegment,
  SleepSummary,
  Workout,
} from "../../src/health/record.js";
import { routeColumns, seriesColumns } from "../../src/health/record.js";
import { findMetric } from "../../src/health/registry.js";
import { normaliseSource } from "../../src/health/source.js";
import { openStore } from "../../src/store/open.js";
import type { DeliveryFacts, Outcome, Store, User } from "../../src/store/store.js";
import { pointColumn, pointColumns } from "../../src/store/store.js";

export interface Bench {
  store: Store;
  user: User;
  url: string;
  /** A new delivery: what is written afterwards came with it. `at` is its receive time. */
  arrive(at: string): void;
  points(metric: string, grouping: Grouping, points: readonly TestPoint[]): Promise<void>;
  nights(nights: readonly Partial<SleepSummary>[]): Promise<void>;
  segments(segments: readonly Pick<SleepSegment, "startMs" | "endMs" | "stage">[]): Promise<void>;
  event(event: Partial<HealthEvent>): Promise<void>;
  ecg(recording: Partial<EcgRecording>): Promise<void>;
  workout(workout: Partial<Workout>): Promise<void>;
  delivery(options: { at: string; outcome?: Outcome }): Promise<string>;
}

export interface TestPoint {
  /** Of a day bucket or longer only the date counts. */
  at: string;
  end?: string;
  value: number;
  value2?: number;
  value3?: number;
  source?: string;
  variant?: string;
  offsetMin?: number;
}

export async function openBench(zone = "Europe/Berlin"): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-query-"));
  const url = `sqlite:${join(folder, "health.db")}`;
  const store = await openStore({ url, create: true });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const user = await store.addUser({ name: "pat", email: null, timeZone: zone });
  let arrival = Date.parse("2026-03-31T00:00:00Z") * 1000;
  const context = () => ({ userId: user.userId, arrival });
  let position = 0;
  const done = async () => {
    arrival += 1;
    await store.rebuildDirtyDays();
  };
  return {
    store,
    user,
    url,
    arrive(at) {
      arrival = Date.parse(at) * 1000;
    },
    async points(metric, grouping, points) {
      const variants = ["", ...new Set(points.flatMap(({ variant }) => (variant ? [variant] : [])))];
      const sources = [""];
      const indexOf = (text: string) => {
        if (!sources.includes(text)) sources.push(text);
        return sources.indexOf(text);
      };
      const isDated = ["day", "week", "month", "year"].includes(grouping);
      const rows = points
        .map((point, index) => {
          const row = new Float64Array(pointColumns);
          const start = isDated ? Date.parse(point.at.slice(0, 10)) / 86_400_000 : Date.parse(point.at);
          row[pointColumn.variant] = variants.indexOf(point.variant ?? "");
          row[pointColumn.start] = start;
          row[pointColumn.end] = point.end === undefined ? start : Date.parse(point.end);
          row[pointColumn.sourceKey] = indexOf(normaliseSource(point.source));
          row[pointColumn.source] = indexOf(point.source ?? "");
          row[pointColumn.value] = point.value;
          row[pointColumn.value2] = point.value2 ?? Number.NaN;
          row[pointColumn.value3] = point.value3 ?? Number.NaN;
          row[pointColumn.offsetMin] = point.offsetMin ?? 60;
          row[pointColumn.position] = index;
          return row;
        })
        .sort((a, b) => [0, 1, 2, 3, 4].map((i) => a[i]! - b[i]!).find((difference) => difference !== 0) ?? 0);
      const all = new Float64Array(rows.length * pointColumns);
      for (const [index, row] of rows.entries()) all.set(row, index * pointColumns);
      const definition = findMetric(metric) ?? null;
      await store.writePoints(context(), {
        ...{ metric: { name: metric, definition }, grouping, rows: all, rowCount: rows.length, variants, sources },
      });
      await done();
    },
    async nights(nights) {
      await store.writeSleep(
        context(),
        nights.map((night) => ({ kind: "summary", night: { ...emptyNight, position: position++, ...night } })),
      );
      await done();
    },
    async segments(segments) {
      await store.writeSleep(
        context(),
        segments.map((segment) => ({
          kind: "segment",
          segment: { offsetMin: 60, sourceKey: "Watch", source: "Watch", position: position++, ...segment },
        })),
      );
      await done();
    },
    async event(event) {
      await store.writeEvents(context(), [{ ...emptyEvent, position: position++, ...event }]);
      await done();
    },
    async ecg(recording) {
      await store.writeEcg(context(), { ...emptyEcg, position: position++, ...recording });
      await done();
    },
    async workout(workout) {
      await store.writeWorkout(context(), { ...emptyWorkout, position: position++, ...workout });
      await done();
    },
    async delivery({ at, outcome }) {
      const body = new TextEncoder().encode(at);
      const { delivery } = await store.archive({ ...emptyDelivery(user, at), bodyBytes: body.length }, body);
      await store.enqueue(delivery);
      if (outcome !== undefined) {
        await store.claim("test", 60_000, { arrival: delivery.arrival });
        await store.finish(delivery.arrival, "test", outcome, 12);
      }
      return delivery.id;
    },
  };
}

const at = Date.parse;

const emptyNight = {
  sleepStartMs: at("2026-03-01T22:00:00Z"),
  sleepEndMs: at("2026-03-02T05:00:00Z"),
  inBedStartMs: null,
  inBedEndMs: null,
  offsetMin: 60,
  totalMin: 400,
  coreMin: null,
  deepMin: null,
  remMin: null,
  asleepMin: null,
  awakeMin: null,
  inBedMin: null,
  sourceKey: "Watch",
  source: "Watch",
};

const emptyEvent: HealthEvent = {
  type: "symptoms",
  key: "headache/2026-03-02",
  name: "headache",
  startMs: at("2026-03-02T09:00:00Z"),
  endMs: null,
  offsetMin: 60,
  value: null,
  quantity: null,
  source: null,
  detail: {},
};

const emptyEcg: EcgRecording = {
  startMs: at("2026-03-02T07:15:00Z"),
  endMs: at("2026-03-02T07:15:30Z"),
  offsetMin: 60,
  classification: "sinus_rhythm",
  classificationText: "Sinus Rhythm",
  severity: null,
  averageHeartRate: 66,
  samplingFrequencyHz: 512,
  sourceKey: "ECG",
  source: "ECG",
  voltagesUv: new Float32Array([-12.7, 3.1, 0]),
  detail: {},
};

const emptyWorkout: Workout = {
  haeId: "6F0E2C1A-0B54-4B1C-9D1D-3C5D0E7A1B22",
  startMs: at("2026-03-02T16:00:00Z"),
  endMs: at("2026-03-02T16:30:00Z"),
  offsetMin: 60,
  scalars: { name: "Outdoor Run", type: "running", duration_s: 1790.5, distance: 5.31, energy: 313 },
  series: [],
  route: null,
};

function emptyDelivery(user: User, receivedAt: string): DeliveryFacts {
  return {
    userId: user.userId,
    userUuid: user.id,
    keyId: null,
    receivedMs: at(receivedAt),
    contentType: "application/json",
    headers: {},
    via: "http",
    fileName: null,
    requestId: "request-1",
    sha256: Buffer.alloc(32, receivedAt),
    bodyBytes: 0,
    wireBytes: 0,
  };
}

/** A route from `[time, lat, lon, altitude?]`. */
export function routeOf(points: readonly [string, number, number, number?][]): NonNullable<Workout["route"]> {
  const rows = new Float64Array(points.length * routeColumns).fill(Number.NaN);
  for (const [index, [time, latitude, longitude, altitude]] of points.entries()) {
    rows.set([at(time), latitude, longitude, altitude ?? Number.NaN], index * routeColumns);
  }
  return { rows, insideCount: points.length };
}

/** A series from `[time, value, min?, max?]`. */
export function seriesOf(
  name: string,
  unit: string,
  points: readonly [string, number, number?, number?][],
): Workout["series"][number] {
  const rows = new Float64Array(points.length * seriesColumns).fill(Number.NaN);
  for (const [index, [time, value, min, max]] of points.entries()) {
    rows.set([at(time), value, min ?? Number.NaN, max ?? Number.NaN], index * seriesColumns);
  }
  return { name, unit, rows, insideCount: points.length };
}
