/** Symptoms, moods, medications, cycle entries and heart-rate notifications. */
import type { EventType } from "../health/record.js";
import type { EventRow, Store } from "../store/store.js";
import { answerList, type ListAnswer, type QueryRequest } from "./page.js";
import { readRange } from "./range.js";
import type { ListParameters } from "./sleep.js";
import { formatTime, formatTimeOrNull } from "./text.js";

export interface EventAnswer {
  id: string;
  type: EventType;
  name: string;
  start: string;
  end: string | null;
  value: string | null;
  quantity: number | null;
  source: string | null;
  /** Everything that was sent. */
  detail: Record<string, unknown>;
}

export function listEvents(
  store: Store,
  request: QueryRequest<ListParameters & { type?: EventType | undefined }>,
): Promise<ListAnswer<EventAnswer>> {
  const { user, params } = request;
  const { fromMs, toMs } = readRange(params, user.timeZone);
  return answerList(
    { name: "events", request },
    (page) => store.events(user.userId, { fromMs, toMs, type: params.type }, page),
    describeEvent,
  );
}

export function describeEvent(event: EventRow): EventAnswer {
  const { id, type, name, startMs, endMs, value, quantity, source, detail } = event;
  return { id, type, name, start: formatTime(startMs), end: formatTimeOrNull(endMs), value, quantity, source, detail };
}
