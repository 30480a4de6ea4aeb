/**
 * One person, made up from a seed: what their devices wrote into Health during some local days, and what is true
 * about it. Nothing is made before somebody asks for it, so a small question about a person is cheap.
 */
import { metricNames } from "./catalogue.js";
import { addDays, type Clock, clockOf, dayMs, daysOf, type Journey, type LocalDay, travellingClock } from "./clock.js";
import { type Entry, entriesOfDay } from "./events.js";
import { type Sample, samplesOfDay } from "./samples.js";
import { type SleepRecord, sleepOfDay } from "./sleep.js";
import { makeTruth, type Truth } from "./truth.js";
import { type WorkoutDone, workoutsOfDay } from "./workouts.js";

export interface PersonOptions {
  seed: number;
  /** IANA name of the zone at the beginning. */
  zone: string;
  /** First local day, YYYY-MM-DD. */
  firstDate: string;
  days: number;
  travel?: readonly Journey[];
  /** What is exported unless an export says otherwise, and what the truth tells; default: everything. */
  metrics?: readonly string[];
  /** Samples per hour, relative to 1; up to 100. About 10 is what a real watch writes. */
  density?: number;
  /** Length of an electrocardiogram; a real one has 30 seconds. */
  ecgSeconds?: number;
}

export interface Person {
  readonly options: PersonOptions;
  readonly metrics: readonly string[];
  /** The clock that the person lived by: truth's days are cut by it. */
  readonly clock: Clock;
  readonly days: readonly LocalDay[];
  readonly startMs: number;
  readonly endMs: number;
  /** The clock of the place where the person is at an instant, as if they had always been there. */
  clockAt(ms: number): Clock;
  /** In order of time. */
  samples(metric: string): readonly Sample[];
  readonly sleep: readonly SleepRecord[];
  readonly workouts: readonly WorkoutDone[];
  readonly entries: readonly Entry[];
  readonly truth: Truth;
}

export function livePerson(options: PersonOptions): Person {
  const { seed, zone, firstDate, travel = [], density = 1, ecgSeconds = 30 } = options;
  const unknown = options.metrics?.find((name) => !metricNames.includes(name));
  if (unknown) throw new Error(`phone: there is no metric ${unknown} here`);
  const aroundMs = Date.parse(firstDate);
  const untilMs = aroundMs + options.days * dayMs;
  const { clock, stays } = travellingClock(zone, travel, aroundMs, untilMs);
  const startMs = clock.startOf(firstDate);
  const endMs = clock.startOf(addDays(firstDate, options.days));
  const days = daysOf(clock, startMs, endMs);

  const samples = new Map<string, Sample[]>();
  const sleep = once(() => days.flatMap((day) => sleepOfDay(seed, day)));
  const workouts = once(() => days.flatMap((day) => workoutsOfDay(seed, day, density)));
  const entries = once(() => days.flatMap((day) => entriesOfDay(seed, day, ecgSeconds)));
  const truth = once(() => makeTruth(person));
  const person: Person = {
    options,
    metrics: options.metrics ?? metricNames,
    clock,
    days,
    startMs,
    endMs,
    clockAt: (ms) => clockOf(stays.findLast((stay) => stay.fromMs <= ms)!.zone, aroundMs, untilMs),
    samples: (metric) => {
      let made = samples.get(metric);
      if (!made) {
        made = days.flatMap((day) => samplesOfDay(metric, { seed, day, density }));
        samples.set(metric, made);
      }
      return made;
    },
    get sleep() {
      return sleep();
    },
    get workouts() {
      return workouts();
    },
    get entries() {
      return entries();
    },
    get truth() {
      return truth();
    },
  };
  return person;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
