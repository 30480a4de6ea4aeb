/**
 * What the person's devices and apps wrote into Health: samples of one metric on one local day.
 *
 * A caller may rely on this, because the groupings of an export are only equal when it holds: no sample crosses an
 * hour counted from local midnight, hence no midnight; times are whole seconds; samples of one source and metric do
 * not overlap; what is measured has a length. Values are in the canonical unit (`catalogue.ts`).
 */
import { hourMs, type LocalDay, minuteMs } from "./clock.js";
import { type Random, randomFor } from "./random.js";

export interface Sample {
  startMs: number;
  endMs: number;
  source: string;
  /** Systolic for blood pressure. */
  value: number;
  /** Diastolic for blood pressure, else null. */
  value2: number | null;
  /** Meal, reason, completeness; "" where the metric has none. */
  variant: string;
  /** When Health on the phone got to know it: some things arrive hours late (spec section 8.1). */
  knownMs: number;
}

export const sources = {
  watch: "Kim\u2019s Apple\u00a0Watch",
  phone: "Kim\u2019s iPhone",
  pedometer: "Pedometer++",
  scale: "Body Scale",
  cuff: "Cuff",
  meter: "Gluco Meter",
  food: "Food Log",
  water: "Water/Reminder",
  brush: "Brush",
  sleepApp: "Night Owl",
  band: "Band 7",
} as const;

export interface DayOfLife {
  seed: number;
  day: LocalDay;
  /** Samples per hour, relative to 1: an ordinary person at a tenth of the real rate. */
  density: number;
}

type Maker = (life: DayOfLife, random: Random) => Sample[];

/** Half an hour, cut from local midnight on; the last one of a day may be shorter. */
interface Slot {
  startMs: number;
  endMs: number;
  /** Hours since local midnight. */
  hour: number;
  /** How active the person is, 0 to 1; 0 while asleep. Metrics agree on it. */
  activity: number;
  isWatchWorn: boolean;
}

export function samplesOfDay(metric: string, life: DayOfLife): Sample[] {
  const make = makers[metric];
  if (!make) throw new Error(`phone: nobody makes samples of ${metric}`);
  return make(life, randomFor(life.seed, metric, life.day.date)).sort((a, b) => a.startMs - b.startMs);
}

const makers: Record<string, Maker> = {
  step_count: moving({ perMinute: [30, 85], isWhole: true, pedometer: 0.06 }),
  walking_running_distance: moving({ perMinute: [0.02, 0.06], isWhole: false, pedometer: 0 }),
  flights_climbed: moving({ perMinute: [0.03, 0.15], isWhole: true, pedometer: 0 }),
  active_energy: moving({ perMinute: [1, 4], isWhole: false, pedometer: 0.03 }),
  basal_energy_burned: (life, random) =>
    slots(life)
      .filter((slot) => slot.isWatchWorn)
      .flatMap((slot) =>
        cells(slot, Math.ceil(2 * life.density)).map(([startMs, endMs]) =>
          sample(startMs, endMs, sources.watch, (random.between(0.95, 1.3) * (endMs - startMs)) / minuteMs),
        ),
      ),
  apple_exercise_time: (life, random) =>
    slots(life)
      .filter((slot) => slot.isWatchWorn && slot.activity > 0.5)
      .flatMap((slot) => {
        const startMs = slot.startMs + random.whole(0, 10) * minuteMs;
        const count = Math.min(random.whole(2, 8), (slot.endMs - startMs) / minuteMs);
        return Array.from({ length: Math.max(0, Math.floor(count)) }, (_, i) =>
          sample(startMs + i * minuteMs, startMs + (i + 1) * minuteMs, sources.watch, 1),
        );
      }),
  apple_stand_hour: (life, random) => {
    const stood: Sample[] = [];
    for (let startMs = life.day.startMs; startMs + hourMs <= life.day.endMs; startMs += hourMs) {
      const hour = (startMs - life.day.startMs) / hourMs;
      if (hour >= 7 && hour < 23 && random.chance(0.75))
        stood.push(sample(startMs, startMs + hourMs, sources.watch, 1));
    }
    return stood;
  },
  dietary_energy: meals((random) => random.whole(80, 700)),
  protein: meals((random) => random.whole(2, 400) / 10),
  dietary_water: (life, random) =>
    moments(life, random, 7, 22, random.whole(3, 7)).map((ms) =>
      logged(ms, random.chance(0.3) ? sources.watch : sources.water, random.pick([200, 250, 300, 330, 500])),
    ),
  insulin_delivery: (life, random) => [
    ...moments(life, random, 8, 20, 3).map((ms) => logged(ms, sources.meter, random.whole(2, 16) / 2, "Bolus")),
    ...moments(life, random, 21, 23, 1).map((ms) => logged(ms, sources.meter, random.whole(10, 18), "Basal")),
  ],
  handwashing: (life, random) =>
    moments(life, random, 7, 22, random.whole(2, 6)).map((ms) => {
      const seconds = random.whole(8, 40);
      return washed(ms, seconds, sources.watch, seconds < 20 ? "Incomplete" : "Complete");
    }),
  toothbrushing: (life, random) =>
    moments(life, random, 7, 22, 2).map((ms) => {
      const seconds = random.whole(60, 140);
      return washed(ms, seconds, sources.brush, seconds < 115 ? "Incomplete" : "Complete");
    }),
  sexual_activity: (life, random) =>
    random.chance(0.3)
      ? moments(life, random, 8, 23, random.whole(1, 2)).map((ms) =>
          logged(ms, sources.phone, 1, random.pick(["Unspecified", "Protection Used", "Protection Not Used"])),
        )
      : [],
  heart_rate: (life, random) =>
    slots(life)
      .filter((slot) => slot.isWatchWorn)
      .flatMap((slot) =>
        cells(slot, Math.ceil(6 * life.density)).map(([startMs, endMs]) => {
          const ms = startMs + random.whole(0, Math.max(0, (endMs - startMs) / 1000 - 1)) * 1000;
          const atRest = slot.hour < 7 ? 50 : 62;
          return sample(ms, ms, sources.watch, Math.round(atRest + slot.activity * 85 + random.between(-5, 9)));
        }),
      ),
  resting_heart_rate: (life, random) =>
    moments(life, random, 8, 9, 1).map((ms) => late(logged(ms, sources.watch, random.whole(51, 63)), 11 * hourMs)),
  heart_rate_variability: (life, random) =>
    moments(life, random, 1, 22, random.whole(3, 6)).map((ms) => logged(ms, sources.watch, random.between(25, 110))),
  respiratory_rate: (life, random) =>
    moments(life, random, 1, 6, random.whole(4, 8)).map((ms) =>
      late(logged(ms, sources.watch, random.whole(24, 38) / 2), 5 * hourMs),
    ),
  blood_oxygen_saturation: (life, random) =>
    moments(life, random, 1, 22, random.whole(4, 9)).map((ms) => logged(ms, sources.watch, random.whole(94, 100))),
  environmental_audio_exposure: (life, random) =>
    slots(life)
      .filter((slot) => slot.isWatchWorn && slot.hour >= 7 && slot.hour < 23)
      .map((slot) => sample(slot.startMs, slot.endMs, sources.watch, random.between(38, 88))),
  // Starts after midnight: receivers differ in whether a night's temperature belongs to its evening or its morning.
  apple_sleeping_wrist_temperature: (life, random) =>
    slots(life)
      .slice(0, 1)
      .map(({ startMs, endMs }) => late(sample(startMs, endMs, sources.watch, random.between(34.9, 36.3)), 7 * hourMs)),
  weight_body_mass: (life, random) =>
    random.chance(0.8)
      ? moments(life, random, 7, 8, 1).map((ms) => logged(ms, sources.scale, 70 + random.whole(-15, 15) / 10))
      : [],
  vo2_max: (life, random) =>
    random.chance(0.3)
      ? moments(life, random, 17, 20, 1).map((ms) =>
          late(logged(ms, sources.watch, random.between(38, 44)), 6 * hourMs),
        )
      : [],
  blood_glucose: (life, random) =>
    moments(life, random, 7, 22, random.whole(3, 5)).map((ms) =>
      logged(ms, sources.meter, random.whole(42, 95) / 10, random.pick(["Before Meal", "After Meal", "Unspecified"])),
    ),
  blood_pressure: (life, random) =>
    moments(life, random, 7, 21, random.whole(0, 2)).map((ms) => ({
      ...logged(ms, sources.cuff, random.whole(108, 138)),
      value2: random.whole(66, 88),
    })),
};

/** Watch and phone both count what the person walks; the phone adds about a quarter that the watch already has. */
function moving(how: { perMinute: [number, number]; isWhole: boolean; pedometer: number }): Maker {
  return (life, random) => {
    const made: Sample[] = [];
    const write = (source: string, [startMs, endMs]: [number, number], share: number): void => {
      const value = (random.between(...how.perMinute) * share * (endMs - startMs)) / minuteMs;
      const counted = how.isWhole ? Math.round(value) : value;
      if (counted > 0) made.push(sample(startMs, endMs, source, counted));
    };
    for (const slot of slots(life)) {
      if (slot.activity === 0) continue;
      if (slot.isWatchWorn) {
        for (const bout of bouts(slot, random, Math.ceil(random.whole(1, 3) * life.density), 0.5, 0.95)) {
          write(sources.watch, bout, slot.activity);
        }
      }
      if (!slot.isWatchWorn || random.chance(0.45)) {
        for (const bout of bouts(slot, random, Math.ceil(random.whole(1, 2) * life.density), 0.4, 0.8)) {
          write(sources.phone, bout, slot.activity);
        }
      }
      if (random.chance(how.pedometer)) {
        for (const bout of bouts(slot, random, 1, 0.4, 0.9)) write(sources.pedometer, bout, slot.activity);
      }
    }
    return made;
  };
}

/** Several foods bear the same minute, and now and then two are equal: both were eaten (spec section 8.3). */
function meals(amount: (random: Random) => number): Maker {
  return (life, random) =>
    [8, 12, 19].flatMap((hour) =>
      moments(life, random, hour, hour + 1.5, 1).flatMap((ms) => {
        const foods = Array.from({ length: random.whole(1, 3) }, () => amount(random));
        if (random.chance(0.2)) foods.push(foods[0]!);
        return foods.map((value) => logged(ms, sources.food, value));
      }),
    );
}

function slots({ seed, day }: DayOfLife): Slot[] {
  const random = randomFor(seed, "activity", day.date);
  const made: Slot[] = [];
  for (let startMs = day.startMs; startMs < day.endMs; startMs += 30 * minuteMs) {
    const endMs = Math.min(startMs + 30 * minuteMs, day.endMs);
    const hour = (startMs - day.startMs) / hourMs;
    const isAwake = hour >= 7 && hour < 23;
    const activity = isAwake && random.chance(0.5) ? random.between(0.1, 1) : 0;
    const isWatchWorn = !random.chance(isAwake ? 0.08 : 0.02);
    // Too short for anything: the rest of a day that travel cut off.
    if (endMs - startMs >= 10 * minuteMs) made.push({ startMs, endMs, hour, activity, isWatchWorn });
  }
  return made;
}

/** The slot cut into equal parts on whole seconds. */
function cells(slot: Slot, count: number): [number, number][] {
  const seconds = (slot.endMs - slot.startMs) / 1000;
  const edge = (i: number): number => slot.startMs + Math.round((seconds * i) / count) * 1000;
  return Array.from({ length: count }, (_, i) => [edge(i), edge(i + 1)]);
}

/** One stretch inside each cell, of a share of its length. */
function bouts(slot: Slot, random: Random, count: number, least: number, most: number): [number, number][] {
  return cells(slot, count).map(([startMs, endMs]) => {
    const seconds = (endMs - startMs) / 1000;
    const length = Math.max(1, Math.floor(seconds * random.between(least, most)));
    const from = startMs + random.whole(0, seconds - length) * 1000;
    return [from, from + length * 1000];
  });
}

/** Instants between two hours of the day, in half hours of their own, two minutes before the end of these at least. */
function moments(life: DayOfLife, random: Random, fromHour: number, toHour: number, count: number): number[] {
  const free = slots(life).filter((slot) => slot.hour >= fromHour && slot.hour < toHour && isWhole(slot));
  return random
    .shuffle(free)
    .slice(0, count)
    .map((slot) => slot.startMs + random.whole(0, 27 * 60) * 1000);
}

function isWhole(slot: Slot): boolean {
  return slot.endMs - slot.startMs === 30 * minuteMs;
}

function sample(startMs: number, endMs: number, source: string, value: number, variant = ""): Sample {
  return { startMs, endMs, source, value, value2: null, variant, knownMs: endMs };
}

function logged(ms: number, source: string, value: number, variant = ""): Sample {
  return sample(ms, ms, source, value, variant);
}

function washed(ms: number, seconds: number, source: string, variant: string): Sample {
  return sample(ms, ms + seconds * 1000, source, seconds / 60, variant);
}

function late(made: Sample, byMs: number): Sample {
  return { ...made, knownMs: made.endMs + byMs };
}
