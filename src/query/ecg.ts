/** Electrocardiograms: the list without waveforms, one with its voltages. */
import { problem } from "../problem.js";
import type { EcgRow, Store } from "../store/store.js";
import { answerList, type ListAnswer, type QueryRequest } from "./page.js";
import { readRange } from "./range.js";
import type { ListParameters } from "./sleep.js";
import { formatTime, formatTimeOrNull, shortenFloat32 } from "./text.js";

export interface EcgAnswer {
  id: string;
  start: string;
  end: string | null;
  classification: string | null;
  classification_text: string | null;
  severity: string | null;
  average_heart_rate: number | null;
  sampling_frequency_hz: number | null;
  voltage_count: number;
  source: string | null;
}

export interface EcgWithVoltages extends EcgAnswer {
  /** Microvolts, one every 1 / `sampling_frequency_hz` seconds from `start` on; NaN, in JSON null, where it was unreadable. */
  voltages_uv: number[];
}

export function listEcgs(store: Store, request: QueryRequest<ListParameters>): Promise<ListAnswer<EcgAnswer>> {
  const { user, params } = request;
  const { fromMs, toMs } = readRange(params, user.timeZone);
  return answerList({ name: "ecg", request }, (page) => store.ecgs(user.userId, { fromMs, toMs }, page), describeEcg);
}

export async function readEcg(store: Store, { user, params }: QueryRequest<{ id: string }>): Promise<EcgWithVoltages> {
  const ecg = await store.ecg(user.userId, params.id);
  if (ecg === null) throw problem("not_found", "There is no such electrocardiogram.");
  return { ...describeEcg(ecg), voltages_uv: Array.from(ecg.voltagesUv, shortenFloat32) };
}

export function describeEcg(ecg: EcgRow): EcgAnswer {
  return {
    id: ecg.id,
    start: formatTime(ecg.startMs),
    end: formatTimeOrNull(ecg.endMs),
    classification: ecg.classification,
    classification_text: ecg.classificationText,
    severity: ecg.severity,
    average_heart_rate: ecg.averageHeartRate,
    sampling_frequency_hz: ecg.samplingFrequencyHz,
    voltage_count: ecg.voltageCount,
    source: ecg.source,
  };
}
