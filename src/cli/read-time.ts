/** Times in flags: an instant, or a bare date that means a local day in a zone. */
import { localDayStart } from "../health/zone.js";
import { problem } from "../problem.js";
import { parseMoment } from "../query/range.js";

/** Milliseconds of an instant, or of the beginning of a local date. */
export function readTime(flag: string, text: string, zone: string): number {
  const moment = parseMoment(text);
  if (moment === undefined) {
    throw problem("usage", `${flag} must be an instant such as 2026-03-02T08:00:00Z or a date such as 2026-03-02.`);
  }
  return moment.kind === "date" ? localDayStart(zone, moment.days) : moment.epochMs;
}
