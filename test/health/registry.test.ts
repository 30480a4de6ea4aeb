/** The catalogue covers the spec, and every spelling leads to one metric. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalMetricName, findMetric, metricDefinitions } from "../../src/health/registry.js";
import { conversionFrom } from "../../src/health/units.js";

/** Names of the tables of spec section 3, in their order. */
const specNames = {
  metrics: `step_count active_energy basal_energy_burned apple_exercise_time apple_move_time apple_stand_time
    apple_stand_hour walking_running_distance cycling_distance swimming_distance wheelchair_distance
    distance_downhill_snow_sports flights_climbed push_count swimming_stroke_count physical_effort vo2_max nike_fuel
    workout_effort_score estimated_workout_effort_score running_speed running_power running_stride_length
    running_ground_contact_time running_vertical_oscillation cycling_speed cycling_power cycling_cadence
    cycling_functional_threshold_power underwater_depth underwater_temperature cross_country_skiing_speed rowing_speed
    paddle_sports_speed distance_cross_country_skiing distance_rowing distance_paddle_sports distance_skating_sports
    weight_body_mass height body_mass_index body_fat_percentage lean_body_mass waist_circumference
    apple_sleeping_wrist_temperature body_temperature basal_body_temperature electrodermal_activity heart_rate
    resting_heart_rate walking_heart_rate_average heart_rate_variability heart_rate_variability_rmssd cardio_recovery
    atrial_fibrillation_burden blood_pressure peripheral_perfusion_index high_heart_rate_notifications
    low_heart_rate_notifications irregular_heart_rate_notifications low_cardio_fitness_event respiratory_rate
    blood_oxygen_saturation forced_expiratory_volume_1 forced_vital_capacity peak_expiratory_flow_rate inhaler_usage
    breathing_disturbances sleep_apnea_event blood_glucose insulin_delivery blood_alcohol_content
    number_of_times_fallen sleep_analysis walking_speed walking_step_length walking_asymmetry_percentage
    walking_double_support_percentage stair_speed_up stair_speed_down six_minute_walking_test_distance
    walking_steadiness environmental_audio_exposure headphone_audio_exposure environmental_sound_reduction
    headphone_audio_exposure_event environmental_audio_exposure_event time_in_daylight uv_exposure mindful_minutes
    handwashing toothbrushing sexual_activity alcohol_consumption dietary_energy carbohydrates protein total_fat
    saturated_fat monounsaturated_fat polyunsaturated_fat cholesterol fiber dietary_sugar dietary_water
    dietary_caffeine sodium potassium calcium iron magnesium zinc copper manganese chloride phosphorus chromium iodine
    molybdenum selenium biotin folate vitamin_a vitamin_b6 vitamin_b12 vitamin_c vitamin_d vitamin_e vitamin_k thiamin
    riboflavin niacin pantothenic_acid`.split(/\s+/),
  cycle: `menstrual_flow intermenstrual_bleeding cervical_mucus_quality ovulation_test_result progesterone_test_result
    pregnancy_test_result pregnancy lactation contraceptive sexual_activity infrequent_menstrual_cycles
    irregular_menstrual_cycles persistent_intermenstrual_bleeding prolonged_menstrual_periods
    bleeding_during_pregnancy bleeding_after_pregnancy`.split(/\s+/),
  symptoms: `abdominal_cramps acne appetite_changes bladder_incontinence bloating breast_pain chest_tightness_or_pain
    chills constipation coughing diarrhea dizziness dry_skin fainting fatigue fever generalized_body_ache hair_loss
    headache heartburn hot_flashes loss_of_smell loss_of_taste lower_back_pain memory_lapse mood_changes nausea
    night_sweats pelvic_pain rapid_pounding_or_fluttering_heartbeat runny_nose shortness_of_breath sinus_congestion
    skipped_heartbeat sleep_changes sore_throat vaginal_dryness vomiting wheezing`.split(/\s+/),
};

test("all 188 rows of the spec are covered, sexual activity by one definition for two rows", () => {
  const rows = [...specNames.metrics, ...specNames.cycle, ...specNames.symptoms];

  expect([specNames.metrics.length, specNames.cycle.length, specNames.symptoms.length]).toEqual([133, 16, 39]);
  expect(rows.map((name) => findMetric(name)?.name)).toEqual(rows);
  expect(metricDefinitions.map(({ name }) => name).sort()).toEqual([...new Set(rows)].sort());
  expect(metricDefinitions.length).toBe(187);
});

test("a measured quantity is defined whole, its range converted into the canonical unit", () => {
  expect(findMetric("swimming_distance")).toEqual({
    name: "swimming_distance",
    displayName: "Swimming Distance",
    aliases: ["distance_swimming"],
    healthKitType: "HKQuantityTypeIdentifierDistanceSwimming",
    category: "activity",
    kind: "cumulative",
    aggregation: "sum",
    unit: "km",
    wireUnit: "m",
    dimension: "distance",
    range: { min: 0, max: 60 },
    secondRange: null,
    rangePer: "day",
    allowsNegative: false,
    isLogged: false,
  });
});

test("special objects have the kind of what they hold", () => {
  const pick = (name: string) => {
    const { kind, aggregation, unit, wireUnit, range, secondRange, rangePer, isLogged } = findMetric(name)!;
    return { kind, aggregation, unit, wireUnit, range, secondRange, rangePer, isLogged };
  };

  expect(pick("blood_pressure")).toEqual({
    kind: "discrete",
    aggregation: "object",
    unit: "mmHg",
    wireUnit: "mmHg",
    range: { min: 40, max: 300 },
    secondRange: { min: 20, max: 200 },
    rangePer: "reading",
    isLogged: false,
  });
  expect(pick("sleep_analysis")).toEqual({
    kind: "event",
    aggregation: "object",
    unit: "min",
    wireUnit: "hr",
    range: { min: 0, max: 1200 },
    secondRange: null,
    rangePer: "reading",
    isLogged: false,
  });
  expect(pick("sexual_activity")).toEqual({
    kind: "cumulative",
    aggregation: "object",
    unit: "count",
    wireUnit: "times",
    range: { min: 0, max: 50 },
    secondRange: null,
    rangePer: "day",
    isLogged: true,
  });
  expect(pick("headache")).toEqual({
    kind: "event",
    aggregation: "object",
    unit: "",
    wireUnit: "",
    range: null,
    secondRange: null,
    rangePer: "reading",
    isLogged: true,
  });
});

test("canonical units are those of the contract", () => {
  const units = (...names: string[]) => names.map((name) => findMetric(name)!.unit);

  expect(units("active_energy", "dietary_energy", "six_minute_walking_test_distance")).toEqual(["kcal", "kcal", "km"]);
  expect(units("height", "walking_step_length", "running_stride_length", "underwater_depth")).toEqual([
    "cm",
    "cm",
    "cm",
    "m",
  ]);
  expect(units("stair_speed_up", "running_speed", "lean_body_mass", "body_temperature")).toEqual([
    "km/h",
    "km/h",
    "kg",
    "degC",
  ]);
  expect(units("blood_glucose", "dietary_water", "forced_vital_capacity", "blood_oxygen_saturation")).toEqual([
    "mmol/L",
    "mL",
    "mL",
    "%",
  ]);
  expect(units("handwashing", "mindful_minutes", "vitamin_a", "protein", "apple_stand_hour")).toEqual([
    "min",
    "min",
    "mcg",
    "g",
    "count",
  ]);
});

test("every wire unit converts into its canonical unit, and every range is one", () => {
  const broken = metricDefinitions.filter(
    (definition) =>
      conversionFrom(definition.wireUnit, definition) === undefined ||
      conversionFrom(definition.unit, definition)?.factor !== 1 ||
      (definition.kind !== "event" && !(definition.range!.min < definition.range!.max)),
  );

  expect(broken).toEqual([]);
});

test("only temperatures may be negative, and what people write down adds up", () => {
  const names = (wanted: (definition: (typeof metricDefinitions)[number]) => boolean) =>
    metricDefinitions.filter(wanted).map(({ name }) => name);

  expect(names(({ allowsNegative }) => allowsNegative)).toEqual([
    "underwater_temperature",
    "apple_sleeping_wrist_temperature",
    "body_temperature",
    "basal_body_temperature",
  ]);
  expect(names((d) => d.isLogged && d.kind === "cumulative" && d.category !== "nutrition")).toEqual([
    "inhaler_usage",
    "insulin_delivery",
    "alcohol_consumption",
    "sexual_activity",
  ]);
});

test("every spelling leads to exactly one metric", () => {
  const owners = new Map<string, Set<string>>();
  for (const definition of metricDefinitions) {
    for (const text of [definition.name, definition.displayName, definition.healthKitType, ...definition.aliases]) {
      const spelling = text.toLowerCase().replace(/[^a-z\d]/g, "");
      owners.set(spelling, (owners.get(spelling) ?? new Set()).add(definition.name));
      expect([text, canonicalMetricName(text)]).toEqual([text, definition.name]);
    }
  }

  expect([...owners].filter(([, names]) => names.size > 1)).toEqual([]);
});

test("spellings that real senders use are known", () => {
  const known = (name: string, ...spellings: string[]) =>
    expect(spellings.map((spelling) => [spelling, canonicalMetricName(spelling)])).toEqual(
      spellings.map((spelling) => [spelling, name]),
    );

  known("step_count", "steps", "stepCount", "Step Count", "STEP\u00a0COUNT", "HKQuantityTypeIdentifierStepCount");
  known("weight_body_mass", "weight_&_body_mass", "Weight & Body Mass", "weight", "body_mass", "weight_and_body_mass");
  known("walking_running_distance", "walking_+_running_distance", "distance_walking_running", "walk_run_distance");
  known("stair_speed_up", "stair_speed:_up", "Stair Speed: Up", "stair_ascent_speed");
  known("six_minute_walking_test_distance", "six-minute_walking_test_distance", "six_minute_walk_test_distance");
  known("vo2_max", "vo2max", "vo_2_max", "VO₂ Max", "cardio_fitness", "HKQuantityTypeIdentifierVO2Max");
  known("dietary_caffeine", "caffeine", "dietary_caffeine", "Caffeine");
  known("cholesterol", "dietary_cholesterol");
  known("total_fat", "dietary_fat_total", "fat", "dietary_total_fat");
  known("dietary_energy", "dietary_energy_consumed", "energy_consumed");
  known("blood_pressure", "HKCorrelationTypeIdentifierBloodPressure");
  known("sexual_activity", "HKCategoryTypeIdentifierSexualActivity", "Sexual Activity");
  known("generalized_body_ache", "Body and Muscle Ache", "HKCategoryTypeIdentifierGeneralizedBodyAche");
});

test("nobody guesses what plain energy or half a blood pressure is", () => {
  expect(findMetric("energy")).toBeUndefined();
  expect(findMetric("blood_pressure_systolic")).toBeUndefined();
  expect(findMetric("constructor")).toBeUndefined();
  expect(findMetric("")).toBeUndefined();
});

test("an unknown name comes back in one spelling, never empty", () => {
  expect(canonicalMetricName(" Grip  Strength:\u00a0(Left) ")).toBe("grip_strength_left");
  expect(canonicalMetricName("grip–strength/left")).toBe("grip_strength_left");
  expect(canonicalMetricName("Schlafqualität")).toBe("schlafqualität");
  expect(canonicalMetricName("__proto__")).toBe("proto");
  expect(canonicalMetricName("&&&")).toBe("unnamed");
});

test("canonicalising a canonical name changes nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (codes) => {
      const once = canonicalMetricName(String.fromCharCode(...codes));
      expect(once).not.toBe("");
      expect(canonicalMetricName(once)).toBe(once);
    }),
  );
});
