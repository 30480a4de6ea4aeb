/**
 * Converts the unit strings that phones send into canonical units (spec section 3.14, contract section 3).
 *
 * Callers may rely on three things: a unit that is not listed for the dimension is refused, never passed through; the
 * same unit converts with factor 1 and offset 0 exactly; and a text means what its dimension says (`m` is metres of a
 * distance, minutes of a time). Whether a percentage came as a fraction depends on the format, not on the unit: that is
 * for the decoder to know. A missing unit is for the caller, who has the registry's `wireUnit`.
 */

/** A unit's size in a base unit of its dimension, and for temperatures where its zero lies in that base. */
type Size = number | { size: number; zero: number };

/**
 * Sizes are whole numbers wherever the definitions allow it, so that each factor is the correctly rounded quotient.
 * Not here: `min/km`, because a pace is no multiple of a speed.
 */
const sizes = {
  count: { count: 1, steps: 1, falls: 1, times: 1, hours: 1, hour: 1, spm: 1, "": 1 },
  rate: { "count/min": 1, bpm: 1, "breaths/min": 1, spm: 1, rpm: 1, "count/s": 60 },
  // Millijoules; the thermochemical calorie of 4.184 J, which Apple uses. `Cal` is what export.xml calls a kcal.
  energy: { J: 1000, kJ: 1_000_000, cal: 4184, kcal: 4_184_000, Cal: 4_184_000 },
  // One MET is defined as one kilocalorie per kilogram and hour.
  effort: {
    "kcal/hr·kg": 1,
    "kcal/(hr·kg)": 1,
    "kcal/(kg·hr)": 1,
    "kcal/kg·hr": 1,
    "kcal/kg/hr": 1,
    "kcal/hr/kg": 1,
    MET: 1,
  },
  vo2: { "ml/(kg·min)": 1, "mL/min·kg": 1, "ml/(min·kg)": 1, "ml/kg·min": 1, "ml/kg/min": 1, "ml/min/kg": 1 },
  // Tenths of a millimetre.
  distance: { mm: 10, cm: 100, m: 10_000, km: 10_000_000, in: 254, ft: 3048, yd: 9144, mi: 16_093_440 },
  // Millimetres per hour.
  speed: {
    "km/h": 1_000_000,
    "km/hr": 1_000_000,
    kmph: 1_000_000,
    "mi/hr": 1_609_344,
    "mi/h": 1_609_344,
    mph: 1_609_344,
    "m/s": 3_600_000,
    "ft/s": 1_097_280,
  },
  // Micrograms.
  mass: {
    mcg: 1,
    µg: 1,
    ug: 1,
    mg: 1000,
    g: 1_000_000,
    kg: 1_000_000_000,
    oz: 28_349_523.125,
    lb: 453_592_370,
    lbs: 453_592_370,
    st: 6_350_293_180,
  },
  // 10^-10 millilitres. The customary units are those of the United States, unless they say otherwise.
  volume: {
    mL: 10_000_000_000,
    cL: 100_000_000_000,
    dL: 1_000_000_000_000,
    L: 10_000_000_000_000,
    fl_oz_us: 295_735_295_625,
    "fl oz": 295_735_295_625,
    cup_us: 2_365_882_365_000,
    cup: 2_365_882_365_000,
    pt_us: 4_731_764_730_000,
    fl_oz_imp: 284_130_625_000,
    cup_imp: 2_841_306_250_000,
    pt_imp: 5_682_612_500_000,
  },
  // Ninths of a degree Celsius.
  temperature: {
    degC: { size: 9, zero: 0 },
    "°C": { size: 9, zero: 0 },
    degF: { size: 5, zero: -160 },
    "°F": { size: 5, zero: -160 },
    K: { size: 9, zero: -2458.35 },
  },
  // 760 mmHg are one atmosphere, 101.325 kPa; a centimetre of water is 98.0665 Pa.
  pressure: { mmHg: 101_325, Pa: 760, hPa: 76_000, kPa: 760_000, cmAq: 98.0665 * 760, cmH2O: 98.0665 * 760 },
  // A millimole of glucose weighs 180.156 mg.
  glucose: { "mmol/L": 180_156, "mg/dL": 10_000 },
  percent: { "%": 1 },
  sound: { dBASPL: 1, dB: 1 },
  // Milliseconds.
  time: {
    ms: 1,
    s: 1000,
    sec: 1000,
    second: 1000,
    seconds: 1000,
    m: 60_000,
    min: 60_000,
    minute: 60_000,
    minutes: 60_000,
    h: 3_600_000,
    hr: 3_600_000,
    hour: 3_600_000,
    hours: 3_600_000,
  },
  // Microvolts.
  voltage: { µV: 1, mcV: 1, uV: 1, mV: 1000, V: 1_000_000 },
  power: { W: 1, watt: 1, watts: 1, kW: 1000 },
  flow: { "L/min": 1, "L/s": 60 },
  // Microsiemens.
  conductance: { µS: 1, mcS: 1, uS: 1, mS: 1000, S: 1_000_000 },
  insulin: { IU: 1 },
  score: { appleEffortScore: 1 },
  /** Entries that have no quantity: symptoms and cycle tracking. */
  none: { "": 1 },
} as const satisfies Record<string, Record<string, Size>>;

export type Dimension = keyof typeof sizes;

/** Canonical value = sent value * factor + offset. */
export interface Conversion {
  factor: number;
  offset: number;
}

interface Lookup {
  exact: Map<string, { size: number; zero: number }>;
  /** By lower case; null where only case tells two units apart (`Cal`, `cal`). */
  folded: Map<string, { size: number; zero: number } | null>;
}

const lookups = new Map<Dimension, Lookup>();
for (const [dimension, units] of Object.entries(sizes) as [Dimension, Record<string, Size>][]) {
  const lookup: Lookup = { exact: new Map(), folded: new Map() };
  for (const [unit, given] of Object.entries(units)) {
    const size = typeof given === "number" ? { size: given, zero: 0 } : given;
    const key = spellUnit(unit);
    const folded = lookup.folded.get(key.toLowerCase());
    lookup.exact.set(key, size);
    lookup.folded.set(key.toLowerCase(), folded === undefined || folded?.size === size.size ? size : null);
  }
  lookups.set(dimension, lookup);
}

/**
 * One spelling for what differs only in spaces, underscores, dots, Unicode form or escaping. Signs like µ and ° are
 * never dropped: without its sign a microgram is a gram.
 */
function spellUnit(unit: string): string {
  return unit
    .replace(/º/g, "°") // The ordinal sign that CSV prints; NFKC would make it an o.
    .normalize("NFKC")
    .replace(/<[^>]*>/g, "") // The molar mass in `mmol<180.1558800000541>/L`.
    .replace(/[⋅∙•*]/g, "·")
    .replace(/[\s_.\\]/g, "");
}

function findSize(unit: string, dimension: Dimension): { size: number; zero: number } | undefined {
  const lookup = lookups.get(dimension);
  const key = spellUnit(unit);
  return lookup?.exact.get(key) ?? lookup?.folded.get(key.toLowerCase()) ?? undefined;
}

/** How a sent unit becomes a metric's canonical one; undefined when the unit is unknown for that dimension. */
export function conversionFrom(
  unit: string,
  definition: { readonly unit: string; readonly dimension: Dimension },
): Conversion | undefined {
  const from = findSize(unit, definition.dimension);
  const to = findSize(definition.unit, definition.dimension);
  if (!from || !to) return undefined;
  return { factor: from.size / to.size, offset: (from.zero - to.zero) / to.size };
}

/** A single value in another unit of its dimension; undefined when either unit is unknown. */
export function convert(value: number, fromUnit: string, dimension: Dimension, toUnit: string): number | undefined {
  const conversion = conversionFrom(fromUnit, { unit: toUnit, dimension });
  return conversion && value * conversion.factor + conversion.offset;
}
