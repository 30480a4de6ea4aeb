/**
 * What a single item of sleep means: the words for stages, the total of a summary, which of two deliveries of one key
 * counts, and which segments of a source are seen. Nights are made from these in `night.ts`.
 *
 * What a caller may rely on: everything here is a function of the set of records, never of their order; merging is
 * commutative, associative and idempotent, so parallel workers need no order.
 *
 * Reading fields, units and dates of an item is left to `sleep-item.ts`.
 */
import { compareText, insertUnlessOverlapping } from "./overlap.js";
import { type Arrival, compareArrival, type SleepSegment, type SleepStage, type SleepSummary } from "./record.js";

/**
 * Words per stage, compared after `foldStage`. Apple localises the stage on some phones (spec section 5.5), and other
 * writers say "light" for core sleep. `Unspecified` is HealthKit's sleep of unknown stage, not an unknown text.
 */
const stageWords: Record<Exclude<SleepStage, "unknown">, string> = {
  in_bed: `in bed|time in bed|im bett|au lit|en la cama|a letto|na cama|in het bed|i sängen|i sengen|i seng|sängyssä|
    w łóżku|в кровати|в постели|у ліжку|v posteli|yatakta|卧床|在床上|臥床|就寝|ベッド|ベッドに入っている時間|就寝時間|침대에 있음|
    취침|침대`,
  asleep: `asleep|asleep unspecified|unspecified|sleeping|sleep|schlafend|schlaf|schläft|eingeschlafen|nicht angegeben|
    unbestimmt|endormi|endormie|sommeil|non spécifié|dormido|dormida|sueño|sin especificar|no especificado|addormentato|
    sonno|non specificato|dormindo|a dormir|sono|adormecido|não especificado|slapend|in slaap|slaap|niet gespecificeerd|
    sover|sömn|søvn|ospecificerad|nukkuu|unessa|uni|śpi|sen|nieokreślony|сон|спит|не указано|spánek|uykuda|uyku|睡眠|
    入睡|睡着|睡著|未指定|未特定|睡眠中|수면|잠|미지정`,
  core: `core|asleep core|core sleep|light|light sleep|kern|kernschlaf|leicht|leichtschlaf|essentiel|sommeil essentiel|
    léger|sommeil léger|básico|esencial|sueño esencial|ligero|sueño ligero|essenziale|sonno essenziale|leggero|
    sonno leggero|essencial|sono essencial|leve|sono leve|kernslaap|licht|lichte slaap|kärnsömn|kärna|lätt|kjerne|
    kerne|let|lett|ydinuni|kevyt|podstawowy|płytki|основной|базовый|лёгкий|temel|hafif|核心|核心睡眠|浅睡|浅层|
    コア|コア睡眠|浅い|코어|코어 수면|얕은`,
  deep: `deep|asleep deep|deep sleep|tief|tiefschlaf|profond|sommeil profond|profundo|sueño profundo|profondo|
    sonno profondo|sono profundo|diep|diepe slaap|djup|djupsömn|dyb|dyp|syvä|głęboki|глубокий|глубокий сон|глибокий|
    hluboký|derin|深度|深度睡眠|深層|深睡|深い|深い睡眠|深睡眠|깊은|깊은 수면`,
  rem: `rem|asleep rem|rem sleep|rem schlaf|paradoxal|sommeil paradoxal|sommeil rem|mor|sueño rem|sueño mor|sonno rem|
    sono rem|rem slaap|rem sömn|rem søvn|rem uni|faza rem|быстрый|быстрый сон|rem uykusu|快速动眼|快速眼动|快速動眼|
    快速眼動|レム|レム睡眠|렘|렘 수면|rem 수면`,
  awake: `awake|wake|wach|wachphase|aufgewacht|éveillé|éveillée|éveil|réveillé|despierto|despierta|sveglio|sveglia|
    acordado|acordada|desperto|wakker|vaken|vågen|hereillä|czuwanie|obudzony|бодрствование|бодрствует|vzhůru|
    uyanık|清醒|觉醒|醒著|覚醒|目覚め|깨어 있음|각성`,
};

/** Case, accents, spaces and punctuation carry no meaning; HealthKit's constants only carry a prefix. */
function foldStage(text: string): string {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\p{M}\P{L}]/gu, "")
    .replace(/ı/g, "i")
    .replace(/^hkcategoryvaluesleepanalysis/, "");
}

const stageOfWord = new Map<string, SleepStage>(
  Object.entries(stageWords).flatMap(([stage, words]) =>
    words.split("|").map((word): [string, SleepStage] => [foldStage(word), stage as SleepStage]),
  ),
);

/** The stage that a text names (spec section 4.3), `unknown` for a text nobody could map. */
export function parseSleepStage(text: string): SleepStage {
  return stageOfWord.get(foldStage(text)) ?? "unknown";
}

/** The parts of a night as sent, in hours. */
export interface SleepHours {
  totalSleep?: number | null | undefined;
  core?: number | null | undefined;
  deep?: number | null | undefined;
  rem?: number | null | undefined;
  asleep?: number | null | undefined;
}

/**
 * Minutes slept: `totalSleep` if above 0, else the parts if above 0, else null; time in bed or awake never counts
 * (spec section 4.3).
 */
export function sleepTotalMin(hours: SleepHours): number | null {
  if (hours.totalSleep != null && hours.totalSleep > 0) return roundMin(hours.totalSleep * 60);
  const parts = (hours.core ?? 0) + (hours.deep ?? 0) + (hours.rem ?? 0) + (hours.asleep ?? 0);
  return parts > 0 ? roundMin(parts * 60) : null;
}

/** The larger total wins, so the noise of adding floats must not decide: a millionth of a minute is kept. */
export function roundMin(minutes: number): number {
  return Math.round(minutes * 1e6) / 1e6;
}

/** Of one night sent twice: the larger total, then the newest (design section 2). */
export function mergeSleepSummary(stored: SleepSummary, incoming: SleepSummary): SleepSummary {
  const order = incoming.totalMin - stored.totalMin || compareDelivered(incoming, stored);
  return order > 0 ? incoming : stored;
}

/** Of one segment sent twice: the newest, because the last segment's end grows while the person sleeps. */
export function mergeSleepSegment(stored: SleepSegment, incoming: SleepSegment): SleepSegment {
  return compareDelivered(incoming, stored) > 0 ? incoming : stored;
}

/** Newest is (receive time, ingestion, position): these three name one item, so equal ones are the same item. */
function compareDelivered(a: Arrival & { position: number }, b: Arrival & { position: number }): number {
  return compareArrival(a, b) || a.position - b.position;
}

/**
 * The segments that count. Of overlapping ones of one source the newer does, and hides the older whole; time in bed
 * lies beneath the stages and is judged apart from them. Ends that touch do not overlap.
 *
 * Within one delivery a known stage goes before sleep of unknown stage, which some writers lay over the whole night.
 * In the order of start.
 */
export function visibleSegments(segments: readonly SleepSegment[]): SleepSegment[] {
  const lanes = new Map<string, SleepSegment[]>();
  for (const segment of [...segments].sort(compareNewestFirst)) {
    const laneKey = `${segment.stage === "in_bed" ? "bed" : "stage"} ${segment.sourceKey}`;
    const lane = lanes.get(laneKey) ?? [];
    lanes.set(laneKey, lane);
    insertUnlessOverlapping(lane, segment);
  }
  return [...lanes.values()].flat().sort(compareByStart);
}

const stageRank: Record<SleepStage, number> = { core: 0, deep: 0, rem: 0, awake: 0, in_bed: 0, asleep: 1, unknown: 2 };

function compareNewestFirst(a: SleepSegment, b: SleepSegment): number {
  return (
    compareArrival(b, a) ||
    stageRank[a.stage] - stageRank[b.stage] ||
    b.position - a.position ||
    b.endMs - a.endMs ||
    compareByStart(a, b)
  );
}

/** Records have distinct (start, stage, source), so this is a total order over a set of them. */
function compareByStart(a: SleepSegment, b: SleepSegment): number {
  return (
    a.startMs - b.startMs || a.endMs - b.endMs || compareText(a.sourceKey, b.sourceKey) || compareText(a.stage, b.stage)
  );
}
