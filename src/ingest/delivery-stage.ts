/**
 * A delivery read, checked and normalised, but not yet written: what the decoder's events become.
 *
 *     events (formats/) → normalisers (health/) → rows per metric, records, refusals
 *
 * Nothing is written meanwhile, because a document that turns out not to be JSON at its last byte must leave nothing, and
 * because how points are grouped depends on all of them. Memory is bounded: rows and records go to a scratch file.
 */
import type { ArrayType, HaeEvent } from "../formats/hae-json.js";
import { EcgBuilder } from "../health/ecg.js";
import {
  normaliseCycleTracking,
  normaliseHeartRateNotification,
  normaliseMedication,
  normaliseStateOfMind,
  normaliseSymptom,
} from "../health/events.js";
import { type DeliveryGrouping, headerGrouping, StampSurvey } from "../health/grouping.js";
import type { ItemContext, Result } from "../health/item.js";
import { PointReader } from "../health/points.js";
import type { EcgRecording, HealthEvent, ItemError, SleepSegment, SleepSummary, Workout } from "../health/record.js";
import { canonicalMetricName, findMetric } from "../health/registry.js";
import { normaliseSleepItem } from "../health/sleep-item.js";
import { normaliseSource } from "../health/source.js";
import { cleanText } from "../health/text.js";
import { WorkoutBuilder } from "../health/workout.js";
import type { Delivery, MetricRef, RejectedItem } from "../store/store.js";
import { RecordStage } from "./record-stage.js";
import { RowStage } from "./row-stage.js";
import type { ScratchFile } from "./scratch-file.js";
import { type ItemKind, metricKind, type Tally } from "./tally.js";

export type SleepItem =
  | { kind: "summary"; night: Omit<SleepSummary, "receivedMs" | "ingestion"> }
  | { kind: "segment"; segment: Omit<SleepSegment, "receivedMs" | "ingestion"> };

/** A record with its place in the delivery. `index` counts in its own array, `position` in the whole delivery. */
export type StagedRecord = { index: number; position: number; itemKind: ItemKind } & (
  | { kind: "sleep"; item: SleepItem }
  | { kind: "event"; event: HealthEvent & { position: number } }
  | { kind: "ecg"; recording: EcgRecording & { position: number } }
  | { kind: "workout"; workout: Workout & { position: number } }
);

/** Rows of all metrics in memory together; above it the largest stage goes to the scratch file. */
const rowMemoryBytes = 6 * 1024 * 1024;
/** Rejected items whose content is kept for people to look at, and how much of it. */
const keptItems = 1000;
const keptItemCharacters = 2000;
const longestName = 200;

const kindOfArray: Record<ArrayType, ItemKind> = {
  workouts: { itemType: "workout", type: "workouts", processed: "workouts" },
  stateOfMind: { itemType: "state_of_mind", type: "state_of_mind", processed: "state_of_mind" },
  medications: { itemType: "medication", type: "medications", processed: "medications" },
  symptoms: { itemType: "symptom", type: "symptoms", processed: "symptoms" },
  cycleTracking: { itemType: "cycle_tracking", type: "cycle_tracking", processed: "cycle_tracking" },
  ecg: { itemType: "ecg", type: "ecg", processed: "ecg" },
  heartRateNotifications: {
    itemType: "heart_rate_notification",
    type: "heart_rate_notifications",
    processed: "heart_rate_notifications",
  },
};

const normaliserOf = {
  stateOfMind: normaliseStateOfMind,
  medications: normaliseMedication,
  symptoms: normaliseSymptom,
  cycleTracking: normaliseCycleTracking,
  heartRateNotifications: normaliseHeartRateNotification,
} as const;

export class DeliveryStage {
  readonly metrics = new Map<string, { ref: MetricRef; rows: RowStage }>();
  readonly records: RecordStage<StagedRecord>;
  readonly rejected: RecordStage<RejectedItem>;
  /** Tables of text that rows refer to. Index 0 is "no variant", "no source". */
  readonly variants: string[] = [""];
  readonly sources: string[] = [""];
  readonly header: DeliveryGrouping | null;

  private readonly delivery: Delivery;
  private readonly context: ItemContext;
  private readonly tally: Tally;
  private readonly scratch: ScratchFile;
  private readonly variantIndexes = new Map<string, number>([["", 0]]);
  private readonly sourceIndexes = new Map<string, { verbatim: number; key: number }>([["", { verbatim: 0, key: 0 }]]);
  private reader: { section: number; reader: PointReader | null; kind: ItemKind; stage: RowStage | null } | null = null;
  private builder: { type: ArrayType; index: number; builder: WorkoutBuilder | EcgBuilder } | null = null;
  private position = 0;
  private rejectedCount = 0;
  private rowsSinceCheck = 0;

  constructor(options: { delivery: Delivery; zone: string; tally: Tally; scratch: ScratchFile }) {
    this.delivery = options.delivery;
    this.context = { zone: options.zone };
    this.tally = options.tally;
    this.scratch = options.scratch;
    this.records = new RecordStage(options.scratch);
    this.rejected = new RecordStage(options.scratch);
    this.header = headerGrouping(options.delivery.headers["automation-aggregation"]);
  }

  take(event: HaeEvent): void {
    switch (event.kind) {
      case "points":
        this.takePoints(event);
        break;
      case "elements":
        this.takeElements(event);
        break;
      case "item":
        this.takeItem(event.type, event.index, event.value);
        break;
      case "unreadable":
        this.takeUnreadable(event);
        break;
      case "unknownKey":
        this.tally.warn({
          item_type: "envelope",
          warning: "unknown_key",
          message: `The key ${cleanText(event.key)} is not known; it stays in the archive.`,
        });
        break;
    }
  }

  private reject(kind: ItemKind, index: number, error: ItemError, item: unknown): void {
    const entry = this.tally.reject(kind, index, error);
    const isKept = this.rejectedCount++ < keptItems;
    this.rejected.add(
      { ...entry, position: this.rejectedCount, item: isKept ? excerpt(item) : null },
      keptItemCharacters,
    );
  }

  /** For items that the database refused: they were received and staged already. */
  rejectRefused(kind: ItemKind, index: number): void {
    this.reject(kind, index, { error: "storage_error", message: "The database refused the item." }, null);
  }

  // Metrics

  private takePoints(event: Extract<HaeEvent, { kind: "points" }>): void {
    const entry = this.openSection(event.section, event.name, event.units);
    const { points, firstIndex } = event;
    this.tally.receive(entry.kind, points.length);
    for (let i = 0; i < points.length; i++) {
      const index = firstIndex + i;
      const raw = points[i];
      if (entry.reader) {
        const error = entry.reader.read(raw, index);
        if (error) this.reject(entry.kind, index, error, raw);
      } else if (entry.kind.metric === "sleep_analysis") {
        this.takeSleep(entry.kind, raw, index, event.units);
      } else {
        this.reject(
          entry.kind,
          index,
          { error: "missing_field", field: "name", message: "The metric has no name." },
          raw,
        );
      }
    }
    this.rowsSinceCheck += points.length;
    if (this.rowsSinceCheck > 5000) {
      this.rowsSinceCheck = 0;
      this.spillIfLarge();
    }
  }

  private openSection(section: number, name: unknown, units: unknown) {
    if (this.reader?.section === section) return this.reader;
    const text = typeof name === "string" ? cleanText(name).trim().slice(0, longestName) : "";
    if (text === "") {
      const kind: ItemKind = { itemType: "metric", type: "unnamed", processed: "metrics" };
      this.reader = { section, reader: null, kind, stage: null };
      return this.reader;
    }
    const definition = findMetric(text) ?? null;
    const ref: MetricRef = { name: definition?.name ?? canonicalMetricName(text), definition };
    const kind = metricKind(ref.name);
    if (ref.name === "sleep_analysis") {
      this.reader = { section, reader: null, kind, stage: null };
      return this.reader;
    }
    const stage = this.stageOf(ref);
    stage.startSection();
    const reader = new PointReader({
      metric: ref,
      units,
      context: this.context,
      receivedMs: this.delivery.receivedMs,
      tables: { variant: (variant) => this.variantIndex(variant), source: (source) => this.sourceIndex(source) },
      sink: stage,
      warn: ({ warning, message, index, value }) =>
        this.tally.warn({
          item_type: "metric",
          metric: ref.name,
          ...(index === undefined ? {} : { item_index: index }),
          warning,
          ...(value === undefined ? {} : { value }),
          message,
        }),
    });
    this.reader = { section, reader, kind, stage };
    return this.reader;
  }

  private stageOf(ref: MetricRef): RowStage {
    let entry = this.metrics.get(ref.name);
    if (!entry) {
      const isCumulative = ref.definition?.kind === "cumulative";
      entry = { ref, rows: new RowStage({ metric: ref.name, isCumulative, header: this.header }) };
      this.metrics.set(ref.name, entry);
    }
    return entry.rows;
  }

  private variantIndex(variant: string): number {
    let index = this.variantIndexes.get(variant);
    if (index === undefined) {
      index = this.variants.push(variant) - 1;
      this.variantIndexes.set(variant, index);
    }
    return index;
  }

  private sourceIndex(source: string): { verbatim: number; key: number } {
    let indexes = this.sourceIndexes.get(source);
    if (!indexes) {
      const key = normaliseSource(source);
      const verbatim = this.sources.push(source) - 1;
      indexes = { verbatim, key: key === source ? verbatim : key === "" ? 0 : this.sourceIndex(key).verbatim };
      this.sourceIndexes.set(source, indexes);
    }
    return indexes;
  }

  private spillIfLarge(): void {
    const stages = [...this.metrics.values()].map(({ rows }) => rows);
    const total = stages.reduce((sum, rows) => sum + rows.memoryBytes, 0);
    if (total < rowMemoryBytes) return;
    stages.sort((a, b) => b.memoryBytes - a.memoryBytes);
    let left = total;
    for (const rows of stages) {
      if (left < rowMemoryBytes / 2) break;
      left -= rows.memoryBytes;
      rows.spill(this.scratch);
    }
  }

  private takeSleep(kind: ItemKind, raw: unknown, index: number, units: unknown): void {
    const result = normaliseSleepItem(raw, this.context, typeof units === "string" ? units : undefined);
    if (!result.ok) {
      this.reject(kind, index, result.error, raw);
      return;
    }
    this.warnAll(kind, index, result);
    const position = this.position++;
    const { value } = result;
    const item: SleepItem =
      value.kind === "summary"
        ? { kind: "summary", night: { ...value.night, position } }
        : { kind: "segment", segment: { ...value.segment, position } };
    this.records.add({ kind: "sleep", item, index, position, itemKind: kind });
  }

  private warnAll(kind: ItemKind, index: number, result: Extract<Result<unknown>, { ok: true }>): void {
    for (const { warning, message, value } of result.warnings) {
      this.tally.warn({
        item_type: kind.itemType,
        ...(kind.metric === undefined ? {} : { metric: kind.metric }),
        item_index: index,
        warning,
        ...(value === undefined ? {} : { value }),
        message,
      });
    }
  }

  // Everything else

  private takeElements(event: Extract<HaeEvent, { kind: "elements" }>): void {
    const builder = this.openBuilder(event.type, event.index);
    if (builder instanceof WorkoutBuilder) builder.addElements(event.field, event.elements);
    else if (event.field === "voltageMeasurements") builder?.addVoltages(event.elements);
  }

  private openBuilder(type: ArrayType, index: number): WorkoutBuilder | EcgBuilder | null {
    if (type !== "workouts" && type !== "ecg") return null;
    if (this.builder?.type !== type || this.builder.index !== index) {
      const builder = type === "workouts" ? new WorkoutBuilder(this.context) : new EcgBuilder(this.context);
      this.builder = { type, index, builder };
    }
    return this.builder.builder;
  }

  private takeItem(type: ArrayType, index: number, value: unknown): void {
    const itemKind = kindOfArray[type];
    this.tally.receive(itemKind);
    const builder = this.openBuilder(type, index);
    this.builder = null;
    const result: Result<HealthEvent | EcgRecording | Workout> =
      builder === null ? normaliserOf[type as keyof typeof normaliserOf](value, this.context) : builder.finish(value);
    if (!result.ok) {
      this.reject(itemKind, index, result.error, value);
      return;
    }
    this.warnAll(itemKind, index, result);
    if (result.value.startMs > this.delivery.receivedMs + 10 * 60_000) {
      this.tally.warn({
        item_type: itemKind.itemType,
        item_index: index,
        warning: "future_date",
        message: "The item lies in the future.",
      });
    }
    const position = this.position++;
    const place = { index, position, itemKind };
    if (type === "workouts") {
      const workout = { ...(result.value as Workout), position };
      const bytes = workout.series.reduce(
        (sum, { rows }) => sum + rows.byteLength,
        workout.route?.rows.byteLength ?? 0,
      );
      this.records.add({ kind: "workout", workout, ...place }, bytes);
    } else if (type === "ecg") {
      const recording = { ...(result.value as EcgRecording), position };
      this.records.add({ kind: "ecg", recording, ...place }, recording.voltagesUv.byteLength);
    } else {
      this.records.add({ kind: "event", event: { ...(result.value as HealthEvent), position }, ...place }, 500);
    }
  }

  private takeUnreadable(event: Extract<HaeEvent, { kind: "unreadable" }>): void {
    const name = typeof event.name === "string" ? cleanText(event.name).trim().slice(0, longestName) : "";
    const kind =
      event.type !== "metric"
        ? kindOfArray[event.type]
        : name === ""
          ? { itemType: "metric", type: "unnamed", processed: "metrics" }
          : metricKind(canonicalMetricName(name));
    this.builder = null;
    this.tally.receive(kind);
    this.reject(kind, event.index, { error: "unsupported_shape", message: event.reason }, null);
  }

  /**
   * The grouping of this delivery's points (design section 2), once everything has been read. Says in a warning where
   * the stamps contradict the headers.
   */
  settleGrouping(): DeliveryGrouping {
    const stages = [...this.metrics.values()].map(({ rows }) => rows).filter((rows) => rows.rowCount > 0);
    for (const rows of stages) rows.findTwins(this.scratch);
    const contradicting = stages.filter((rows) => rows.contradictsHeader);
    if (this.header !== null && contradicting.length === 0) return this.header;
    for (const rows of contradicting) {
      this.tally.warn({
        item_type: "metric",
        metric: rows.metric,
        warning: "mixed_grouping",
        message: "The points are not grouped as the header automation-aggregation says; their stamps decide.",
      });
    }
    const cumulative = stages.filter((rows) => rows.isCumulative);
    const deciding = cumulative.length > 0 ? cumulative : stages;
    const survey = new StampSurvey();
    for (const rows of deciding) survey.include(rows.survey);
    if (survey.isEmpty) return "raw";
    // Two points of one minute can be no buckets, not even on the hour: two foods logged at noon stay two.
    if (deciding.some((rows) => rows.hasMinuteTwins)) return "raw";
    const { grouping } = survey;
    if (grouping !== "minute") return grouping;
    // The app's default: heart rate by second where everything else is by minute.
    const heartRate = this.metrics.get("heart_rate")?.rows;
    return heartRate && heartRate.survey.grouping === "raw" && !heartRate.survey.hasEnds ? "default" : "minute";
  }
}

function excerpt(item: unknown): string | null {
  if (item === undefined) return null;
  try {
    return cleanText(JSON.stringify(item).slice(0, keptItemCharacters));
  } catch {
    return null;
  }
}
