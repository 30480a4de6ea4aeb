/**
 * What happens now and then: symptoms, moods, doses, warnings, the cycle, electrocardiograms (spec section 7).
 *
 * Each entry knows how it looks at an instant: a dose is "Not Interacted" until it is taken. An entry lies within the
 * local day that made it. Entries of one type are never equal in name and start.
 */
import type { EventType } from "../../src/health/record.js";
import { hourMs, type LocalDay, minuteMs } from "./clock.js";
import { type Random, randomFor } from "./random.js";
import { sources } from "./samples.js";
import type { ExportView } from "./view.js";
import type { JsonObject } from "./wire.js";

/** Receipt names, as the daemon reports them. */
export type EntryType = EventType | "ecg";

export interface Entry {
  type: EntryType;
  /** Display text or slug, as the phone sends it. */
  name: string;
  startMs: number;
  endMs: number;
  /** From this instant on the entry is exported. */
  knownMs: number;
  write(view: ExportView): JsonObject;
}

/** Key of each type's array in the envelope. */
export const envelopeKeys: Record<EntryType, string> = {
  symptoms: "symptoms",
  state_of_mind: "stateOfMind",
  medications: "medications",
  cycle_tracking: "cycleTracking",
  heart_rate_notifications: "heartRateNotifications",
  ecg: "ecg",
};
export const entryTypes = Object.keys(envelopeKeys) as EntryType[];

export function entriesOfDay(seed: number, day: LocalDay, ecgSeconds: number): Entry[] {
  return entryTypes.flatMap((type) => makers[type](day, randomFor(seed, type, day.date), { seed, ecgSeconds }));
}

type Maker = (day: LocalDay, random: Random, person: { seed: number; ecgSeconds: number }) => Entry[];

const makers: Record<EntryType, Maker> = {
  symptoms: (day, random) => {
    if (!random.chance(0.4)) return [];
    const name = random.pick([
      "Headache",
      "Fatigue",
      "Runny Nose",
      "Lower Back Pain",
      "Rapid, Pounding, or Fluttering Heartbeat",
    ]);
    const severity = random.pick(["Mild", "Moderate", "Severe", "Not Present", "Unspecified"]);
    const startMs = instantIn(day, random, 9, 18);
    return [
      entry("symptoms", name, startMs, startMs + within(day, startMs, 2 * hourMs), (times) => ({
        ...times,
        name,
        severity,
        userEntered: true,
        source: sources.phone,
      })),
    ];
  },
  state_of_mind: (day, random) => {
    const valence = random.between(-1, 1);
    const steps = ["very_unpleasant", "unpleasant", "slightly_unpleasant", "neutral", "slightly_pleasant", "pleasant"];
    const valenceClassification = [...steps, "very_pleasant"][Math.min(6, Math.floor(((valence + 1) / 2) * 7))]!;
    const id = random.uuid();
    const kind = random.pick(["daily_mood", "momentary_emotion"]);
    const startMs = instantIn(day, random, 20, 22);
    return [
      entry("state_of_mind", kind, startMs, startMs, (times) => ({
        id,
        ...times,
        kind,
        valence,
        valenceClassification,
        labels: ["calm", "grateful"],
        associations: ["family"],
        metadata: {},
      })),
    ];
  },
  medications: (day, random) =>
    [8, 20].map((hour) => {
      const scheduledMs = Math.min(day.startMs + hour * hourMs, day.endMs - minuteMs);
      const takenMs = scheduledMs + within(day, scheduledMs, random.whole(1, 55) * minuteMs);
      const outcome = random.pick(["Taken", "Taken", "Taken", "Skipped"]);
      // The name may end in a space (spec section 7.4).
      const displayText = hour === 8 ? "Example 10 mg " : "Sample/Night 2 mg";
      return {
        ...entry("medications", displayText.trim(), scheduledMs, scheduledMs, (_, view) => {
          const isOpen = view.asOfMs < takenMs;
          return {
            displayText,
            start: view.stamp(scheduledMs),
            scheduledDate: view.stamp(scheduledMs),
            status: isOpen ? "Not Interacted" : outcome,
            ...(isOpen ? {} : { dosage: 1 }),
            isArchived: false,
            codings: [],
          };
        }),
        knownMs: scheduledMs,
      };
    }),
  cycle_tracking: (day, random, { seed }) => {
    const dayOfCycle = (Math.floor(Date.parse(day.date) / 86_400_000) + (seed % 28)) % 28;
    const entries: Entry[] = [];
    if (dayOfCycle < 5) {
      const value = random.pick(["Light", "Medium", "Heavy"]);
      entries.push(
        entry("cycle_tracking", "Menstrual Flow", day.startMs, day.endMs - 1000, (times) => ({
          ...times,
          name: "Menstrual Flow",
          value,
          isCycleStart: dayOfCycle === 0,
        })),
      );
    }
    if (dayOfCycle === 13 || random.chance(0.1)) {
      const startMs = instantIn(day, random, 7, 9);
      const value = dayOfCycle === 13 ? "LH Surge" : "Negative";
      const write = ({ start }: JsonObject): JsonObject => ({
        start: start!,
        end: null,
        name: "Ovulation Test Result",
        value,
      });
      entries.push(entry("cycle_tracking", "Ovulation Test Result", startMs, startMs, write));
    }
    return entries;
  },
  heart_rate_notifications: (day, random) => {
    if (!random.chance(0.15)) return [];
    const isHigh = random.chance(0.5);
    const kind = isHigh ? "high_heart_rate_notification" : "low_heart_rate_notification";
    const startMs = instantIn(day, random, 1, 20);
    const endMs = startMs + within(day, startMs, 10 * minuteMs);
    const rates = Array.from({ length: 5 }, () => random.whole(0, 3) + (isHigh ? 121 : 36));
    return [
      entry("heart_rate_notifications", kind, startMs, endMs, (times, view) => ({
        heartNotification: kind,
        threshold: isHigh ? 120 : 40,
        ...times,
        source: { name: String(view.source([sources.watch])["source"] ?? ""), identifier: "com.example.health" },
        // Seconds since 2001, unlike those of electrocardiograms (spec section 7.5).
        heartRateData: rates.map((qty, i) => ({ date: startMs / 1000 - 978_307_200 + i * 60 + 0.5, qty })),
      })),
    ];
  },
  ecg: (day, random, { seed, ecgSeconds }) => {
    if (!random.chance(0.2)) return [];
    const startMs = instantIn(day, random, 8, 21);
    const averageHeartRate = random.whole(55, 90);
    const classification = random.pick([
      "Sinus Rhythm",
      "Sinus Rhythm",
      "Inconclusive Poor Recording",
      "Atrial Fibrillation",
    ]);
    const count = Math.round(ecgSeconds * 512);
    return [
      entry("ecg", classification, startMs, startMs + Math.ceil(ecgSeconds) * 1000, (times, view) => ({
        ...times,
        classification,
        severity: "None",
        averageHeartRate,
        numberOfVoltageMeasurements: count,
        samplingFrequency: 512,
        ...view.source([sources.watch]),
        voltageMeasurements: voltages(randomFor(seed, "voltages", day.date), startMs, count),
      })),
    ];
  },
};

function voltages(random: Random, startMs: number, count: number): JsonObject[] {
  return Array.from({ length: count }, (_, i) => {
    const beat = (i % 430) / 430;
    const peak = beat > 0.3 && beat < 0.34 ? 900 : 60 * Math.sin(beat * 2 * Math.PI);
    return { date: startMs / 1000 + i / 512, voltage: peak + random.between(-12, 12), units: "mcV" };
  });
}

function entry(
  type: EntryType,
  name: string,
  startMs: number,
  endMs: number,
  write: (times: JsonObject, view: ExportView) => JsonObject,
): Entry {
  const knownMs = endMs;
  const writeTimed = (view: ExportView) => write({ start: view.stamp(startMs), end: view.stamp(endMs) }, view);
  return { type, name, startMs, endMs, knownMs, write: writeTimed };
}

/** A whole second between two hours of the day; before the day's end even where travel cut it short. */
function instantIn(day: LocalDay, random: Random, fromHour: number, toHour: number): number {
  const ms = day.startMs + random.whole(fromHour * 3600, toHour * 3600 - 1) * 1000;
  return Math.min(ms, day.endMs - minuteMs);
}

/** The length, cut at the last second of the day. */
function within(day: LocalDay, startMs: number, lengthMs: number): number {
  return Math.min(lengthMs, day.endMs - 1000 - startMs);
}
