/** Which nights people see. Minutes count from 22:00 UTC of 1 March 2026. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ArrivedNight,
  growSleepWindow,
  nightsFromSegments,
  sleepReach,
  sleepWindows,
  summariseSleepDay,
  visibleNights,
} from "../../src/health/night.js";
import type { Span } from "../../src/health/overlap.js";
import type { SleepSegment, SleepSummary } from "../../src/health/record.js";
import { visibleSegments } from "../../src/health/sleep.js";

const minuteMs = 60_000;
const eveningMs = Date.UTC(2026, 2, 1, 22);
const at = (min: number) => eveningMs + min * minuteMs;

function segment(
  stage: SleepSegment["stage"],
  startMin: number,
  endMin: number,
  more: Partial<SleepSegment> = {},
): SleepSegment {
  return {
    startMs: at(startMin),
    endMs: at(endMin),
    offsetMin: 60,
    stage,
    sourceKey: "Watch",
    source: "Watch",
    position: 0,
    receivedMs: at(600),
    ingestion: 1,
    ...more,
  };
}

function summary(startMin: number, endMin: number, totalMin: number, more: Partial<SleepSummary> = {}): SleepSummary {
  return {
    sleepStartMs: at(startMin),
    sleepEndMs: at(endMin),
    inBedStartMs: null,
    inBedEndMs: null,
    offsetMin: 60,
    totalMin,
    coreMin: null,
    deepMin: null,
    remMin: null,
    asleepMin: null,
    awakeMin: null,
    inBedMin: null,
    sourceKey: "Watch",
    source: "Watch",
    position: 0,
    receivedMs: at(600),
    ingestion: 1,
    ...more,
  };
}

/** Start and end of nights, in minutes. */
const spansOf = (nights: readonly Span[]) =>
  nights.map(({ startMs, endMs }) => [(startMs - eveningMs) / minuteMs, (endMs - eveningMs) / minuteMs]);

describe("nights from segments", () => {
  test("last from first to last asleep and add up what was slept", () => {
    const segments = [
      segment("in_bed", 0, 480, { offsetMin: 0 }),
      segment("awake", 0, 15),
      segment("core", 15, 100, { source: "Watch\u00a0", position: 3 }),
      segment("unknown", 100, 110),
      segment("deep", 110, 170),
      segment("awake", 170, 180),
      segment("asleep", 180, 200),
      segment("rem", 200, 260),
      segment("core", 260, 400.5, { offsetMin: 120 }),
      segment("awake", 400.5, 430),
    ];
    expect(nightsFromSegments(segments)).toEqual([
      {
        startMs: at(15),
        endMs: at(400.5),
        inBedStartMs: at(0),
        inBedEndMs: at(480),
        offsetMin: 120,
        totalMin: 365.5,
        coreMin: 225.5,
        deepMin: 60,
        remMin: 60,
        asleepMin: 20,
        awakeMin: 10,
        inBedMin: 480,
        sourceKey: "Watch",
        source: "Watch\u00a0",
        origin: "segments",
        receivedMs: at(600),
        ingestion: 1,
      } satisfies ArrivedNight,
    ]);
  });

  test("know nothing of stages and beds that no segment had", () => {
    expect(nightsFromSegments([segment("asleep", 0, 60, { ingestion: 4 })])).toEqual([
      {
        startMs: at(0),
        endMs: at(60),
        inBedStartMs: null,
        inBedEndMs: null,
        offsetMin: 60,
        totalMin: 60,
        coreMin: null,
        deepMin: null,
        remMin: null,
        asleepMin: 60,
        awakeMin: null,
        inBedMin: null,
        sourceKey: "Watch",
        source: "Watch",
        origin: "segments",
        receivedMs: at(600),
        ingestion: 4,
      } satisfies ArrivedNight,
    ]);
  });

  test("are joined across gaps under two hours and parted by two hours", () => {
    const joined = [segment("core", 0, 60), segment("core", 179, 240)];
    const parted = [segment("core", 0, 60), segment("core", 180, 240)];
    expect([spansOf(nightsFromSegments(joined)), spansOf(nightsFromSegments(parted))]).toEqual([
      [[0, 240]],
      [
        [0, 60],
        [180, 240],
      ],
    ]);
  });

  test("are joined by time in bed and awake, too", () => {
    const segments = [segment("in_bed", 0, 300), segment("core", 10, 60), segment("core", 300, 360)];
    expect(spansOf(nightsFromSegments(segments))).toEqual([[10, 360]]);
    const awake = [segment("core", 0, 60), segment("awake", 60, 300), segment("core", 300, 360)];
    expect(spansOf(nightsFromSegments(awake))).toEqual([[0, 360]]);
  });

  test("are made for each source by itself", () => {
    const nights = nightsFromSegments([segment("core", 0, 60), segment("core", 30, 90, { sourceKey: "Ring" })]);
    expect(nights.map(({ sourceKey, totalMin }) => [sourceKey, totalMin])).toEqual([
      ["Watch", 60],
      ["Ring", 60],
    ]);
  });

  test("are not made of time in bed, awake or unknown without any sleep", () => {
    const segments = [
      segment("in_bed", 0, 480),
      segment("awake", 0, 30),
      segment("unknown", 30, 60),
      segment("core", 90, 90),
    ];
    expect(nightsFromSegments(segments)).toEqual([]);
  });
});

describe("the nights that are seen", () => {
  test("keep all that a summary says", () => {
    const stored = summary(64, 521, 426, {
      inBedStartMs: at(60),
      inBedEndMs: at(525),
      coreMin: 264,
      deepMin: 60,
      remMin: 102,
      asleepMin: 0,
      awakeMin: 30.48,
      inBedMin: 465,
      position: 7,
    });
    expect(visibleNights([stored], [])).toEqual([
      {
        startMs: at(64),
        endMs: at(521),
        inBedStartMs: at(60),
        inBedEndMs: at(525),
        offsetMin: 60,
        totalMin: 426,
        coreMin: 264,
        deepMin: 60,
        remMin: 102,
        asleepMin: 0,
        awakeMin: 30.48,
        inBedMin: 465,
        sourceKey: "Watch",
        source: "Watch",
        origin: "summary",
        receivedMs: at(600),
        ingestion: 1,
      } satisfies ArrivedNight,
    ]);
  });

  test("prefer stages, then the larger total, then the newest, whatever the source", () => {
    const staged = summary(0, 400, 300, { coreMin: 300 });
    const larger = summary(0, 480, 470, { sourceKey: "Ring" });
    const newer = summary(10, 470, 460, { sourceKey: "App", ingestion: 3 });
    const older = summary(20, 471, 460, { sourceKey: "Band", ingestion: 2 });
    expect(visibleNights([older, newer, larger, staged], [])).toMatchObject([{ totalMin: 300 }]);
    expect(visibleNights([older, newer, larger], [])).toMatchObject([{ sourceKey: "Ring" }]);
    expect(visibleNights([older, newer], [])).toMatchObject([{ sourceKey: "App" }]);
  });

  test("fall back on the later end, then the source's name, so that ties break the same way everywhere", () => {
    const [ring, watch, later] = [
      summary(5, 480, 420, { sourceKey: "Ring" }),
      summary(0, 480, 420),
      summary(5, 481, 420, { sourceKey: "Zzz" }),
    ];
    expect(visibleNights([watch, ring], [])).toEqual(visibleNights([ring], []));
    expect(visibleNights([ring, watch], [])).toEqual(visibleNights([ring], []));
    expect(visibleNights([ring, watch, later], [])).toEqual(visibleNights([later], []));
  });

  test("touch but do not overlap, and one that is hidden hides nothing", () => {
    const nights = [
      summary(0, 100, 90),
      summary(100, 200, 80, { sourceKey: "Ring" }),
      summary(190, 300, 70),
      summary(300, 400, 5),
    ];
    expect(spansOf(visibleNights(nights, []))).toEqual([
      [0, 100],
      [100, 200],
      [300, 400],
    ]);
  });

  test("hide fragments of a night that grew", () => {
    const grown = [summary(60, 240, 170), summary(60, 400, 320), summary(50, 520, 430)];
    expect(spansOf(visibleNights(grown, []))).toEqual([[50, 520]]);
  });

  test("come from summary or segments, whichever is better", () => {
    const made = nightsFromSegments(visibleSegments([segment("core", 0, 200), segment("rem", 200, 300)]));
    expect(visibleNights([summary(0, 301, 280)], made)).toMatchObject([{ origin: "segments", totalMin: 300 }]);
    expect(visibleNights([summary(0, 301, 310, { coreMin: 310 })], made)).toMatchObject([
      { origin: "summary", totalMin: 310 },
    ]);
  });

  test("keep naps beside the night, which add up on the day of waking", () => {
    const nights = visibleNights([summary(0, 480, 420), summary(900, 940, 35.5)], []);
    expect(summariseSleepDay(nights)).toEqual({
      headline: "total",
      series: "day",
      count: 2,
      total: 455.5,
      avg: null,
      min: null,
      max: null,
      last: null,
      lastMs: at(940),
      avg2: null,
      min2: null,
      max2: null,
      last2: null,
    });
    expect(summariseSleepDay([...nights, ...nightsFromSegments([segment("core", 1000, 1010)])])).toMatchObject({
      series: "raw",
      total: 465.5,
    });
    expect(summariseSleepDay([])).toBeNull();
  });
});

const dense = fc.record({
  segments: fc.uniqueArray(
    fc
      .record({
        stage: fc.constantFrom("in_bed", "asleep", "core", "awake", "unknown"),
        startMin: fc.nat(3000),
        lengthMin: fc.nat(90),
        sourceKey: fc.constantFrom("Watch", "Ring"),
        ingestion: fc.nat(2),
        position: fc.nat(3),
      })
      .map(({ stage, startMin, lengthMin, ...more }) => segment(stage, startMin, startMin + lengthMin, more)),
    { maxLength: 30, selector: ({ startMs, stage, sourceKey }) => `${startMs} ${stage} ${sourceKey}` },
  ),
  summaries: fc.uniqueArray(
    fc
      .record({
        startMin: fc.nat(3000),
        lengthMin: fc.nat(300),
        totalMin: fc.constantFrom(0, 100, 200),
        coreMin: fc.constantFrom(null, 50),
        sourceKey: fc.constantFrom("Watch", "Ring", "App"),
        ingestion: fc.nat(2),
      })
      .map(({ startMin, lengthMin, totalMin, ...more }) => summary(startMin, startMin + lengthMin, totalMin, more)),
    { maxLength: 12, selector: ({ sleepEndMs, sourceKey }) => `${sleepEndMs} ${sourceKey}` },
  ),
});

const nightsOf = (segments: readonly SleepSegment[], summaries: readonly SleepSummary[]) =>
  visibleNights(summaries, nightsFromSegments(visibleSegments(segments)));

describe("properties of nights", () => {
  test("no two that are seen overlap, whatever their source", () => {
    fc.assert(
      fc.property(dense, ({ segments, summaries }) => {
        const nights = nightsOf(segments, summaries);
        const overlapping = nights.filter((a) =>
          nights.some((b) => a !== b && a.startMs < b.endMs && b.startMs < a.endMs),
        );
        expect(overlapping).toEqual([]);
      }),
    );
  });

  test("the order of the records is of no matter", () => {
    fc.assert(
      fc.property(dense, fc.infiniteStream(fc.nat()), ({ segments, summaries }, numbers) => {
        const shuffle = <T>(items: readonly T[]) =>
          items
            .map((item) => ({ item, by: numbers.next().value }))
            .sort((a, b) => a.by - b.by)
            .map(({ item }) => item);
        expect(nightsOf(shuffle(segments), shuffle(summaries))).toEqual(nightsOf(segments, summaries));
      }),
    );
  });
});

describe("the window of a change", () => {
  test("joins changes less than two hours apart", () => {
    const changed = [segment("core", 300, 310), segment("core", 0, 60), segment("core", 179, 180)];
    expect(spansOf(sleepWindows(changed))).toEqual([
      [0, 180],
      [300, 310],
    ]);
    expect(sleepWindows([])).toEqual([]);
  });

  test("grows by what lies within two hours, directly or through others, and says when it does not grow", () => {
    const window = { startMs: at(300), endMs: at(310) };
    const near = [
      segment("core", 429, 440),
      segment("in_bed", 550, 560),
      segment("core", 181, 181),
      segment("core", 680, 700),
    ];
    expect(spansOf([sleepReach(window), growSleepWindow(window, near)])).toEqual([
      [180, 430],
      [181, 560],
    ]);
    const apart = [segment("core", 430, 440), segment("core", 100, 180), segment("core", 302, 304)];
    expect(growSleepWindow(window, apart)).toBe(window);
    expect(growSleepWindow(window, [])).toBe(window);
  });

  test("holds all that a change can alter: rebuilding it alone is rebuilding everything", () => {
    const change = fc.record({
      startMin: fc.nat(3000),
      lengthMin: fc.nat(90),
      ingestion: fc.nat(3),
      isRemoved: fc.boolean(),
    });
    fc.assert(
      fc.property(dense, change, ({ segments, summaries }, { startMin, lengthMin, ingestion, isRemoved }) => {
        const changed = segment("rem", startMin, startMin + lengthMin, { ingestion });
        const [before, after] = isRemoved ? [[...segments, changed], segments] : [segments, [...segments, changed]];
        const sleepOf = (it: SleepSummary) => ({ startMs: it.sleepStartMs, endMs: it.sleepEndMs });
        const within = (it: Span, span: Span) => it.endMs > span.startMs && it.startMs < span.endMs;

        let window = sleepWindows([changed])[0]!;
        for (;;) {
          const reach = sleepReach(window);
          const near = [...after, ...summaries.map(sleepOf)].filter((it) => within(it, reach));
          const grown = growSleepWindow(window, near);
          if (grown === window) break;
          window = grown;
        }

        const isInside = (it: Span) => it.startMs >= window.startMs && it.endMs <= window.endMs;
        const rebuilt = nightsOf(
          after.filter(isInside),
          summaries.filter((it) => isInside(sleepOf(it))),
        );
        const untouched = nightsOf(before, summaries).filter((night) => !isInside(night));
        expect([...untouched, ...rebuilt].sort(byEnd)).toEqual(nightsOf(after, summaries).sort(byEnd));
      }),
      { numRuns: 300 },
    );
  });

  const byEnd = (a: ArrivedNight, b: ArrivedNight) => a.endMs - b.endMs || a.startMs - b.startMs;
});
