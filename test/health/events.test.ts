/** What becomes of symptoms, moods, doses, notifications and cycle entries (spec section 7). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cycleNames, ecgClassifications, medicationStatuses, symptomNames } from "../../src/health/event-names.js";
import {
  normaliseCycleTracking,
  normaliseHeartRateNotification,
  normaliseMedication,
  normaliseStateOfMind,
  normaliseSymptom,
} from "../../src/health/events.js";
import { buildNameTable, findSlug, type Result } from "../../src/health/item.js";
import type { HealthEvent } from "../../src/health/record.js";

const context = { zone: "Europe/Berlin" };
const at = (text: string) => Date.parse(text);

function eventOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error)}`);
  return result.value;
}

const headache = {
  start: "2026-03-02 10:00:00 +0100",
  end: "2026-03-02 12:00:00 +0100",
  name: "Headache",
  severity: "Mild",
  userEntered: true,
  source: "Health",
};

describe("symptoms", () => {
  test("a symptom becomes an event with a mapped name, a mapped severity and everything that was sent", () => {
    expect(normaliseSymptom(headache, context)).toEqual({
      ok: true,
      value: {
        type: "symptoms",
        key: `["headache",${at("2026-03-02T09:00:00Z")},${at("2026-03-02T11:00:00Z")},"Health"]`,
        name: "headache",
        startMs: at("2026-03-02T09:00:00Z"),
        endMs: at("2026-03-02T11:00:00Z"),
        offsetMin: 60,
        value: "mild",
        quantity: null,
        source: "Health",
        detail: headache,
      },
      warnings: [],
    });
  });

  test.each([
    ["Kopfschmerzen", "Leicht"],
    ["HEADACHE", " mild "],
    ["Mal de\u00a0tête", "Légère"],
    ["Mal de tete", "LEGER"],
    ["头痛", "轻度"],
    ["HKCategoryTypeIdentifierHeadache", "HKCategoryValueSeverityMild"],
  ])("%s, %s is the same record as the English one", (name, severity) => {
    const { detail: _, ...sent } = eventOf(normaliseSymptom({ ...headache, name, severity }, context));
    const { detail: __, ...english } = eventOf(normaliseSymptom(headache, context));
    expect(sent).toEqual(english);
  });

  test("text that nobody mapped survives as name and value", () => {
    const event = eventOf(
      normaliseSymptom({ ...headache, name: "Flimmern  im Auge", severity: "Mörderisch" }, context),
    );
    expect([event.name, event.value, event.key]).toEqual([
      "Flimmern  im Auge",
      "Mörderisch",
      `["Flimmern im Auge",${at("2026-03-02T09:00:00Z")},${at("2026-03-02T11:00:00Z")},"Health"]`,
    ]);
  });

  test("the key does not change with the order of sources, with quotes or with the offset of the stamps", () => {
    const one = { ...headache, source: "Pat\u2019s Watch|Health" };
    const other = {
      ...headache,
      start: "2026-03-02 04:00:00 -0500",
      end: "2026-03-02 06:00:00 -0500",
      source: "Health|Pat's\u00a0Watch",
    };
    expect(eventOf(normaliseSymptom(other, context)).key).toBe(eventOf(normaliseSymptom(one, context)).key);
  });

  test("a stamp without an offset is in the user's zone", () => {
    const event = eventOf(normaliseSymptom({ name: "Fever", start: "2026-07-01 10:00:00" }, context));
    expect([event.startMs, event.offsetMin, event.endMs]).toEqual([at("2026-07-01T08:00:00Z"), 120, null]);
  });

  test.each([
    [{ ...headache, name: " " }, "missing_field", "name"],
    [{ ...headache, start: null }, "missing_field", "start"],
    [{ ...headache, start: "yesterday" }, "invalid_date", "start"],
    [{ ...headache, end: "2026-02-30 10:00:00 +0100" }, "invalid_date", "end"],
    [{ ...headache, end: "2026-03-02 09:59:59 +0100" }, "invalid_date", "end"],
  ])("an unusable symptom is refused by field (%#)", (raw, error, field) => {
    expect(normaliseSymptom(raw, context)).toMatchObject({ ok: false, error: { error, field } });
  });

  test("an element that is no object is refused by its shape", () => {
    expect(normaliseSymptom([headache], context)).toEqual({
      ok: false,
      error: { error: "unsupported_shape", message: "An element of symptoms has to be an object." },
    });
  });
});

describe("tables of names", () => {
  test("all symptoms and cycle entries of the spec are mapped", () => {
    const sizes = [symptomNames, cycleNames, ecgClassifications, medicationStatuses].map(
      (t) => new Set(t.values()).size,
    );
    expect(sizes).toEqual([39, 16, 9, 7]);
  });

  test.each([
    ["Rapid, Pounding, or Fluttering Heartbeat", "rapid_pounding_or_fluttering_heartbeat"],
    ["Body and Muscle Ache", "generalized_body_ache"],
    ["Chest Tightness or Pain", "chest_tightness_or_pain"],
    ["GeneralizedBodyAche", "generalized_body_ache"],
    ["Übelkeit", "nausea"],
    ["Nachtschweiss", "night_sweats"],
    ["Hitzewallungen", "hot_flashes"],
    ["Dolor de cabeza", "headache"],
    ["Mal di gola", "sore_throat"],
    ["Febre", "fever"],
    ["Hoofdpijn", "headache"],
  ])("%s is %s", (text, slug) => {
    expect(findSlug(symptomNames, text)).toBe(slug);
  });

  test("a text that would mean two things is no table", () => {
    expect(() => buildNameTable({ fever: "Hot", hot_flashes: "hot" })).toThrow("stands for hot_flashes and for fever");
  });

  test("names of JavaScript's own objects are not found", () => {
    expect(["constructor", "__proto__", ""].map((text) => findSlug(symptomNames, text))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("state of mind", () => {
  const mood = {
    id: "0b1f7d0e-2a51-4b0f-8f5c-8b7a2a9c0d11",
    start: "2026-03-02 21:00:00 +0100",
    end: "2026-03-02 21:00:00 +0100",
    kind: "daily_mood",
    valence: 0.42,
    valenceClassification: "pleasant",
    labels: ["calm", "grateful"],
    associations: ["family"],
    metadata: {},
  };

  test("a mood keeps its id as the key, its valence and its classification", () => {
    expect(normaliseStateOfMind(mood, context)).toEqual({
      ok: true,
      value: {
        type: "state_of_mind",
        key: '["0B1F7D0E-2A51-4B0F-8F5C-8B7A2A9C0D11"]',
        name: "daily_mood",
        startMs: at("2026-03-02T20:00:00Z"),
        endMs: at("2026-03-02T20:00:00Z"),
        offsetMin: 60,
        value: "pleasant",
        quantity: 0.42,
        source: null,
        detail: mood,
      },
      warnings: [],
    });
  });

  test.each([
    [1, "very_unpleasant"],
    [7, "very_pleasant"],
    ["Slightly Pleasant", "slightly_pleasant"],
    [undefined, null],
  ])("the classification %s is %s", (valenceClassification, value) => {
    expect(eventOf(normaliseStateOfMind({ ...mood, valenceClassification }, context)).value).toBe(value);
  });

  test("without an id the key is kind and start", () => {
    const { id: _, ...anonymous } = mood;
    expect(eventOf(normaliseStateOfMind(anonymous, context)).key).toBe(`["daily_mood",${at("2026-03-02T20:00:00Z")}]`);
  });

  test.each([
    [1.01, "out_of_range"],
    [-1.01, "out_of_range"],
    ["nice", "invalid_value"],
  ])("a valence of %s is %s", (valence, error) => {
    expect(normaliseStateOfMind({ ...mood, valence }, context)).toMatchObject({
      ok: false,
      error: { error, field: "valence" },
    });
  });
});

describe("medications", () => {
  const dose = {
    displayText: "Example 10 mg ",
    start: "2026-03-02 08:00:00 +0100",
    scheduledDate: "2026-03-02 08:00:00 +0100",
    status: "Not Interacted",
    isArchived: false,
    codings: [],
  };

  test("a dose is named by its trimmed text and keyed by the time that it was scheduled for", () => {
    expect(normaliseMedication({ ...dose, dosage: 1, status: "Taken" }, context)).toEqual({
      ok: true,
      value: {
        type: "medications",
        key: `["Example 10 mg",${at("2026-03-02T07:00:00Z")}]`,
        name: "Example 10 mg",
        startMs: at("2026-03-02T07:00:00Z"),
        endMs: null,
        offsetMin: 60,
        value: "taken",
        quantity: 1,
        source: null,
        detail: { ...dose, dosage: 1, status: "Taken" },
      },
      warnings: [],
    });
  });

  test("a dose that is taken later keeps its key", () => {
    const taken = { ...dose, start: "2026-03-02 08:41:00 +0100", status: "Tomado", dosage: 1 };
    const [before, after] = [dose, taken].map((raw) => eventOf(normaliseMedication(raw, context)));
    expect(after?.key).toBe(before?.key);
    expect([before?.value, after?.value]).toEqual(["not_interacted", "taken"]);
  });

  test("a schedule alone stands for the start, a start alone for the schedule", () => {
    const scheduled = eventOf(normaliseMedication({ ...dose, start: null }, context));
    const started = eventOf(normaliseMedication({ ...dose, scheduledDate: null }, context));
    expect([scheduled.key, scheduled.startMs]).toEqual([started.key, started.startMs]);
  });

  test.each([
    [{ ...dose, displayText: null }, "missing_field", "displayText"],
    [{ ...dose, start: null, scheduledDate: "" }, "missing_field", "start"],
    [{ ...dose, scheduledDate: "soon" }, "invalid_date", "scheduledDate"],
    [{ ...dose, start: null, end: "2026-03-01 08:00:00 +0100" }, "invalid_date", "end"],
    [{ ...dose, dosage: -1 }, "out_of_range", "dosage"],
  ])("an unusable dose is refused by field (%#)", (raw, error, field) => {
    expect(normaliseMedication(raw, context)).toMatchObject({ ok: false, error: { error, field } });
  });
});

describe("heart-rate notifications", () => {
  const start = "2026-03-02 03:10:00 +0100";
  const live = {
    heartNotification: "low_heart_rate_notification",
    threshold: 40,
    start,
    end: "2026-03-02 03:20:00 +0100",
    source: { name: "Watch", identifier: "com.example" },
    heartRateData: [{ date: 794110200.5, qty: 38 }, { date: 794110260, qty: "39" }, { date: null, qty: 37 }, 36],
  };

  test("the live form gives its epoch floats proper times, counted from the base that is nearer to the start", () => {
    expect(normaliseHeartRateNotification(live, context)).toEqual({
      ok: true,
      value: {
        type: "heart_rate_notifications",
        key: `["low_heart_rate_notification",${at("2026-03-02T02:10:00Z")}]`,
        name: "low_heart_rate_notification",
        startMs: at("2026-03-02T02:10:00Z"),
        endMs: at("2026-03-02T02:20:00Z"),
        offsetMin: 60,
        value: null,
        quantity: 40,
        source: "Watch",
        detail: {
          ...live,
          heart_rate_readings: [
            { time: "2026-03-02T02:10:00.500Z", value: 38, unit: null },
            { time: "2026-03-02T02:11:00.000Z", value: 39, unit: null },
          ],
        },
      },
      warnings: [],
    });
  });

  test("floats that count from 1970 give the same times", () => {
    const heartRateData = [{ date: 794110200.5 + 978307200, qty: 38 }];
    const event = eventOf(normaliseHeartRateNotification({ ...live, heartRateData }, context));
    expect(event.detail["heart_rate_readings"]).toEqual([{ time: "2026-03-02T02:10:00.500Z", value: 38, unit: null }]);
  });

  test("the documented form has no type, a text as source, and nested stamps", () => {
    const timestamp = { start, end: start, interval: { duration: 5, units: "s" } };
    const documented = {
      start,
      threshold: 120,
      source: "Watch",
      heartRate: [{ hr: 131, units: "bpm", timestamp }],
      heartRateVariation: [{ hrv: 21, units: "ms", timestamp }],
    };
    expect(eventOf(normaliseHeartRateNotification(documented, context))).toMatchObject({
      name: "heart_rate_notification",
      source: "Watch",
      detail: {
        heart_rate_readings: [{ time: "2026-03-02T02:10:00.000Z", value: 131, unit: "bpm" }],
        heart_rate_variability_readings: [{ time: "2026-03-02T02:10:00.000Z", value: 21, unit: "ms" }],
      },
    });
  });

  test("a threshold that is no number is kept in the detail and warned about", () => {
    const result = normaliseHeartRateNotification({ ...live, threshold: "high" }, context);
    expect(result).toMatchObject({
      value: { quantity: null, detail: { threshold: "high" } },
      warnings: [{ warning: "suspicious_value", message: "The field threshold holds no number." }],
    });
  });
});

describe("cycle tracking", () => {
  const flow = {
    start: "2026-03-01 00:00:00 +0100",
    end: null,
    name: "Menstrual Flow",
    value: "Medium",
    isCycleStart: true,
  };

  test("a flow may have no end", () => {
    expect(normaliseCycleTracking(flow, context)).toEqual({
      ok: true,
      value: {
        type: "cycle_tracking",
        key: `["menstrual_flow",${at("2026-02-28T23:00:00Z")}]`,
        name: "menstrual_flow",
        startMs: at("2026-02-28T23:00:00Z"),
        endMs: null,
        offsetMin: 60,
        value: "medium",
        quantity: null,
        source: null,
        detail: flow,
      },
      warnings: [],
    });
  });

  test.each([
    ["Cervical Mucus Quality", "Egg White", "cervical_mucus_quality", "egg_white"],
    ["Ovulation Test Result", "Luteinizing Hormone Surge", "ovulation_test_result", "lh_surge"],
    ["Persistent Menstrual Bleeding", null, "persistent_intermenstrual_bleeding", null],
    ["Sexuelle Aktivität", "Ungeschützt", "sexual_activity", "protection_not_used"],
    ["Menstruationsblutung", "Stark", "menstrual_flow", "heavy"],
    ["Flujo menstrual", "Abundante", "menstrual_flow", "heavy"],
  ])("%s, %s is %s, %s", (name, value, mappedName, mappedValue) => {
    const event = eventOf(normaliseCycleTracking({ ...flow, name, value }, context));
    expect([event.name, event.value]).toEqual([mappedName, mappedValue]);
  });
});

describe("any JSON", () => {
  const normalisers = [
    normaliseSymptom,
    normaliseStateOfMind,
    normaliseMedication,
    normaliseHeartRateNotification,
    normaliseCycleTracking,
  ];
  const anything = fc.jsonValue();
  const item = fc.record(
    {
      start: fc.oneof(fc.constant(headache.start), anything),
      ...Object.fromEntries(
        [
          "end",
          "name",
          "displayText",
          "kind",
          "id",
          "valence",
          "threshold",
          "heartRate",
          "source",
          "value",
          "dosage",
        ].map((field) => [field, anything]),
      ),
    },
    { requiredKeys: ["start"] },
  );

  test("never throws, and what is accepted has a start and a key", () => {
    fc.assert(
      fc.property(fc.oneof(anything, item), fc.constantFrom(...normalisers), (raw, normalise) => {
        const result: Result<HealthEvent> = normalise(raw, context);
        if (result.ok) {
          expect(Number.isSafeInteger(result.value.startMs)).toBe(true);
          expect(result.value.key).not.toBe("");
        }
      }),
    );
  });

  test("a shuffled re-send gives the very same detail, a field named __proto__ included", () => {
    const sent = JSON.parse(`{"start":"${headache.start}","name":"Fever","__proto__":{"b":1,"a":2},"x":{"d":1,"c":2}}`);
    const again = JSON.parse(
      `{"x":{"c":2,"d":1},"__proto__":{"a":2,"b":1},"name":"Fever","start":"${headache.start}"}`,
    );
    const [one, other] = [sent, again].map((raw) => JSON.stringify(eventOf(normaliseSymptom(raw, context)).detail));
    expect(other).toBe(one);
    expect(one).toContain('"__proto__":{"a":2,"b":1}');
  });

  test("nesting beyond every decoder's bound is cut, not followed", () => {
    const deep = JSON.parse(
      `{"start":"${headache.start}","name":"Fever","x":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
    );
    expect(normaliseSymptom(deep, context)).toMatchObject({ ok: true });
  });
});
