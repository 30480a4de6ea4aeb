import fc from "fast-check";
import { expect, test } from "vitest";
import { summariseCumulativeDay, summariseDiscreteDay } from "../../src/health/day.js";
import { DenseDay } from "../../src/health/dense-day.js";
import type { DayPoint } from "../../src/health/series.js";

const number = fc.double({ min: 0, max: 1000, noNaN: true });

test("a dense day has the summary of the general rule, to the last bit", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(
        fc.record({
          minute: fc.integer({ min: 0, max: 1439 }),
          value: number,
          value2: fc.option(number),
          value3: fc.option(number),
          lower: fc.option(number),
        }),
        {
          minLength: 1,
          maxLength: 60,
          selector: ({ minute }) => minute,
        },
      ),
      fc.constantFrom("second", "minute"),
      fc.constantFrom("quantity", "heart_rate", "blood_pressure"),
      fc.boolean(),
      (rows, series, shape, isLast) => {
        const inOrder = [...rows].sort((a, b) => a.minute - b.minute);
        const points = inOrder.map(({ minute, value, value2, value3, lower }): DayPoint => {
          const counting = lower !== null && lower > value ? lower : value;
          return {
            grouping: series,
            variant: "",
            startMs: minute * 60_000,
            endMs: null,
            offsetMin: 0,
            value: counting,
            value2,
            value3,
            source: null,
            sourceKey: "",
            isLowerBound: false,
            receivedMs: 0,
            ingestion: 0,
            fullValue: value,
            lowerBound: lower,
          };
        });
        const dense = (isCumulative: boolean) => {
          const day = new DenseDay({ series, isCumulative, isLast, shape });
          for (const { startMs, value, value2, value3 } of points) day.add(startMs, value, value2, value3);
          return day.summary();
        };
        const dayEnd = { dayEndMs: 86_400_000 };
        expect(dense(false)).toEqual(summariseDiscreteDay(points, dayEnd, { isLast, shape }));
        expect(dense(true)).toEqual(summariseCumulativeDay(points, dayEnd, { isLogged: false, sourceOrder: [] }));
      },
    ),
  );
});

test("a day without rows has no summary", () => {
  expect(new DenseDay({ series: "minute", isCumulative: true, isLast: false, shape: "quantity" }).summary()).toBeNull();
});
