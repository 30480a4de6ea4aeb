/** What items of sleep mean, one by one: stages, totals, merging, and which segments of a source are seen. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SleepSegment, SleepSummary } from "../../src/health/record.js";
import {
  mergeSleepSegment,
  mergeSleepSummary,
  parseSleepStage,
  sleepTotalMin,
  visibleSegments,
} from "../../src/health/sleep.js";

describe("the text of a stage", () => {
  test.each([
    ["in_bed", ["In Bed", "InBed", "INBED", "in_bed", "HKCategoryValueSleepAnalysisInBed"]],
    ["asleep", ["Asleep", "Unspecified", "AsleepUnspecified", "HKCategoryValueSleepAnalysisAsleepUnspecified"]],
    ["asleep", ["HKCategoryValueSleepAnalysisAsleep", "asleep unspecified"]],
    ["core", ["Core", "AsleepCore", "HKCategoryValueSleepAnalysisAsleepCore", "Light"]],
    ["deep", ["Deep", "AsleepDeep", "HKCategoryValueSleepAnalysisAsleepDeep"]],
    ["rem", ["REM", "AsleepREM", "asleepRem", "HKCategoryValueSleepAnalysisAsleepREM"]],
    ["awake", ["Awake", " awake ", "HKCategoryValueSleepAnalysisAwake"]],
  ])("is read as %s in every form that the app is known to send: %s", (stage, texts) => {
    expect(texts.map(parseSleepStage)).toEqual(texts.map(() => stage));
  });

  test.each([
    ["German", ["Im Bett", "Schlafend", "Kern", "Tief", "REM", "Wach"]],
    ["French", ["Au lit", "Endormi", "Léger", "Profond", "Paradoxal", "Éveillé"]],
    ["Spanish", ["En la cama", "Dormido", "Básico", "Profundo", "MOR", "Despierto"]],
    ["Italian", ["A letto", "Addormentato", "Essenziale", "Profondo", "REM", "Sveglio"]],
    ["Portuguese", ["Na cama", "Dormindo", "Essencial", "Profundo", "REM", "Acordado"]],
    ["Dutch", ["In bed", "Slapend", "Kern", "Diep", "REM", "Wakker"]],
    ["Polish", ["W łóżku", "Śpi", "Płytki", "Głęboki", "REM", "Obudzony"]],
    ["Russian", ["В кровати", "Спит", "Основной", "Глубокий", "Быстрый", "Бодрствование"]],
    ["Turkish", ["YATAKTA", "Uykuda", "Temel", "DERİN", "REM", "UYANIK"]],
    ["Chinese", ["卧床", "睡眠", "核心", "深度", "快速动眼", "清醒"]],
    ["Japanese", ["就寝", "睡眠", "コア", "深い", "レム", "覚醒"]],
    ["Korean", ["침대에 있음", "수면", "코어", "깊은 수면", "렘", "깨어 있음"]],
  ])("is read in %s", (_language, texts) => {
    expect(texts.map(parseSleepStage)).toEqual(["in_bed", "asleep", "core", "deep", "rem", "awake"]);
  });

  test("is read however its accents are composed", () => {
    expect(["Éveillé".normalize("NFD"), "Éveillé".normalize("NFC"), "EVEILLE"].map(parseSleepStage)).toEqual([
      "awake",
      "awake",
      "awake",
    ]);
  });

  test("is unknown where nobody knows the word", () => {
    expect(["", "3", "zzz", "coredeep", "constructor"].map(parseSleepStage)).toEqual(Array(5).fill("unknown"));
  });
});

describe("the total of a night", () => {
  test("is what the app says, else its parts, else unknown", () => {
    expect(sleepTotalMin({ totalSleep: 7.1, core: 1, deep: 1, rem: 1, asleep: 0 })).toBe(426);
    expect(sleepTotalMin({ totalSleep: 0, core: 4.4, deep: 1, rem: 1.7, asleep: 0 })).toBe(426);
    expect(sleepTotalMin({ core: 1, asleep: 0.5 })).toBe(90);
    expect(sleepTotalMin({ totalSleep: null, asleep: 4.7, core: 0, deep: 0, rem: 0 })).toBe(282);
    expect([sleepTotalMin({ totalSleep: 0, core: 0, deep: 0, rem: 0, asleep: 0 }), sleepTotalMin({})]).toEqual([
      null,
      null,
    ]);
  });
});

const minuteMs = 60_000;
const eveningMs = Date.UTC(2026, 2, 1, 22);

function segment(
  stage: SleepSegment["stage"],
  startMin: number,
  endMin: number,
  more: Partial<SleepSegment> = {},
): SleepSegment {
  return {
    startMs: eveningMs + startMin * minuteMs,
    endMs: eveningMs + endMin * minuteMs,
    offsetMin: 60,
    stage,
    sourceKey: "Watch",
    source: "Watch",
    position: 0,
    receivedMs: eveningMs + 600 * minuteMs,
    ingestion: 1,
    ...more,
  };
}

function summary(totalMin: number, more: Partial<SleepSummary> = {}): SleepSummary {
  return {
    sleepStartMs: eveningMs,
    sleepEndMs: eveningMs + 480 * minuteMs,
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
    receivedMs: eveningMs + 600 * minuteMs,
    ingestion: 1,
    ...more,
  };
}

describe("merging deliveries of one key", () => {
  test("a summary with the larger total wins, however old", () => {
    const [larger, newer] = [summary(420), summary(400, { ingestion: 2 })];
    expect([mergeSleepSummary(larger, newer), mergeSleepSummary(newer, larger)]).toEqual([larger, larger]);
  });

  test("of summaries with one total the newest wins: receive time, then ingestion, then position", () => {
    const inOrder = [
      summary(420, { ingestion: 5, position: 5 }),
      summary(420, { receivedMs: eveningMs + 700 * minuteMs, position: 5 }),
      summary(420, { receivedMs: eveningMs + 700 * minuteMs, ingestion: 2 }),
      summary(420, { receivedMs: eveningMs + 700 * minuteMs, ingestion: 2, position: 1 }),
    ];
    expect(inOrder.reduce(mergeSleepSummary)).toBe(inOrder[3]);
    expect(inOrder.reduceRight(mergeSleepSummary)).toBe(inOrder[3]);
  });

  test("the newest segment wins, shorter or longer", () => {
    const [older, newer, newest] = [
      segment("core", 0, 90),
      segment("core", 0, 60, { ingestion: 2 }),
      segment("core", 0, 70, { ingestion: 2, position: 1 }),
    ];
    expect([mergeSleepSegment(older, newer), mergeSleepSegment(newer, older)]).toEqual([newer, newer]);
    expect([mergeSleepSegment(newest, newer), mergeSleepSegment(newer, newest)]).toEqual([newest, newest]);
  });

  test("merging is commutative, associative and idempotent", () => {
    // What names an item (receive time, ingestion, position) is the same only for one and the same item.
    const content = (id: number) => ({
      receivedMs: eveningMs + (id % 2),
      ingestion: (id >> 1) % 2,
      position: id >> 2,
    });
    const summaries = fc
      .tuple(fc.constantFrom(400, 410), fc.nat(15))
      .map(([totalMin, id]) => summary(totalMin + (id % 3), content(id)));
    const segments = fc.nat(15).map((id) => segment("core", 0, id, content(id)));
    const laws = <T>(merge: (a: T, b: T) => T, [a, b, c]: [T, T, T]) => {
      expect(merge(a, b)).toEqual(merge(b, a));
      expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
      expect(merge(a, a)).toEqual(a);
    };
    fc.assert(fc.property(fc.tuple(summaries, summaries, summaries), (three) => laws(mergeSleepSummary, three)));
    fc.assert(fc.property(fc.tuple(segments, segments, segments), (three) => laws(mergeSleepSegment, three)));
  });
});

describe("the segments that are seen", () => {
  test("of one source the newer of two that overlap is, the older is left out whole", () => {
    const [older, newer] = [segment("core", 0, 60), segment("deep", 30, 90, { ingestion: 2 })];
    expect(visibleSegments([older, newer])).toEqual([newer]);
  });

  test("one that is hidden hides nothing", () => {
    const [oldest, older, newest] = [
      segment("core", 0, 40),
      segment("deep", 30, 70, { ingestion: 2 }),
      segment("rem", 60, 90, { ingestion: 3 }),
    ];
    expect(visibleSegments([oldest, older, newest])).toEqual([oldest, newest]);
  });

  test("segments that touch are all seen, in the order of start", () => {
    const [first, second, third] = [segment("core", 0, 30), segment("deep", 30, 60), segment("core", 60, 90)];
    expect(visibleSegments([third, first, second])).toEqual([first, second, third]);
  });

  test("time in bed hides only time in bed, and is hidden only by it", () => {
    const [bed, core] = [segment("in_bed", 0, 480, { ingestion: 2 }), segment("core", 10, 60)];
    expect(visibleSegments([bed, core])).toEqual([bed, core]);
    expect(visibleSegments([bed, core, segment("in_bed", 5, 400)])).toEqual([bed, core]);
  });

  test("time awake and unknown text share the night with the stages", () => {
    const awake = segment("awake", 0, 60, { ingestion: 2 });
    const unknown = segment("unknown", 100, 160, { ingestion: 2 });
    expect(visibleSegments([awake, unknown, segment("core", 30, 90), segment("core", 90, 120)])).toEqual([
      awake,
      unknown,
    ]);
  });

  test("sources do not hide each other", () => {
    const [watch, ring] = [segment("core", 0, 60), segment("deep", 30, 90, { sourceKey: "Ring", ingestion: 2 })];
    expect(visibleSegments([ring, watch])).toEqual([watch, ring]);
  });

  test("in one delivery known stages go before sleep of unknown stage, and that before unknown text", () => {
    const whole = segment("asleep", 0, 480, { position: 9 });
    const core = segment("core", 10, 60, { position: 1 });
    expect(visibleSegments([whole, core])).toEqual([core]);
    expect(visibleSegments([{ ...whole, ingestion: 2 }, core])).toEqual([{ ...whole, ingestion: 2 }]);
    expect(visibleSegments([whole, segment("unknown", 100, 130, { position: 10 })])).toEqual([whole]);
  });

  test("in one delivery the later of two known stages is seen", () => {
    const [core, deep] = [segment("core", 10, 60, { position: 2 }), segment("deep", 50, 90, { position: 1 })];
    expect(visibleSegments([core, deep])).toEqual([core]);
  });

  const anySegments = fc.uniqueArray(
    fc
      .record({
        stage: fc.constantFrom("in_bed", "asleep", "core", "deep", "awake", "unknown"),
        startMin: fc.nat(30),
        lengthMin: fc.nat(10),
        sourceKey: fc.constantFrom("Watch", "Ring"),
        ingestion: fc.nat(2),
        position: fc.nat(3),
      })
      .map(({ stage, startMin, lengthMin, ...more }) => segment(stage, startMin, startMin + lengthMin, more)),
    { maxLength: 25, selector: ({ startMs, stage, sourceKey }) => `${startMs} ${stage} ${sourceKey}` },
  );

  test("no two of one source and class overlap, and every one left out overlaps one that is seen", () => {
    fc.assert(
      fc.property(anySegments, (segments) => {
        const seen = visibleSegments(segments);
        const rivals = (a: SleepSegment, b: SleepSegment) =>
          a !== b &&
          a.sourceKey === b.sourceKey &&
          (a.stage === "in_bed") === (b.stage === "in_bed") &&
          a.startMs < b.endMs &&
          b.startMs < a.endMs;
        for (const it of segments) expect(seen.some((other) => rivals(it, other))).toBe(!seen.includes(it));
      }),
    );
  });

  test("the order in which they are given is of no matter", () => {
    const shuffled = anySegments.chain((segments) =>
      fc.tuple(fc.constant(segments), fc.shuffledSubarray(segments, { minLength: segments.length })),
    );
    fc.assert(
      fc.property(shuffled, ([segments, others]) => {
        expect(visibleSegments(others)).toEqual(visibleSegments(segments));
      }),
    );
  });
});
