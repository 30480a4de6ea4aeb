/** Events and electrocardiograms: newest wins per natural key (spec section 7). Inside the caller's transaction. */
import { deflateRawSync } from "node:zlib";
import { earlier } from "../../health/merge.js";
import type { EcgRecording, HealthEvent } from "../../health/record.js";
import type { WriteContext, WriteCounts } from "../store.js";
import { uuidOf } from "../uuid.js";
import type { Connection } from "./connection.js";

interface StoredStamp {
  arrival: number;
  position: number;
  first_ms: number;
  offset_min: number;
}

function isNewer(context: WriteContext, position: number, stored: StoredStamp): boolean {
  return context.arrival > stored.arrival || (context.arrival === stored.arrival && position >= stored.position);
}

/** Offset and first time are those of the earliest delivery; on a tie the smaller offset. */
function firstOf(
  stored: StoredStamp | undefined,
  firstMs: number,
  offsetMin: number,
): [firstMs: number, offsetMin: number] {
  if (!stored) return [firstMs, offsetMin];
  const first = earlier({ firstMs: stored.first_ms, offsetMin: stored.offset_min }, { firstMs, offsetMin });
  return [first.firstMs, first.offsetMin];
}

export function writeEvents(
  db: Connection,
  context: WriteContext,
  events: readonly (HealthEvent & { position: number })[],
): WriteCounts {
  const counts: WriteCounts = { inserted: 0, updated: 0, unchanged: 0 };
  for (const event of events) counts[writeEvent(db, context, event)]++;
  return counts;
}

function writeEvent(
  db: Connection,
  context: WriteContext,
  event: HealthEvent & { position: number },
): keyof WriteCounts {
  const stored = db
    .sql(
      `select arrival, position, first_ms, offset_min, name, start_ms, end_ms, value, quantity, source, detail
       from event_records where user_id = ? and type = ? and key = ?`,
    )
    .get(context.userId, event.type, event.key) as (StoredStamp & Record<string, unknown>) | undefined;
  const detail = canonicalJson(event.detail);
  const [firstMs, offsetMin] = firstOf(stored, Math.floor(context.arrival / 1000), event.offsetMin);
  if (stored && !isNewer(context, event.position, stored)) {
    db.sql("update event_records set first_ms = ?, offset_min = ? where user_id = ? and type = ? and key = ?").run(
      firstMs,
      offsetMin,
      context.userId,
      event.type,
      event.key,
    );
    return "unchanged";
  }
  db.sql(
    `insert or replace into event_records (user_id, type, key, id, name, start_ms, end_ms, offset_min, first_ms, value, quantity, source,
       detail, arrival, position) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    context.userId,
    event.type,
    event.key,
    uuidOf("event", event.type, event.key),
    event.name,
    event.startMs,
    event.endMs,
    offsetMin,
    firstMs,
    event.value,
    event.quantity,
    event.source,
    detail,
    context.arrival,
    event.position,
  );
  if (!stored) return "inserted";
  const isSame =
    stored["name"] === event.name &&
    stored["start_ms"] === event.startMs &&
    stored["end_ms"] === event.endMs &&
    stored["value"] === event.value &&
    stored["quantity"] === event.quantity &&
    stored["source"] === event.source &&
    stored["detail"] === detail;
  return isSame ? "unchanged" : "updated";
}

/** JSON with sorted keys: phones shuffle them, and the same event must not look changed. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

export function writeEcg(db: Connection, context: WriteContext, ecg: EcgRecording & { position: number }): WriteCounts {
  const counts: WriteCounts = { inserted: 0, updated: 0, unchanged: 0 };
  const stored = db
    .sql(
      `select ecg_id, arrival, position, first_ms, offset_min, end_ms, classification, classification_text, severity,
         average_heart_rate, sampling_frequency_hz, voltages
       from ecg_records where user_id = ? and start_ms = ? and source_key = ?`,
    )
    .get(context.userId, ecg.startMs, ecg.sourceKey) as (StoredStamp & Record<string, unknown>) | undefined;
  const [firstMs, offsetMin] = firstOf(stored, Math.floor(context.arrival / 1000), ecg.offsetMin);
  if (stored && !isNewer(context, ecg.position, stored)) {
    db.sql("update ecg_records set first_ms = ?, offset_min = ? where ecg_id = ?").run(
      firstMs,
      offsetMin,
      stored["ecg_id"],
    );
    counts.unchanged++;
    return counts;
  }
  const { voltagesUv } = ecg;
  const voltages = deflateRawSync(Buffer.from(voltagesUv.buffer, voltagesUv.byteOffset, voltagesUv.byteLength), {
    level: 1,
  });
  db.sql(
    `insert into ecg_records (user_id, start_ms, source_key, id, end_ms, offset_min, first_ms, classification, classification_text,
       severity, average_heart_rate, sampling_frequency_hz, source, voltage_count, voltages, detail, arrival, position)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (user_id, start_ms, source_key) do update set end_ms = excluded.end_ms, offset_min = excluded.offset_min,
       first_ms = excluded.first_ms, classification = excluded.classification, classification_text = excluded.classification_text,
       severity = excluded.severity, average_heart_rate = excluded.average_heart_rate,
       sampling_frequency_hz = excluded.sampling_frequency_hz, source = excluded.source, voltage_count = excluded.voltage_count,
       voltages = excluded.voltages, detail = excluded.detail, arrival = excluded.arrival, position = excluded.position`,
  ).run(
    context.userId,
    ecg.startMs,
    ecg.sourceKey,
    uuidOf("ecg", ecg.startMs, ecg.sourceKey),
    ecg.endMs,
    offsetMin,
    firstMs,
    ecg.classification,
    ecg.classificationText,
    ecg.severity,
    ecg.averageHeartRate,
    ecg.samplingFrequencyHz,
    ecg.source,
    voltagesUv.length,
    voltages,
    canonicalJson(ecg.detail),
    context.arrival,
    ecg.position,
  );
  if (!stored) counts.inserted++;
  else if (
    stored["end_ms"] === ecg.endMs &&
    stored["classification"] === ecg.classification &&
    stored["classification_text"] === ecg.classificationText &&
    stored["severity"] === ecg.severity &&
    stored["average_heart_rate"] === ecg.averageHeartRate &&
    stored["sampling_frequency_hz"] === ecg.samplingFrequencyHz &&
    voltages.equals(stored["voltages"] as Buffer)
  ) {
    counts.unchanged++;
  } else counts.updated++;
  return counts;
}
