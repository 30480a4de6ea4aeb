/** Distances against published ones, boxes against lines that only cross them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { distanceM, mayBeNear, mayMeet, meetsBox } from "../../src/query/geodesy.js";

const place = (latitude: number, longitude: number) => ({ latitude, longitude });
const box = (west: number, south: number, east: number, north: number) => ({ west, south, east, north });

test("distances are those of the ellipsoid", () => {
  // One degree along the equator and along the meridian there (WGS 84): 111,319.491 m and 110,574.389 m.
  expect(distanceM(place(0, 0), [place(0, 1)])).toBeCloseTo(111_319.5, 0);
  expect(distanceM(place(0, 0), [place(1, 0)])).toBeCloseTo(110_574.4, 0);
  expect(distanceM(place(60, 179.995), [place(60, -179.995)])).toBeCloseTo(558, 0);
  expect(distanceM(place(0, 0), [])).toBe(Number.POSITIVE_INFINITY);
});

test("a line is as near as its nearest point, which may lie between two that were sent", () => {
  const line = [place(0, -0.05), place(0, 0.05)];

  expect(distanceM(place(0.001, 0), line)).toBeCloseTo(110.6, 1);
  expect(distanceM(place(0, 0.01), line)).toBeCloseTo(0, 2);
  expect(distanceM(place(0, 0.15), line)).toBeCloseTo(11_131.9, 0);
});

test("a line meets a box that it crosses without a point inside", () => {
  const diagonal = [place(0, 0), place(10, 10)];

  expect(meetsBox(diagonal, box(4, 4, 5, 5))).toBe(true);
  expect(meetsBox(diagonal, box(6, 4, 7, 5))).toBe(false);
  expect(meetsBox(diagonal, box(10, 10, 11, 11))).toBe(true);
  expect(meetsBox([place(4.5, 4.5)], box(4, 4, 5, 5))).toBe(true);
  expect(meetsBox([], box(-180, -90, 180, 90))).toBe(false);
});

test("the date line is no edge, neither for lines nor for boxes", () => {
  const over = [place(0, 179.9), place(0, -179.9)];

  expect(meetsBox(over, box(179.95, -1, -179.95, 1))).toBe(true);
  expect(meetsBox(over, box(-179.95, -1, -179.92, 1))).toBe(true);
  expect(meetsBox(over, box(-10, -1, 10, 1))).toBe(false);
});

test("bounds never rule a route out that comes near or meets the box", () => {
  // As precise as phones are: where numbers underflow, nothing can be said.
  const degrees = (most: number) => fc.integer({ min: -most * 1e6, max: most * 1e6 }).map((micro) => micro / 1e6);
  const [longitude, latitude] = [degrees(180), degrees(89)];
  const near = fc.tuple(latitude, longitude, fc.array(fc.tuple(latitude, longitude), { minLength: 1, maxLength: 4 }));
  fc.assert(
    fc.property(near, fc.nat(40), ([y, x, others], size) => {
      const line = others.map(([a, b]) => place(a, b));
      const bounds = box(
        ...([Math.min(...others.map(([, b]) => b)), Math.min(...others.map(([a]) => a))] as const),
        ...([Math.max(...others.map(([, b]) => b)), Math.max(...others.map(([a]) => a))] as const),
      );
      const asked = box(x, Math.max(-90, y - size), Math.min(180, x + size), Math.min(90, y + size));
      if (meetsBox(line, asked)) expect(mayMeet(bounds, asked)).toBe(true);
      // The ends alone: between them a great circle may leave the bounds.
      const metres = Math.min(...line.map((end) => distanceM(place(y, x), [end])));
      expect(mayBeNear(bounds, place(y, x), metres * 1.01 + 1e-6)).toBe(true);
    }),
  );
});
