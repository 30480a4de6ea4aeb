/**
 * What every test of a quirk needs: a store with the real path of a delivery, bodies as phones write them, and answers as
 * people read them.
 *
 * Bodies that are more than one line are in `fixtures/`, written the way the app writes (spec section 1.1); all values
 * are invented. Numbers of answers are compared to twelve digits, so that expectations can be computed by hand.
 */
import { readFile } from "node:fs/promises";
import { onTestFinished } from "vitest";
import { inProcessQueries } from "../../src/query/client.js";
import { Lab, type SendOptions } from "../support/lab.js";

// biome-ignore lint/suspicious/noExplicitAny: answers are compared whole
type Answer = any;
type Headers = Record<string, string>;

/** Headers of an automation whose range is whole days, by grouping: no bucket of it is cut. */
export const hourly: Headers = { "automation-aggregation": "Hours", "automation-period": "Default" };
export const daily: Headers = { "automation-aggregation": "Days", "automation-period": "Default" };
export const minutely: Headers = { "automation-aggregation": "Minutes", "automation-period": "Default" };
/** What an automation with Summarise off is taken to say: nothing that we know. */
export const ungrouped: Headers = { "automation-aggregation": "None", "automation-period": "Default" };

export function envelope(...metrics: { name: unknown; units?: unknown; data?: unknown }[]) {
  return { data: { metrics } };
}

export function metric(name: string, units: unknown, ...data: unknown[]) {
  return envelope({ name, units, data });
}

export function readFixture(name: string): Promise<Buffer> {
  return readFile(new URL(`./fixtures/${name}.json`, import.meta.url));
}

/** A stored point as answers give it. */
export function point(time: string, value: number, unit: string | null, rest: Record<string, unknown> = {}) {
  return { time, end: null, value, unit, source: null, ...rest };
}

export interface Desk {
  lab: Lab;
  /** Sends a body; what the receipt says, in one line. */
  send(body: unknown, headers?: Headers, options?: SendOptions): Promise<string>;
  sendFixture(name: string, headers?: Headers): Promise<string>;
  /** The answer of a query; of a list, its rows. */
  ask(query: string, params?: Record<string, string>): Promise<Answer>;
  points(metric: string, params?: Record<string, string>): Promise<Answer[]>;
  /** What days came to: `{ "2026-03-02": { step_count: { total, unit, series } } }`. */
  days(): Promise<Record<string, Record<string, Answer>>>;
}

export async function openDesk(zone = "Europe/Berlin"): Promise<Desk> {
  const lab = await Lab.open({ zone });
  onTestFinished(() => lab.close());
  const send = async (body: unknown, headers: Headers = {}, options: SendOptions = {}) =>
    describeReceipt(await lab.send(body, { headers, ...options }));
  const ask = async (query: string, params: Record<string, string> = {}) => {
    const { body } = await inProcessQueries(lab.store).run(query, { user: lab.user, params });
    const answer = round(JSON.parse(body as string)) as Answer;
    return Array.isArray(answer.data) ? answer.data : answer;
  };
  return {
    lab,
    send,
    sendFixture: async (name, headers) => send(await readFixture(name), headers),
    ask,
    points: (name, params) => ask("metric", { name, ...params }),
    days: async () => Object.fromEntries((await ask("daily")).map((day: Answer) => [day.date, day.metrics])),
  };
}

/** `partial: 3 received, 2 inserted, 1 rejected; step_count[1] invalid_date date; warning future_date`. */
function describeReceipt({ httpStatus, receipt }: Awaited<ReturnType<Lab["send"]>>): string {
  const { received, ...others } = receipt.counts;
  const { inserted, updated, unchanged, rejected } = others;
  if (received !== inserted + updated + unchanged + rejected) throw new Error("the receipt does not add up");
  if (receipt.success !== httpStatus < 300) throw new Error("success and status differ");
  const counts = Object.entries(others).filter(([, count]) => count > 0);
  const errors = receipt.errors.map(
    ({ metric, item_type, item_index, error, field }) =>
      `${metric ?? item_type}[${item_index}] ${error}${field === undefined ? "" : ` ${field}`}`,
  );
  const warnings = receipt.warnings.map(({ warning }) => `warning ${warning}`);
  return [
    `${receipt.status}: ${[`${received} received`, ...counts.map(([name, count]) => `${count} ${name}`)].join(", ")}`,
    ...errors,
    ...warnings,
  ].join("; ");
}

function round(value: unknown): unknown {
  if (typeof value === "number") return Number(value.toPrecision(12));
  if (Array.isArray(value)) return value.map(round);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, round(inner)]));
}
