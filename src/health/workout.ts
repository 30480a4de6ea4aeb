/**
 * Turns one element of `workouts`, version 1 or 2, into a workout (spec section 6).
 *
 * A route may have a million points, so decoders hand over array fields in parts, before the rest of the element:
 *
 *     addElements(field, part) … → finish(element)
 *
 * Callers may rely on: the element whole, or its arrays in parts of any size, gives the same workout, whatever the order
 * of its keys; only a start or an end that is missing or cannot be read refuses it, because they are its identity where
 * the app gives no id; whatever else is unusable costs itself alone and is named in a warning. How deliveries of one
 * workout merge is in `merge.ts`.
 */
import {
  accept,
  endFields,
  findField,
  foldText,
  type ItemContext,
  type ItemWarning,
  isObject,
  type Result,
  readInterval,
  readText,
  refuseMissing,
  refuseShape,
  startFields,
} from "./item.js";
import type { Workout, WorkoutSeries } from "./record.js";
import { quantityFields, readScalars } from "./workout-fields.js";
import { isSeriesPoint, RouteBuilder, SeriesBuilder } from "./workout-series.js";

/** Of an array that nobody knows so many elements are kept; the archive has all of them. */
const longestLeftover = 10_000;
const longestWorkoutMs = 7 * 86_400_000;

interface ElementTarget {
  add(elements: readonly unknown[]): void;
}

export class WorkoutBuilder {
  #context: ItemContext;
  #route: RouteBuilder;
  /** By name, because fields of two versions may hold one series. */
  #series = new Map<string, SeriesBuilder>();
  /** By field, so that all parts of one array go the way of its first. */
  #targets = new Map<string, ElementTarget>();
  #leftovers = new Map<string, unknown[]>();
  #cutFields = new Set<string>();

  constructor(context: ItemContext) {
    this.#context = context;
    this.#route = new RouteBuilder(context);
  }

  addElements(field: string, elements: readonly unknown[]): void {
    if (elements.length === 0) return;
    let target = this.#targets.get(field);
    if (target === undefined) {
      target = this.#openTarget(field, elements[0]);
      this.#targets.set(field, target);
    }
    target.add(elements);
  }

  /** The first element decides whether an array that nobody knows is a series. */
  #openTarget(field: string, first: unknown): ElementTarget {
    if (field === "route") return this.#route;
    const quantity = quantityFields.get(field === "heartRate" ? "heartRateData" : field);
    const name = quantity?.seriesName ?? foldText(field).replaceAll(" ", "_");
    if (name === "" || (quantity?.seriesName === undefined && !isSeriesPoint(first))) return this.#openLeftover(field);
    const series = this.#series.get(name) ?? new SeriesBuilder(name, field.slice(0, 100), quantity, this.#context);
    this.#series.set(name, series);
    return series;
  }

  #openLeftover(field: string): ElementTarget {
    const kept: unknown[] = [];
    this.#leftovers.set(field, kept);
    return {
      add: (elements) => {
        const room = longestLeftover - kept.length;
        for (const element of elements.slice(0, room)) kept.push(element);
        if (elements.length > room) this.#cutFields.add(field);
      },
    };
  }

  finish(raw: unknown): Result<Workout> {
    if (!isObject(raw)) return refuseShape("workouts");
    // Sorted: the app shuffles its keys, and the same workout has to come out the same.
    for (const field of Object.keys(raw).sort()) {
      const value = raw[field];
      if (Array.isArray(value)) this.addElements(field, value);
    }
    if (findField(raw, endFields) === undefined && findField(raw, startFields) !== undefined) {
      return refuseMissing("end");
    }
    const interval = readInterval(raw, this.#context);
    if (!interval.ok) return interval;
    const { startMs, offsetMin } = interval.value;
    const endMs = interval.value.endMs!;

    const { scalars, warnings } = readScalars(raw, this.#leftovers);
    const { route, warnings: routeWarnings } = this.#route.finish({ startMs, endMs });
    const { series, warnings: seriesWarnings } = this.#finishSeries(startMs, endMs);
    return accept(
      { haeId: readText(raw["id"])?.toUpperCase() ?? null, startMs, endMs, offsetMin, scalars, series, route },
      [...this.#listWarnings(endMs - startMs), ...warnings, ...seriesWarnings, ...routeWarnings],
    );
  }

  #finishSeries(startMs: number, endMs: number): { series: WorkoutSeries[]; warnings: ItemWarning[] } {
    const names = [...this.#series.keys()].sort();
    const finished = names.map((name) => this.#series.get(name)!.finish({ startMs, endMs }));
    return {
      series: finished.flatMap(({ series }) => series ?? []),
      warnings: finished.flatMap(({ warnings }) => warnings),
    };
  }

  #listWarnings(lengthMs: number): ItemWarning[] {
    const warnings: ItemWarning[] = [];
    if (lengthMs > longestWorkoutMs) {
      warnings.push({ warning: "suspicious_value", message: "The workout lasts longer than seven days." });
    }
    for (const field of this.#cutFields) {
      const message = `Only the first ${longestLeftover} elements of ${field.slice(0, 100)} are kept with the workout.`;
      warnings.push({ warning: "unknown_key", message });
    }
    return warnings;
  }
}
