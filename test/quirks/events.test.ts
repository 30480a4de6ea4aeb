/** Moods, symptoms, medications, notifications, cycle entries and electrocardiograms (spec sections 5.5, 7). */
import { expect, test } from "vitest";
import { openDesk, readFixture } from "./quirk.js";

const event = (answer: Record<string, unknown>) => ({
  ...{ id: expect.any(String), end: null, value: null, quantity: null, source: null, ...answer },
});

/** What was sent, as the fixture has it: answers keep all of it. */
async function sentIn(fixture: string, key: string) {
  return JSON.parse((await readFixture(fixture)).toString()).data[key];
}

test("a state of mind has its kind, valence and classification as a slug or as a number", async () => {
  const desk = await openDesk();
  const [mood, emotion] = await sentIn("state-of-mind", "stateOfMind");

  expect(await desk.sendFixture("state-of-mind")).toBe("processed: 2 received, 2 inserted");
  expect(await desk.ask("events")).toEqual([
    event({
      ...{ type: "state_of_mind", name: "momentary_emotion", start: "2026-03-02T08:00:00.000Z" },
      ...{ value: "very_unpleasant", quantity: -1, detail: emotion },
    }),
    event({
      ...{ type: "state_of_mind", name: "daily_mood", start: "2026-03-02T20:00:00.000Z" },
      ...{ end: "2026-03-02T20:00:00.000Z", value: "pleasant", quantity: 0.42, detail: mood },
    }),
  ]);
});

test("a state of mind is known by its id: a correction replaces it, a valence of two is impossible", async () => {
  const desk = await openDesk();
  await desk.sendFixture("state-of-mind");
  const [mood] = await sentIn("state-of-mind", "stateOfMind");

  expect(await desk.send({ data: { stateOfMind: [{ ...mood, id: mood.id.toLowerCase(), valence: 0.5 }] } })).toBe(
    "processed: 1 received, 1 updated",
  );
  expect(await desk.send({ data: { stateOfMind: [{ ...mood, valence: 2 }] } })).toBe(
    "rejected: 1 received, 1 rejected; state_of_mind[0] out_of_range valence",
  );
  expect((await desk.ask("events")).map(({ quantity }: { quantity: number }) => quantity)).toEqual([-1, 0.5]);
});

test("symptoms have a severity or a presence, and what nobody knows stays as it was sent", async () => {
  const desk = await openDesk();
  const [headache, mood, ears] = await sentIn("symptoms", "symptoms");
  const times = { start: "2026-03-02T09:00:00.000Z", end: "2026-03-02T11:00:00.000Z", source: "Health" };

  expect(await desk.sendFixture("symptoms")).toBe("processed: 3 received, 3 inserted");
  const stored = await desk.ask("events", { type: "symptoms" });
  expect(stored).toHaveLength(3);
  expect(stored).toEqual(
    expect.arrayContaining([
      event({ type: "symptoms", name: "headache", value: "mild", detail: headache, ...times }),
      event({ type: "symptoms", name: "mood_changes", value: "present", detail: mood, ...times }),
      event({ type: "symptoms", name: "Glowing Ears", value: "Rather much", detail: ears, ...times }),
    ]),
  );
});

const span = { start: "2026-03-02 10:00:00 +0100", end: "2026-03-02 12:00:00 +0100" };

test.each([
  [
    "symptoms",
    { type: "symptoms", name: "headache", value: "severe" },
    { name: "Headache", severity: "Severe" },
    { name: "Kopfschmerzen", severity: "Schwer" },
    { name: "Dolor de cabeza", severity: "Grave" },
    { name: "头痛", severity: "严重" },
  ],
  [
    "cycleTracking",
    { type: "cycle_tracking", name: "menstrual_flow", value: "heavy" },
    { name: "Menstrual Flow", value: "Heavy" },
    { name: "Menstruation", value: "Stark" },
    { name: "Flujo menstrual", value: "Abundante" },
    { name: "月经流量", value: "大量" },
  ],
  [
    "medications",
    { type: "medications", name: "Example 10 mg", value: "taken" },
    { displayText: "Example 10 mg ", status: "Taken" },
    { displayText: "Example 10 mg", status: "Eingenommen" },
    { displayText: "Example 10\u00a0mg", status: "Tomado" },
    { displayText: " Example 10 mg", status: "已服用" },
  ],
])("%s of a phone in English, German, Spanish and Chinese are one record", async (key, stored, ...spellings) => {
  const desk = await openDesk();
  const told = [];
  for (const spelling of spellings)
    told.push(await desk.send({ data: { [key]: [{ ...span, ...(spelling as object) }] } }));

  expect(told[0]).toBe("processed: 1 received, 1 inserted");
  const events = await desk.ask("events");
  expect(events).toHaveLength(1);
  expect({ ...events[0], name: events[0].name.replace("\u00a0", " ") }).toMatchObject(stored);
});

test("medications are trimmed, may have a schedule alone, and keep their codings", async () => {
  const desk = await openDesk();
  const [tablet, drops] = await sentIn("medications", "medications");

  expect(await desk.sendFixture("medications")).toBe("processed: 2 received, 2 inserted");
  expect(await desk.ask("events")).toEqual([
    event({
      ...{ type: "medications", name: "Example 10 mg", start: "2026-03-02T07:00:00.000Z", value: "not_interacted" },
      detail: tablet,
    }),
    event({
      ...{ type: "medications", name: "Sample drops", start: "2026-03-02T08:30:00.000Z" },
      ...{ end: "2026-03-02T08:30:00.000Z", value: "skipped", quantity: 1, detail: drops },
    }),
  ]);
});

test("the status of a dose changes later, and so may the time at which it was taken", async () => {
  const desk = await openDesk();
  await desk.sendFixture("medications");
  const [tablet] = await sentIn("medications", "medications");
  const taken = { ...tablet, start: "2026-03-02 08:12:00 +0100", status: "Taken", dosage: 1 };

  expect(await desk.send({ data: { medications: [taken] } })).toBe("processed: 1 received, 1 updated");
  expect((await desk.ask("events"))[0]).toEqual(
    event({
      ...{ type: "medications", name: "Example 10 mg", start: "2026-03-02T07:12:00.000Z" },
      ...{ value: "taken", quantity: 1, detail: taken },
    }),
  );
});

test("a heart-rate notification as phones send it: a source that is an object, times from 2001", async () => {
  const desk = await openDesk();
  const [sent] = await sentIn("heart-rate-notification-live", "heartRateNotifications");

  expect(await desk.sendFixture("heart-rate-notification-live")).toBe("processed: 1 received, 1 inserted");
  expect(await desk.ask("events")).toEqual([
    event({
      ...{ type: "heart_rate_notifications", name: "low_heart_rate_notification", quantity: 40, source: "Watch" },
      ...{ start: "2026-03-02T02:10:00.000Z", end: "2026-03-02T02:20:00.000Z" },
      detail: { ...sent, heart_rate_readings: [{ time: "2026-03-02T02:10:00.500Z", value: 38, unit: null }] },
    }),
  ]);
});

test("a heart-rate notification as it is documented: no type, times as texts, a variation", async () => {
  const desk = await openDesk();
  const [sent] = await sentIn("heart-rate-notification-documented", "heartRateNotifications");

  expect(await desk.sendFixture("heart-rate-notification-documented")).toBe("processed: 1 received, 1 inserted");
  expect(await desk.ask("events")).toEqual([
    event({
      ...{ type: "heart_rate_notifications", name: "heart_rate_notification", quantity: 120, source: "Watch" },
      ...{ start: "2026-03-02T02:10:00.000Z", end: "2026-03-02T02:20:00.000Z" },
      detail: {
        ...sent,
        heart_rate_readings: [{ time: "2026-03-02T02:11:00.000Z", value: 124, unit: "bpm" }],
        heart_rate_variability_readings: [{ time: "2026-03-02T02:12:00.000Z", value: 33.5, unit: "ms" }],
      },
    }),
  ]);
});

test("the end of a cycle entry may be null, and flow says where a cycle begins", async () => {
  const desk = await openDesk();
  const [flow, mucus, ovulation] = await sentIn("cycle-tracking", "cycleTracking");

  expect(await desk.sendFixture("cycle-tracking")).toBe("processed: 3 received, 3 inserted");
  expect(await desk.ask("events")).toEqual([
    event({
      ...{ type: "cycle_tracking", name: "menstrual_flow", start: "2026-02-28T23:00:00.000Z", value: "medium" },
      detail: flow,
    }),
    event({
      ...{ type: "cycle_tracking", name: "cervical_mucus_quality", start: "2026-03-01T23:00:00.000Z" },
      ...{ end: "2026-03-02T22:59:59.000Z", value: "egg_white", detail: mucus },
    }),
    event({
      ...{ type: "cycle_tracking", name: "ovulation_test_result", start: "2026-03-02T06:00:00.000Z" },
      ...{ value: "lh_surge", detail: ovulation },
    }),
  ]);
});

test("an event without what its key needs is refused by position", async () => {
  const desk = await openDesk();
  const nameless = { data: { symptoms: [{ ...span, severity: "Mild" }, { name: "Headache", end: span.end }, "x"] } };

  expect(await desk.send(nameless)).toBe(
    [
      "rejected: 3 received, 3 rejected; symptom[0] missing_field name; symptom[1] missing_field start",
      "symptom[2] unsupported_shape",
    ].join("; "),
  );
});

const recording = (answer: Record<string, unknown>) => ({
  ...{ id: expect.any(String), start: "2026-03-02T07:15:00.000Z", end: "2026-03-02T07:15:30.000Z" },
  ...{ classification: "sinus_rhythm", classification_text: "Sinus Rhythm", severity: null },
  ...{ average_heart_rate: 66, sampling_frequency_hz: 512, source: "ECG", ...answer },
});

test.each([
  [
    "seconds since 1970, out of order",
    "ecg-epoch-floats",
    recording({ severity: "none", voltage_count: 4, voltages_uv: [3, -12.7, 0.5, 250.25] }),
  ],
  [
    "seconds since 2001, voltages as texts in millivolts",
    "ecg-apple-epoch",
    recording({
      ...{ classification: "atrial_fibrillation", classification_text: "Atrial Fibrillation" },
      ...{ average_heart_rate: 91, voltage_count: 2, voltages_uv: [-1, 2.5] },
    }),
  ],
  [
    "texts, in a phone's own language",
    "ecg-texts",
    recording({ classification_text: "Ritmo Sinusal", voltage_count: 2, voltages_uv: [1.5, 2] }),
  ],
])("an electrocardiogram whose dates are %s", async (_, fixture, stored) => {
  const desk = await openDesk();

  expect(await desk.sendFixture(fixture)).toBe("processed: 1 received, 1 inserted");
  const [{ id }] = await desk.ask("ecgs");
  expect(await desk.ask("ecg", { id })).toEqual(stored);
});

test("an electrocardiogram is known by its start and source, in whatever language it comes again", async () => {
  const desk = await openDesk();
  await desk.sendFixture("ecg-epoch-floats");
  const [sent] = await sentIn("ecg-epoch-floats", "ecg");

  expect(await desk.send({ data: { ecg: [{ ...sent, classification: "Sinusrhythmus" }] } })).toBe(
    "processed: 1 received, 1 updated",
  );
  expect(await desk.ask("ecgs")).toMatchObject([
    { classification: "sinus_rhythm", classification_text: "Sinusrhythmus", voltage_count: 4 },
  ]);
});

test("a whole recording comes back voltage by voltage", async () => {
  const desk = await openDesk();
  const voltages = Array.from({ length: 15_360 }, (_, i) => ((i * 37) % 1000) / 4 - 100);
  const { data } = JSON.parse((await readFixture("ecg-epoch-floats")).toString());
  const measured = voltages.map((voltage, i) => ({ date: 1772435700 + i / 512, voltage, units: "mcV" }));
  Object.assign(data.ecg[0], { voltageMeasurements: measured, numberOfVoltageMeasurements: 15_360 });

  expect(await desk.send(JSON.stringify({ data }, null, 2))).toBe("processed: 1 received, 1 inserted");
  const [{ id }] = await desk.ask("ecgs");
  expect((await desk.ask("ecg", { id })).voltages_uv).toEqual(voltages);
});
