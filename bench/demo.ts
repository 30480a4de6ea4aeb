/**
 * `npm run demo`: a daemon on a temporary folder, three months of a simulated person in it, and what to look at.
 *
 * The person is the one of the tests (`test/phone/`): their phone sends its history by day, then by hour, the last week
 * raw, and part of it again. Nothing of the machine's own configuration or data is touched; Ctrl-C removes everything.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createProgress } from "../src/cli/progress.js";
import { hostTimeZone } from "../src/health/zone.js";
import { addDays } from "../test/phone/clock.js";
import { entryTypes } from "../test/phone/events.js";
import { type DataType, type Delivery, type ExportOptions, exportDeliveries, resend } from "../test/phone/export.js";
import { livePerson, type Person } from "../test/phone/person.js";
import { sendAll } from "../test/phone/send.js";
import { type Daemon, startDaemon } from "./daemon.js";

const usage = `Usage: npm run demo -- [options]

  --days N    days of the person's life, up to now (90)
  --seed N    another number is another person (7)
  --port N    port of the daemon (a free one)
  --once      stop when everything is sent and shown
  --help
`;

/** What the phone is set up to send; each is one automation of the app. */
export interface Automation {
  label: string;
  make(): Delivery[];
}

export async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      days: { type: "string", default: "90" },
      seed: { type: "string", default: "7" },
      port: { type: "string" },
      once: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const days = wholeNumber("days", values.days, 8, 3650);
  const seed = wholeNumber("seed", values.seed, 0, 999_999_999);
  const port = values.port === undefined ? undefined : wholeNumber("port", values.port, 1, 65_535);

  const stopped = untilSignal();
  const folder = mkdtempSync(join(tmpdir(), "selfsensored-demo-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.on("exit", remove);
  say("starting a daemon on a folder of its own …");
  const daemon = await startDaemon({ folder, port });
  try {
    const work = present(daemon, livingUntilNow(days, seed), values.once);
    const end = await Promise.race([
      work.then(() => (values.once ? "done" : Promise.race([stopped, died(daemon)]))),
      stopped,
      died(daemon),
    ]);
    if (end === "died") throw new Error(`the daemon has ended by itself\n${daemon.errors().trim()}`);
    return 0;
  } finally {
    await daemon.stop();
    remove();
    say(`stopped; ${folder} is removed`);
  }
}

function untilSignal(): Promise<"stopped"> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => resolve("stopped"));
  });
}

function died(daemon: Daemon): Promise<"died"> {
  return daemon.ended.then(() => "died");
}

function livingUntilNow(days: number, seed: number): Person {
  const zone = hostTimeZone();
  // In the form YYYY-MM-DD, which is how Swedes write dates.
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(Date.now());
  return livePerson({ seed, zone, firstDate: addDays(today, 1 - days), days });
}

/** In the order in which a person sets them up: the past first, coarse, then what comes every hour. */
export function automationsOf(person: Person, nowMs: number): Automation[] {
  const { days } = person;
  const dateAt = (ofEnd: number) => days[Math.max(0, days.length - ofEnd)]!.date;
  const make = (options: ExportOptions) => exportDeliveries(person, { shuffleKeys: true, asOfMs: nowMs, ...options });
  const [weekAgo, monthAgo] = [dateAt(7), dateAt(30)];
  const only = (type: DataType, batch: number): Automation => ({
    label: labels[type],
    make: () => make({ grouping: "minute", dataTypes: [type], batch, automation: labels[type] }),
  });
  return [
    {
      label: "history, by day",
      make: () => make({ grouping: "day", to: monthAgo, batch: 30 }),
    },
    {
      label: "the last month, by hour",
      make: () => make({ grouping: "hour", from: monthAgo, to: weekAgo, batch: 7 }),
    },
    { label: "the last week, raw", make: () => make({ grouping: "raw", from: weekAgo, batch: 1 }) },
    {
      label: "yesterday and today again",
      make: () => resend(person, { grouping: "hour", from: dateAt(2), asOfMs: nowMs }),
    },
    only("workouts", 15),
    ...entryTypes.map((type) => only(type, 30)),
  ];
}

const labels: Record<DataType, string> = {
  metrics: "metrics",
  workouts: "workouts",
  symptoms: "symptoms",
  state_of_mind: "states of mind",
  medications: "medications",
  cycle_tracking: "cycle tracking",
  heart_rate_notifications: "heart rate notifications",
  ecg: "electrocardiograms",
};

async function present(daemon: Daemon, person: Person, isOnce: boolean): Promise<void> {
  const startedMs = performance.now();
  const sent = { deliveries: 0, items: 0, bytes: 0 };
  for (const { label, make } of automationsOf(person, Date.now())) {
    const deliveries = make();
    const progress = createProgress(
      { label, total: deliveries.length },
      process.stderr.isTTY ? process.stderr : undefined,
    );
    let items = 0;
    for (const [i, delivery] of deliveries.entries()) {
      await sendOne(daemon, delivery);
      items += Object.values(delivery.counts).reduce((sum, count) => sum + count, 0);
      sent.bytes += delivery.body.length;
      progress.update(i + 1);
    }
    progress.finish();
    sent.deliveries += deliveries.length;
    sent.items += items;
    say(`  ${label.padEnd(26)} ${count(deliveries.length).padStart(4)} deliveries ${count(items).padStart(8)} items`);
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(
    `sent ${count(person.days.length)} days: ${count(sent.deliveries)} deliveries, ${count(sent.items)} items, ` +
      `${(sent.bytes / 1e6).toFixed(1)} MB in ${seconds} s`,
  );
  const text = tour(daemon, {
    weekAgo: person.days.at(-7)!.date,
    yesterday: person.days.at(-2)!.date,
    workout: await findWorkoutWithRoute(daemon),
  });
  process.stdout.write(`${text}${isOnce ? "" : "\n  Ctrl-C stops the daemon and removes all of it.\n"}`);
}

async function sendOne(daemon: Daemon, delivery: Delivery): Promise<void> {
  const [reply] = await sendAll(`${daemon.url}/api/v1/ingest`, daemon.key!, [delivery]);
  if (reply!.status !== 200 && reply!.status !== 202) {
    throw new Error(`a delivery was answered ${reply!.status}: ${JSON.stringify(reply!.receipt)}`);
  }
}

/** A path where there is one to show: in the gym there is none. */
async function findWorkoutWithRoute({ url, key }: Daemon): Promise<string | null> {
  const headers = { authorization: `Bearer ${key}` };
  const answer = await fetch(`${url}/api/v1/workouts?limit=50`, { headers });
  const { data } = (await answer.json()) as { data: { id: string }[] };
  for (const { id } of data) {
    const route = await fetch(`${url}/api/v1/workouts/${id}/route`, { headers });
    await route.arrayBuffer();
    if (route.status === 200) return id;
  }
  return null;
}

interface TourStops {
  weekAgo: string;
  yesterday: string;
  workout: string | null;
}

function tour({ url, key, dataFolder }: Daemon, { weekAgo, yesterday, workout }: TourStops): string {
  const ask = (what: string, path: string, then = "") =>
    `\n  ${what}\n    curl -sH 'Authorization: Bearer ${key}' '${url}/api/v1/${path}'${then}\n`;
  return `
  Copy any of these; the key in them is the demo's own, and "| jq ." makes JSON easier to read.
${ask("What each day of the last week came to", `daily?from=${weekAgo}&metrics=step_count,active_energy,heart_rate,sleep_analysis`)}${ask("Heart rate by the hour, as CSV", `metrics/heart_rate?from=${yesterday}&bucket=hour&format=csv`)}${ask("Everything that is measured", "metrics")}${ask("Nights", `sleep?from=${weekAgo}`)}${ask("Workouts", "workouts?limit=3")}${workout === null ? "" : ask("The route of one of them, for a map", `workouts/${workout}/route?format=gpx`, " | head -12")}${ask("Moods, symptoms, medications", `events?from=${weekAgo}`)}${ask("What was received, with its receipts", "ingestions?limit=3")}
  In a browser
    ${url}/docs        every route and parameter
    ${url}/metrics     for Prometheus

  In SQL, where sqlite3 is installed (any program that reads SQLite will do)
    sqlite3 -readonly -box ${dataFolder}/selfsensored.db \\
      "select local_date, metric, total, avg, min, max, unit, series from daily_summaries order by 1 desc limit 20"

  The data lies in ${dataFolder}
`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most)) {
    throw new Error(`--${name} must be a whole number from ${least} to ${most}`);
  }
  return number;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
