/** The words of the app's enumerations, English complete (spec sections 3.12, 3.13, 6.1, 7). */
import { expect, test } from "vitest";
import { openDesk, readFixture } from "./quirk.js";

/** Sends one item per word, an hour apart, and gives what `field` of each came to. */
async function mapped(key: string, words: readonly string[], itemOf: (word: string) => object, field: string) {
  const desk = await openDesk("UTC");
  const items = words.map((word, hour) => {
    const start = new Date(Date.UTC(2026, 2, 2, hour)).toISOString();
    return { start, end: start, ...itemOf(word) };
  });
  const told = await desk.send({ data: { [key]: items } });

  expect(told).toBe(`processed: ${words.length} received, ${words.length} inserted`);
  const query = key === "workouts" || key === "ecg" ? { workouts: "workouts", ecg: "ecgs" }[key] : "events";
  return (await desk.ask(query)).map((answer: Record<string, unknown>, i: number) => [words[i], answer[field]]);
}

test("every symptom and every entry of cycle tracking has its name", async () => {
  const rows = JSON.parse((await readFixture("vocabulary")).toString()) as Record<string, [string, string][]>;

  for (const key of ["symptoms", "cycleTracking"]) {
    const words = rows[key]!.map(([word]) => word);
    expect(await mapped(key, words, (name) => ({ name }), "name")).toEqual(rows[key]);
  }
});

test("severities and presences", async () => {
  const rows = [
    ["Not Present", "not_present"],
    ["Mild", "mild"],
    ["Moderate", "moderate"],
    ["Severe", "severe"],
    ["Unspecified", "unspecified"],
    ["Present", "present"],
    ["Increased", "increased"],
    ["Decreased", "decreased"],
  ];
  const words = rows.map(([word]) => word!);

  expect(await mapped("symptoms", words, (severity) => ({ name: "Headache", severity }), "value")).toEqual(rows);
});

test("values of cycle tracking", async () => {
  const rows = [
    ...[
      ["Unspecified", "unspecified"],
      ["Light", "light"],
      ["Medium", "medium"],
      ["Heavy", "heavy"],
      ["None", "none"],
    ],
    ...[
      ["Dry", "dry"],
      ["Sticky", "sticky"],
      ["Creamy", "creamy"],
      ["Watery", "watery"],
      ["Egg White", "egg_white"],
    ],
    ...[
      ["Negative", "negative"],
      ["Positive", "positive"],
      ["Indeterminate", "indeterminate"],
    ],
    ...[
      ["LH Surge", "lh_surge"],
      ["Estrogen Surge", "estrogen_surge"],
      ["Implant", "implant"],
    ],
    ...[
      ["Injection", "injection"],
      ["IUD", "iud"],
      ["Ring", "ring"],
      ["Oral", "oral"],
      ["Patch", "patch"],
    ],
    ...[
      ["Protection Used", "protection_used"],
      ["Protection Not Used", "protection_not_used"],
    ],
  ];
  const words = rows.map(([word]) => word!);

  expect(await mapped("cycleTracking", words, (value) => ({ name: "Contraceptive", value }), "value")).toEqual(rows);
});

test("what became of a dose, in English and Spanish", async () => {
  const rows = [
    ...[
      ["Taken", "taken"],
      ["Skipped", "skipped"],
      ["Snoozed", "snoozed"],
      ["Not Interacted", "not_interacted"],
    ],
    ...[
      ["Not Logged", "not_logged"],
      ["Notification Not Sent", "notification_not_sent"],
    ],
    ...[
      ["Unspecified", "unspecified"],
      ["Tomado", "taken"],
      ["Omitido", "skipped"],
    ],
    ...[
      ["No Interactuado", "not_interacted"],
      ["Somehow", "Somehow"],
    ],
  ];
  const words = rows.map(([word]) => word!);

  expect(await mapped("medications", words, (status) => ({ displayText: "Example", status }), "value")).toEqual(rows);
});

test("slugs of moods and of heart-rate notifications", async () => {
  const moods = ["very_unpleasant", "unpleasant", "slightly_unpleasant", "neutral", "slightly_pleasant", "pleasant"];
  const notifications = [
    "high_heart_rate_notification",
    "low_heart_rate_notification",
    "irregular_rhythm_notification",
  ];
  const same = (words: string[]) => words.map((word) => [word, word]);

  expect(
    await mapped(
      "stateOfMind",
      [...moods, "very_pleasant"],
      (valenceClassification) => ({ id: valenceClassification, kind: "daily_mood", valenceClassification }),
      "value",
    ),
  ).toEqual(same([...moods, "very_pleasant"]));
  expect(
    await mapped("heartRateNotifications", notifications, (heartNotification) => ({ heartNotification }), "name"),
  ).toEqual(same(notifications));
});

test("classifications of electrocardiograms", async () => {
  const rows = [
    ["Sinus Rhythm", "sinus_rhythm"],
    ["Atrial Fibrillation", "atrial_fibrillation"],
    ["Inconclusive Low Heart Rate", "inconclusive_low_heart_rate"],
    ["Inconclusive High Heart Rate", "inconclusive_high_heart_rate"],
    ["High Heart Rate", "high_heart_rate"],
    ["Inconclusive Poor Recording", "inconclusive_poor_recording"],
    ["Inconclusive", "inconclusive"],
    ["Unrecognized", "unrecognized"],
    ["Not Set", "not_set"],
    ["Ritmo Sinusal", "sinus_rhythm"],
    ["Etwas anderes", "Etwas anderes"],
  ];
  const words = rows.map(([word]) => word!);

  expect(await mapped("ecg", words, (classification) => ({ classification }), "classification")).toEqual(rows);
});

test.each([
  [
    "location",
    "location",
    [
      ["Indoor", "indoor"],
      ["Outdoor", "outdoor"],
      ["Pool", "pool"],
      ["Open Water", "open_water"],
    ],
  ],
  [
    "salinity",
    "salinity",
    [
      ["Fresh Water", "fresh_water"],
      ["Salt Water", "salt_water"],
    ],
  ],
  [
    "strokeStyle",
    "stroke_style",
    [
      ...[
        ["Backstroke", "backstroke"],
        ["Breaststroke", "breaststroke"],
        ["Butterfly", "butterfly"],
      ],
      ...[
        ["Freestyle", "freestyle"],
        ["Mixed", "mixed"],
        ["Kickboard", "kickboard"],
        ["Uknown", "unknown"],
      ],
    ],
  ],
])("the words of a workout's %s", async (field, scalar, rows) => {
  const words = rows.map(([word]) => word!);

  expect(await mapped("workouts", words, (word) => ({ id: word, name: "Swim", [field]: word }), scalar)).toEqual(rows);
});
