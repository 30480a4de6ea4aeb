/** Nights and stages. A night belongs to the date of waking, so bare dates select nights by that. */
import { formatDate } from "../health/zone.js";
import type { NightRow, StageRow, Store } from "../store/store.js";
import { answerList, type ListAnswer, type QueryRequest } from "./page.js";
import { holdsDated, readRange, widenForDates } from "./range.js";
import { formatTime, formatTimeOrNull } from "./text.js";

export interface ListParameters {
  from?: string | undefined;
  to?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

export interface NightAnswer {
  id: string;
  date: string;
  start: string;
  end: string;
  in_bed_start: string | null;
  in_bed_end: string | null;
  total_min: number;
  core_min: number | null;
  deep_min: number | null;
  rem_min: number | null;
  asleep_min: number | null;
  awake_min: number | null;
  in_bed_min: number | null;
  source: string | null;
}

export interface StageAnswer {
  id: string;
  start: string;
  end: string;
  stage: string;
  source: string | null;
}

export function listNights(store: Store, request: QueryRequest<ListParameters>): Promise<ListAnswer<NightAnswer>> {
  const { user, params } = request;
  const range = readRange(params, user.timeZone);
  return answerList(
    { name: "sleep", request },
    (page) => store.nights(user.userId, widenForDates(range), page),
    describeNight,
    (night) => holdsDated(range, { atMs: night.endMs, localDay: night.localDay }),
  );
}

export function listStages(store: Store, request: QueryRequest<ListParameters>): Promise<ListAnswer<StageAnswer>> {
  const { user, params } = request;
  const { fromMs, toMs } = readRange(params, user.timeZone);
  return answerList(
    { name: "sleep/stages", request },
    (page) => store.stages(user.userId, { fromMs, toMs }, page),
    describeStage,
  );
}

export function describeNight(night: NightRow): NightAnswer {
  return {
    id: night.id,
    date: formatDate(night.localDay),
    start: formatTime(night.startMs),
    end: formatTime(night.endMs),
    in_bed_start: formatTimeOrNull(night.inBedStartMs),
    in_bed_end: formatTimeOrNull(night.inBedEndMs),
    total_min: night.totalMin,
    core_min: night.coreMin,
    deep_min: night.deepMin,
    rem_min: night.remMin,
    asleep_min: night.asleepMin,
    awake_min: night.awakeMin,
    in_bed_min: night.inBedMin,
    source: night.source,
  };
}

export function describeStage({ id, startMs, endMs, stage, source }: StageRow): StageAnswer {
  return { id, start: formatTime(startMs), end: formatTime(endMs), stage, source };
}
