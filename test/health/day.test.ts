/** What one local day of a metric comes to. The day here is 2 March 2026 at +01:00. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DaySummary, summariseCumulativeDay, summariseDiscreteDay } from "../../src/health/day.js";
import { chooseCumulativeSeries, type DayPoint } from "../../src/health/series.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayStartMs = Date.UTC(2026, 2, 1, 23);
const dayEndMs = dayStartMs + 24 * hourMs;
const noonMs = dayStartMs + 12 * hourMs;
const day = { dayEndMs };
const measured = { isLogged: false, sourceOrder: [] };
const logged = { isLogged: true, sourceOrder: [] };

function point(hour: number, value: number, more: Partial<DayPoint> = {}): DayPoint {
  const merged = {
    grouping: "hour" as const,
    variant: "",
    startMs: dayStartMs + hour * hourMs,
    endMs: null,
    offsetMin: 60,
    value,
    value2: null,
    value3: null,
    source: null,
    isLowerBound: false,
    receivedMs: noonMs,
    ingestion: 1,
    fullValue: value,
    lowerBound: null,
    sourceKey: "",
    ...more,
  };
  return merged;
}

const dayBucket = (value: number, more: Partial<DayPoint> = {}) => point(0, value, { grouping: "day", ...more });
const lowerBound = { fullValue: null, isLowerBound: true };
const afterwards = { receivedMs: dayEndMs + hourMs, ingestion: 9 };

/** A sample of `sourceKey`, minutes after midnight. */
function sample(
  sourceKey: string,
  startMin: number,
  endMin: number | null,
  value: number,
  more: Partial<DayPoint> = {},
) {
  return point(startMin / 60, value, {
    grouping: "raw",
    endMs: endMin === null ? null : dayStartMs + endMin * minuteMs,
    sourceKey,
    source: sourceKey,
    ...more,
  });
}

const total = (points: DayPoint[], options: { isLogged: boolean; sourceOrder: string[] } = measured) => {
  const summary = summariseCumulativeDay(points, day, options);
  return summary && [summary.series, summary.total, summary.count];
};

describe("a day of a cumulative metric", () => {
  test("is summed up as a total of one series", () => {
    expect(summariseCumulativeDay([point(8, 100), point(9, 50), dayBucket(120)], day, measured)).toEqual({
      headline: "total",
      series: "hour",
      count: 2,
      total: 150,
      avg: null,
      min: null,
      max: null,
      last: null,
      lastMs: dayStartMs + 9 * hourMs,
      avg2: null,
      min2: null,
      max2: null,
      last2: null,
    } satisfies DaySummary);
  });

  test("is nothing without points, or with weeks and longer only", () => {
    const longer = (["week", "month", "year"] as const).map((grouping) => point(0, 9000, { grouping, ...afterwards }));
    expect([total([]), total(longer), total([...longer, dayBucket(5)])]).toEqual([null, null, ["day", 5, 1]]);
  });

  test("counts the largest of day bucket, hour sum and raw sum", () => {
    const raw = [sample("Watch", 480, 485, 300)];
    expect(total([dayBucket(250), point(8, 200), ...raw])).toEqual(["raw", 300, 1]);
    expect(total([dayBucket(250), point(8, 400), ...raw])).toEqual(["hour", 400, 1]);
    expect(total([dayBucket(450), point(8, 400), ...raw])).toEqual(["day", 450, 1]);
  });

  test("takes the coarser of series that differ only by the noise of adding", () => {
    const raw = Array.from({ length: 10 }, (_, index) => sample("Watch", index, index + 1, 0.1));
    expect(total([...raw, dayBucket(1 - 1e-10), point(0, 1)])).toEqual(["day", 1 - 1e-10, 1]);
    expect(total([...raw, dayBucket(1 - 1e-8), point(0, 1)])).toEqual(["hour", 1, 1]);
  });

  test("stands as the day bucket says when that came after the day's end and after all else", () => {
    const hours = [point(8, 100), point(9, 100, { receivedMs: dayEndMs, ingestion: 3 })];
    expect(total([...hours, dayBucket(150, afterwards)])).toEqual(["day", 150, 1]);
    expect(total([...hours, dayBucket(150, { receivedMs: dayEndMs, ingestion: 4 })])).toEqual(["day", 150, 1]);
  });

  test("stands as the day bucket says when all came in one delivery after the day's end", () => {
    expect(total([point(8, 200, afterwards), dayBucket(150, afterwards)])).toEqual(["day", 150, 1]);
  });

  test("does not stand as the day bucket says when that came before the day's end", () => {
    expect(total([point(8, 200), dayBucket(150, { receivedMs: dayEndMs - 1, ingestion: 9 })])).toEqual([
      "hour",
      200,
      1,
    ]);
  });

  test("does not stand as the day bucket says when anything of the day came later, whatever its grouping", () => {
    for (const grouping of ["raw", "second", "minute", "hour"] as const) {
      const later = point(8, 1, { grouping, ...afterwards, ingestion: 10 });
      expect(total([point(9, 200), dayBucket(150, afterwards), later])?.[0]).toBe("hour");
    }
    const laterWeek = point(0, 1, { grouping: "week", ...afterwards, ingestion: 10 });
    expect(total([point(9, 200), dayBucket(150, afterwards), laterWeek])).toEqual(["day", 150, 1]);
  });

  test("does not stand as a lower bound says, however late", () => {
    expect(total([point(8, 200), dayBucket(150, { ...afterwards, ...lowerBound, lowerBound: 150 })])).toEqual([
      "hour",
      200,
      1,
    ]);
  });

  test("takes the larger of a bucket's full value and lower bound", () => {
    expect(total([dayBucket(150, { lowerBound: 180 })])).toEqual(["day", 180, 1]);
    expect(total([dayBucket(150, { lowerBound: 120 })])).toEqual(["day", 150, 1]);
    expect(total([dayBucket(70, { ...lowerBound, lowerBound: 70 })])).toEqual(["day", 70, 1]);
  });

  test("does not stand as the day bucket says when its lower bound is what counts", () => {
    expect(total([point(8, 200), dayBucket(150, { ...afterwards, lowerBound: 180 })])).toEqual(["hour", 200, 1]);
    expect(total([point(8, 200), dayBucket(150, { ...afterwards, lowerBound: 120 })])).toEqual(["day", 150, 1]);
  });

  test("counts minutes and seconds only where nothing else came", () => {
    const minutes = [point(8, 70, { grouping: "minute" }), point(8.5, 70, { grouping: "minute" })];
    const seconds = [point(8, 90, { grouping: "second" })];
    expect(total(minutes)).toEqual(["minute", 140, 2]);
    expect(total([...minutes, ...seconds])).toEqual(["minute", 140, 2]);
    expect(total(seconds)).toEqual(["second", 90, 1]);
    expect(total([...minutes, point(8, 100)])).toEqual(["hour", 100, 1]);
    expect(total([...minutes, dayBucket(100)])).toEqual(["day", 100, 1]);
    expect(total([...minutes, sample("Watch", 480, 481, 100)])).toEqual(["raw", 100, 1]);
  });

  test("adds the variants up before it compares groupings", () => {
    const points = [
      dayBucket(10, { variant: "Basal" }),
      point(8, 6, { variant: "Basal" }),
      point(8, 5, { variant: "Bolus" }),
    ];
    expect(total(points, logged)).toEqual(["hour", 11, 2]);
    expect(total([...points, dayBucket(5, { variant: "Bolus" })], logged)).toEqual(["day", 15, 2]);
  });

  test("is Health's own figure only when every variant's day bucket is", () => {
    const hours = [point(8, 20, { variant: "Basal" }), point(8, 20, { variant: "Bolus" })];
    const basal = dayBucket(12, { variant: "Basal", ...afterwards });
    expect(total([...hours, basal, dayBucket(10, { variant: "Bolus", ...afterwards })], logged)).toEqual([
      "day",
      22,
      2,
    ]);
    expect(total([...hours, basal, dayBucket(10, { variant: "Bolus" })], logged)).toEqual(["hour", 40, 2]);
  });

  test("leaves an hour out whole that a newer one overlaps after a journey into a half-hour zone", () => {
    const older = [point(8, 100), point(9, 100), point(10, 100)];
    const newer = point(8.5, 70, { ingestion: 2 });
    expect(total([...older, newer])).toEqual(["hour", 170, 2]);
    expect(total([...older, { ...newer, ingestion: 0 }])).toEqual(["hour", 300, 3]);
    expect(total([...older, { ...newer, variant: "other" }])).toEqual(["hour", 370, 4]);
  });

  test("says which points count for how much, in the order of time", () => {
    const points = [sample("iPhone", 0, 10, 100), sample("Watch", 5, 15, 30)];
    expect(chooseCumulativeSeries(points.toReversed(), { windowEndMs: dayEndMs, ...measured })).toEqual({
      series: "raw",
      total: 80,
      counted: [
        { point: points[0], counted: 50 },
        { point: points[1], counted: 30 },
      ],
    });
  });
});

describe("raw samples of a cumulative metric", () => {
  test("count from the watch before the phone before others, pro rata", () => {
    const watch = sample("Ann's Apple Watch", 0, 10, 10);
    const phone = sample("Ann's iPhone", 5, 15, 20);
    const other = sample("Band", 0, 20, 40);
    expect(total([phone, other, watch])).toEqual(["raw", 10 + 10 + 10, 3]);
  });

  test("count from the user's list first, in its order", () => {
    const points = [sample("Ann's Apple Watch", 0, 10, 10), sample("Band", 0, 10, 40), sample("Ring", 0, 10, 70)];
    expect(total(points, { isLogged: false, sourceOrder: ["Ring", "Band"] })).toEqual(["raw", 70, 3]);
    expect(total(points, { isLogged: false, sourceOrder: ["Band"] })).toEqual(["raw", 40, 3]);
  });

  test("find a joined source in the user's list by its best part", () => {
    const points = [sample("Watch", 0, 10, 10), sample("Band|Ring", 0, 10, 40)];
    expect(total(points, { isLogged: false, sourceOrder: ["Ring"] })).toEqual(["raw", 40, 2]);
  });

  test("count from the source with the longest coverage where nothing else decides, then by name", () => {
    const overlapping = [sample("A", 0, 10, 1), sample("B", 0, 10, 2)];
    expect(total(overlapping)).toEqual(["raw", 1, 2]);
    expect(total([...overlapping, sample("B", 30, 40, 4)])).toEqual(["raw", 6, 3]);
  });

  test("last to their source's next sample when they came without end", () => {
    const watch = sample("Watch", 4, 8, 10);
    expect(total([watch, sample("iPhone", 0, null, 100), sample("iPhone", 8, null, 1)])).toEqual(["raw", 61, 3]);
  });

  test("last fifteen minutes at most when they came without end", () => {
    const watch = sample("Watch", 12, 60, 10);
    expect(total([watch, sample("iPhone", 0, null, 100)])).toEqual(["raw", 90, 2]);
    expect(total([watch, sample("iPhone", 0, null, 100), sample("iPhone", 120, null, 1)])).toEqual(["raw", 91, 3]);
  });

  test("share their time when two of one source begin together without end", () => {
    const watch = sample("Watch", 5, 10, 10);
    const twins = [sample("iPhone", 0, null, 100), sample("iPhone", 0, null, 100)];
    expect(total([watch, ...twins, sample("iPhone", 10, null, 1)])).toEqual(["raw", 111, 4]);
  });

  test("count whole without length, unless a preferred source was there at that instant", () => {
    const watch = sample("Watch", 0, 10, 10);
    expect(total([watch, sample("iPhone", 5, 5, 7)])).toEqual(["raw", 10, 2]);
    expect(total([watch, sample("iPhone", 10, 10, 7)])).toEqual(["raw", 17, 2]);
  });

  test("of one source all count, even where they overlap", () => {
    expect(total([sample("Watch", 0, 10, 10), sample("Watch", 0, 10, 10), sample("Watch", 5, 12, 3)])).toEqual([
      "raw",
      23,
      3,
    ]);
  });

  test("of different variants do not overlap", () => {
    const points = [
      sample("Watch", 0, 10, 10, { variant: "Complete" }),
      sample("iPhone", 0, 10, 5, { variant: "Incomplete" }),
    ];
    expect(total(points)).toEqual(["raw", 15, 2]);
  });

  test("all add up where people logged them", () => {
    const meals = [sample("App", 0, 10, 10), sample("Watch", 0, 10, 20), sample("App", 0, null, 5)];
    expect(total(meals, logged)).toEqual(["raw", 35, 3]);
  });
});

describe("properties of cumulative days", () => {
  const arrival = fc.record({
    receivedMs: fc.integer({ min: dayStartMs, max: dayEndMs + hourMs }),
    ingestion: fc.nat(5),
  });

  const anyPoint = fc
    .record({
      grouping: fc.constantFrom("raw", "second", "minute", "hour", "day", "week"),
      variant: fc.constantFrom("", "x"),
      quarter: fc.nat(20),
      lengthMin: fc.option(fc.nat(40)),
      value: fc.double({ min: 0, max: 100, noNaN: true }),
      sourceKey: fc.constantFrom("Watch", "iPhone", "A", "B"),
      isLowerBound: fc.boolean(),
      arrival,
    })
    .map(({ quarter, lengthMin, value, isLowerBound, arrival, ...more }) =>
      point(more.grouping === "day" ? 0 : quarter / 4, value, {
        ...more,
        ...arrival,
        ...(isLowerBound ? { ...lowerBound, lowerBound: value } : {}),
        endMs:
          more.grouping === "raw" && lengthMin !== null ? dayStartMs + (quarter * 15 + lengthMin) * minuteMs : null,
      }),
    );

  test("the order of the points is of no matter", () => {
    const input = fc
      .array(anyPoint, { maxLength: 25 })
      .chain((points) => fc.tuple(fc.constant(points), fc.shuffledSubarray(points, { minLength: points.length })));
    fc.assert(
      fc.property(input, fc.boolean(), ([points, shuffled], isLogged) => {
        const options = { windowEndMs: dayEndMs, isLogged, sourceOrder: ["B"] };
        expect(chooseCumulativeSeries(shuffled, options)).toEqual(chooseCumulativeSeries(points, options));
      }),
    );
  });

  test("the same truth in more groupings, from more devices and at any time has the same total", () => {
    const walk = fc.record({ slot: fc.nat(287), value: fc.integer({ min: 1, max: 500 }) });
    const walks = fc.uniqueArray(walk, { minLength: 1, maxLength: 30, selector: ({ slot }) => slot });
    const forms = fc.subarray(["raw", "hour", "day"], { minLength: 1 });
    fc.assert(
      fc.property(
        walks,
        forms,
        fc.boolean(),
        fc.array(arrival, { minLength: 9 }),
        (walks, forms, hasMinutes, arrivals) => {
          let next = 0;
          const anyTime = () => arrivals[next++ % arrivals.length]!;
          const truth = walks.reduce((sum, { value }) => sum + value, 0);
          const byHour = new Map<number, number>();
          for (const { slot, value } of walks)
            byHour.set(Math.floor(slot / 12), (byHour.get(Math.floor(slot / 12)) ?? 0) + value);
          const from = (sourceKey: string) =>
            walks.map(({ slot, value }) => sample(sourceKey, slot * 5, slot * 5 + 5, value, anyTime()));

          const points = [
            ...(forms.includes("raw") ? [...from("Watch"), ...from("iPhone")] : []),
            ...(forms.includes("hour") ? [...byHour].map(([hour, value]) => point(hour, value, anyTime())) : []),
            ...(forms.includes("day") ? [dayBucket(truth, anyTime())] : []),
            ...(hasMinutes
              ? walks.map(({ slot, value }) => point(slot / 12, value * 1.3, { grouping: "minute", ...anyTime() }))
              : []),
          ];

          expect(summariseCumulativeDay(points, day, measured)?.total).toBe(truth);
        },
      ),
    );
  });
});

describe("a day of a discrete metric", () => {
  const options = { isLast: false, shape: "quantity" as const };
  const discrete = (points: DayPoint[]) => {
    const summary = summariseDiscreteDay(points, day, options);
    return summary && [summary.series, summary.avg, summary.count];
  };

  test("is mean, extremes and latest of one series", () => {
    const points = [point(9, 60), point(7, 50), point(8, 100), point(8, 999, { grouping: "minute" })];
    expect(summariseDiscreteDay(points, day, options)).toEqual({
      headline: "avg",
      series: "hour",
      count: 3,
      total: null,
      avg: 70,
      min: 50,
      max: 100,
      last: 60,
      lastMs: dayStartMs + 9 * hourMs,
      avg2: null,
      min2: null,
      max2: null,
      last2: null,
    } satisfies DaySummary);
  });

  test("takes extremes of heart rate from the buckets' own, where they have them", () => {
    const points = [point(7, 60, { value2: 48, value3: 90 }), point(8, 130), point(9, 80, { value2: 75, value3: 85 })];
    expect(summariseDiscreteDay(points, day, { isLast: false, shape: "heart_rate" })).toMatchObject({
      avg: 90,
      min: 48,
      max: 130,
      last: 80,
      avg2: null,
      last2: null,
    });
  });

  test("keeps both pressures", () => {
    const points = [point(7, 120, { value2: 80 }), point(20, 130, { value2: 70 })];
    expect(summariseDiscreteDay(points, day, { isLast: false, shape: "blood_pressure" })).toMatchObject({
      avg: 125,
      min: 120,
      max: 130,
      last: 130,
      avg2: 75,
      min2: 70,
      max2: 80,
      last2: 70,
    });
  });

  test("has the latest for its headline where the metric's kind is `last`", () => {
    const summary = summariseDiscreteDay([point(7, 70), point(20, 72)], day, { isLast: true, shape: "quantity" });
    expect([summary?.headline, summary?.last]).toEqual(["last", 72]);
  });

  test("has one latest even where two samples came together and began together", () => {
    const twins = [sample("B", 60, null, 50), sample("A", 60, null, 60), sample("B", 60, null, 40)];
    const last = (points: DayPoint[]) => summariseDiscreteDay(points, day, options)?.last;
    expect([last(twins), last(twins.toReversed())]).toEqual([50, 50]);
  });

  test("is nothing without points, or with weeks and longer only", () => {
    expect([discrete([]), discrete([point(0, 5, { grouping: "month" })])]).toEqual([null, null]);
  });

  test("counts the series that touches most hours, of equal ones the coarser", () => {
    const seconds = [7, 7.1, 7.2, 8].map((hour) => point(hour, 100, { grouping: "second" }));
    expect(discrete([...seconds, point(7, 60)])).toEqual(["second", 100, 4]);
    expect(discrete([...seconds, point(7, 60), point(8, 60)])).toEqual(["hour", 60, 2]);
    expect(discrete([...seconds, ...[7, 8, 9].map((hour) => sample("A", hour * 60, null, 55))])).toEqual([
      "raw",
      55,
      3,
    ]);
  });

  test("lets a day bucket touch the hours that had begun when it came", () => {
    const hours = [0, 1, 2].map((hour) => point(hour, 60));
    const bucketAt = (receivedMs: number) => dayBucket(70, { receivedMs });
    expect(discrete([...hours, bucketAt(dayStartMs + 2 * hourMs)])).toEqual(["hour", 60, 3]);
    expect(discrete([...hours, bucketAt(dayStartMs + 2 * hourMs + 1)])).toEqual(["day", 70, 1]);
    expect(discrete([point(0, 60), bucketAt(dayStartMs - hourMs)])).toEqual(["day", 70, 1]);
    const allHours = Array.from({ length: 24 }, (_, hour) => point(hour, 60));
    expect(discrete([...allHours, bucketAt(dayEndMs - hourMs)])).toEqual(["hour", 60, 24]);
    expect(discrete([...allHours, bucketAt(dayEndMs + 9 * hourMs)])).toEqual(["day", 70, 1]);
  });

  test("counts an hour that comes twice in autumn once", () => {
    const twice = [
      point(2, 60, { offsetMin: 120, grouping: "minute" }),
      point(3, 60, { offsetMin: 60, grouping: "minute" }),
    ];
    expect(discrete([...twice, point(2, 50, { offsetMin: 120 })])).toEqual(["hour", 50, 1]);
  });

  test("leaves an hour out that a newer one overlaps", () => {
    expect(discrete([point(8, 100), point(8.5, 60, { ingestion: 2 })])).toEqual(["hour", 60, 1]);
  });

  test("does not depend on the order of the points", () => {
    const anyPoint = fc
      .record({
        grouping: fc.constantFrom("raw", "minute", "hour", "day"),
        quarter: fc.nat(12),
        value: fc.double({ min: 1, max: 200, noNaN: true }),
        ingestion: fc.nat(3),
        sourceKey: fc.constantFrom("A", "B"),
      })
      .map(({ quarter, value, ...more }) => point(quarter / 4, value, more));
    const input = fc
      .array(anyPoint, { maxLength: 20 })
      .chain((points) => fc.tuple(fc.constant(points), fc.shuffledSubarray(points, { minLength: points.length })));
    fc.assert(
      fc.property(input, ([points, shuffled]) => {
        expect(summariseDiscreteDay(shuffled, day, options)).toEqual(summariseDiscreteDay(points, day, options));
      }),
    );
  });
});
