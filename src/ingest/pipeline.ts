/**
 * What happens to an archived delivery, in one function: decode → normalise → write → summarise → outcome.
 *
 * Called by the worker for what was just received, by the CLI for files, and by a replay: a payload means the same
 * however it arrived, because this is the only way in.
 *
 * What a caller may rely on:
 *
 * - Nothing is written unless the whole body is a valid document; then each metric goes in by transactions of its own.
 * - Calling it twice for one delivery, or dying in the middle and calling it again, ends in the same rows.
 * - One item that the database refuses costs nothing else: batches are halved until it stands alone.
 * - It throws a `Problem` when trying again may help (disk full, store locked); the delivery is then still pending.
 */

import { detectContent } from "../formats/content.js";
import { FormatError, HaeJsonDecoder } from "../formats/hae-json.js";
import { groupingOfMetric, mayBeCut } from "../health/grouping.js";
import {
  type Delivery,
  type Outcome,
  type PointBatch,
  pointColumn,
  pointColumns,
  RefusedByStore,
  type RejectedItem,
  type Store,
  type WriteContext,
  type WriteCounts,
} from "../store/store.js";
import { DeliveryStage, type StagedRecord } from "./delivery-stage.js";
import { pointBatches } from "./point-batches.js";
import type { RowStage } from "./row-stage.js";
import { ScratchFile } from "./scratch-file.js";
import { type ItemKind, metricKind, rejectedWhole, Tally } from "./tally.js";
import { YoungGarbage } from "./young-garbage.js";

export interface ProcessOptions {
  store: Store;
  delivery: Delivery;
  /** The user's time zone, for stamps without an offset. */
  zone: string;
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Folder for what does not fit in memory. */
  scratchFolder: string;
  /** Called between pieces of work: a place to renew the lease and to let others have the lock. Throws to stop. */
  breathe(): Promise<void>;
  /** Reads and checks, writes nothing. */
  isDryRun?: boolean;
}

export async function processDelivery(options: ProcessOptions): Promise<Outcome> {
  const scratch = new ScratchFile(options.scratchFolder);
  const spill = new ScratchFile(options.scratchFolder);
  try {
    const tally = new Tally();
    const stage = new DeliveryStage({ delivery: options.delivery, zone: options.zone, tally, scratch });
    const failure = await decode(options, stage, spill);
    if (failure) return failure;
    if (options.isDryRun) return dryOutcome(stage, tally);
    await write(options, stage, tally, scratch);
    return tally.outcome();
  } finally {
    scratch.close();
    spill.close();
  }
}

/** As fast as slices of a megabyte, and less memory at the peak (docs/benchmarks.md). */
const sliceBytes = 256 * 1024;

/** Reads the whole body into the stage. Not null where the body as a whole is of no use. */
async function decode(options: ProcessOptions, stage: DeliveryStage, spill: ScratchFile): Promise<Outcome | null> {
  const decoder = new HaeJsonDecoder(spill, { sliceBytes });
  const garbage = new YoungGarbage();
  let isFirst = true;
  try {
    for await (const chunk of options.bytes) {
      if (isFirst) {
        isFirst = false;
        const content = detectContent(options.delivery.contentType ?? undefined, chunk);
        if (content !== "json") {
          return rejectedWhole("unsupported_media_type", "This release reads the JSON of Health Auto Export only.");
        }
      }
      for (const event of decoder.push(chunk)) stage.take(event);
      garbage.passed(chunk.byteLength);
      await options.breathe();
    }
    // A month whose file is gone: that is no fault of the body, and must not be told as one.
    if (isFirst && options.delivery.bodyBytes > 0) throw new Error("the bytes of the delivery are not in the archive");
    decoder.end();
    return null;
  } catch (error) {
    if (error instanceof FormatError) return rejectedWhole(error.code, error.detail);
    throw error;
  }
}

async function write(options: ProcessOptions, stage: DeliveryStage, tally: Tally, scratch: ScratchFile): Promise<void> {
  const { store, delivery, breathe } = options;
  const context: WriteContext = { userId: delivery.userId, arrival: delivery.arrival };
  const grouping = stage.settleGrouping();
  const isCut = mayBeCut(delivery.headers["automation-period"]);
  for (const { ref, rows } of stage.metrics.values()) {
    const kind = metricKind(ref.name);
    let superseded = 0;
    const batches = pointBatches(rows, scratch, {
      metric: ref,
      grouping: groupingOfMetric(grouping, ref.name),
      mayBeCut: isCut,
      variants: stage.variants,
      sources: stage.sources,
      onSuperseded: () => superseded++,
    });
    for (const batch of batches) {
      await writeBatch(store, context, batch, rows, kind, stage, tally);
      await breathe();
    }
    tally.write(kind, { inserted: 0, updated: 0, unchanged: superseded });
  }
  await writeRecords(options, context, stage, tally);
  await writeRejected(store, delivery.arrival, stage);
  await store.rebuildDirtyDays(delivery.userId);
}

/** Halves what the database refuses until the offending row stands alone (design section 4). */
async function writeBatch(
  store: Store,
  context: WriteContext,
  batch: PointBatch,
  rows: RowStage,
  kind: ItemKind,
  stage: DeliveryStage,
  tally: Tally,
): Promise<void> {
  try {
    tally.write(kind, await store.writePoints(context, batch));
  } catch (error) {
    if (!(error instanceof RefusedByStore)) throw error;
    if (batch.rowCount === 1) {
      stage.rejectRefused(kind, rows.itemIndex(batch.rows[pointColumn.position]!));
      return;
    }
    const half = batch.rowCount >> 1;
    for (const [from, to] of [
      [0, half],
      [half, batch.rowCount],
    ] as const) {
      const part = { ...batch, rows: batch.rows.subarray(from * pointColumns, to * pointColumns), rowCount: to - from };
      await writeBatch(store, context, part, rows, kind, stage, tally);
    }
  }
}

/** Records of one kind that go into one transaction. */
const recordsPerBatch = { sleep: 200, event: 500, ecg: 1, workout: 1 } as const;

async function writeRecords(
  options: ProcessOptions,
  context: WriteContext,
  stage: DeliveryStage,
  tally: Tally,
): Promise<void> {
  let waiting: StagedRecord[] = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    await writeRecordBatch(options.store, context, waiting, stage, tally);
    waiting = [];
    await options.breathe();
  };
  for (const record of stage.records) {
    const first = waiting[0];
    if (first && (first.kind !== record.kind || first.itemKind.type !== record.itemKind.type)) await flush();
    waiting.push(record);
    if (waiting.length >= recordsPerBatch[record.kind]) await flush();
  }
  await flush();
}

async function writeRecordBatch(
  store: Store,
  context: WriteContext,
  records: readonly StagedRecord[],
  stage: DeliveryStage,
  tally: Tally,
): Promise<void> {
  const first = records[0]!;
  try {
    tally.write(first.itemKind, await writeSameKind(store, context, records));
  } catch (error) {
    if (!(error instanceof RefusedByStore)) throw error;
    if (records.length === 1) {
      stage.rejectRefused(first.itemKind, first.index);
      return;
    }
    const half = records.length >> 1;
    await writeRecordBatch(store, context, records.slice(0, half), stage, tally);
    await writeRecordBatch(store, context, records.slice(half), stage, tally);
  }
}

function writeSameKind(store: Store, context: WriteContext, records: readonly StagedRecord[]): Promise<WriteCounts> {
  const first = records[0]!;
  switch (first.kind) {
    case "sleep":
      return store.writeSleep(
        context,
        records.flatMap((record) => (record.kind === "sleep" ? [record.item] : [])),
      );
    case "event":
      return store.writeEvents(
        context,
        records.flatMap((record) => (record.kind === "event" ? [record.event] : [])),
      );
    case "ecg":
      return store.writeEcg(context, first.recording);
    case "workout":
      return store.writeWorkout(context, first.workout);
  }
}

const rejectedPerBatch = 1000;

async function writeRejected(store: Store, arrival: number, stage: DeliveryStage): Promise<void> {
  let waiting: RejectedItem[] = [];
  let reset = true;
  const flush = async () => {
    await store.writeRejected(arrival, waiting, { reset });
    reset = false;
    waiting = [];
  };
  for (const item of stage.rejected) {
    waiting.push(item);
    if (waiting.length === rejectedPerBatch) await flush();
  }
  // Also without items: an earlier try may have listed some.
  if (reset || waiting.length > 0) await flush();
}

/** What a dry run can tell: how many items would be taken and which would be rejected. */
function dryOutcome(stage: DeliveryStage, tally: Tally): Outcome {
  stage.settleGrouping();
  const outcome = tally.outcome();
  const takeable = (counts: Outcome["counts"]) => ({ ...counts, inserted: counts.received - counts.rejected });
  outcome.counts = takeable(outcome.counts);
  for (const [type, counts] of Object.entries(outcome.by_type)) outcome.by_type[type] = takeable(counts);
  return outcome;
}
