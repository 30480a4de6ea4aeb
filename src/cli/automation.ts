/**
 * An automation as Health Auto Export imports it (keys: spec section 1.8), with URL and header filled in.
 *
 * Grouping and date range are what docs/phone.md recommends. The file holds a key: 0600, and the person is told so.
 */
import { randomUUID } from "node:crypto";
import type { Config } from "../config.js";
import { metricDefinitions } from "../health/registry.js";
import { readDaemonFile } from "../server/daemon-file.js";
import { ingestUrls } from "../server/first-start.js";
import { replaceFile } from "./replace-file.js";

/** Sent under data types of their own, not as health metrics. */
const otherDataTypes = ["symptoms", "reproductive"];

export async function writeAutomation(
  path: string,
  config: Config,
  { key, name }: { key: string; name: string },
): Promise<void> {
  const text = JSON.stringify(describeAutomation({ url: chooseUrl(config), key, name }), null, 2);
  await replaceFile(path, async (file) => void file.write(`${text}\n`));
}

/**
 * Scheme and port as the daemon says them: its settings may stand in an environment that this command does not have, and
 * a key must not go in clear text where TLS is on. The host stays this machine's, where the daemon names only loopback.
 */
function chooseUrl(config: Config): string {
  const [fromSettings = ""] = ingestUrls(config);
  const daemon = readDaemonFile(config.dataDir);
  if (daemon === null || config.server.publicUrl !== null || !URL.canParse(daemon.url)) return fromSettings;
  const { protocol, hostname, port } = new URL(daemon.url);
  if (hostname !== "127.0.0.1") return `${daemon.url}/api/v1/ingest`;
  return Object.assign(new URL(fromSettings), { protocol, port }).href;
}

export function describeAutomation({ url, key, name }: { url: string; key: string; name: string }) {
  const metrics = metricDefinitions.filter(({ category }) => !otherDataTypes.includes(category));
  return {
    id: randomUUID().toUpperCase(),
    name: `selfsensored ${name}`,
    configSchemaVersion: "1.0",
    exportDestination: "restApi",
    urlString: url,
    headers: [{ Authorization: `Bearer ${key}` }],
    requestTimeout: 60,
    batchRequests: true,
    exportDataType: "healthMetrics",
    exportFormat: "JSON",
    exportVersion: "ExportVersion.v2",
    exportPeriod: "Default",
    exportAggregation: "Hours",
    exportFileLength: "day",
    aggregateData: true,
    aggregateSleep: true,
    syncCadenceNumber: 6,
    syncCadenceInterval: "hours",
    metrics: metrics.map(({ displayName }) => displayName),
    includeHealthMetrics: true,
    includeWorkouts: false,
    workoutTypes: [],
    includeRoutes: false,
    includeWorkoutMetadata: false,
    workoutsMetadaInterval: "minutes",
    includeECG: false,
    includeHeartRateNotifications: false,
    includeSymptoms: false,
    includeStateOfMind: false,
    includeCycleTracking: false,
    includeMedications: false,
    notifyOnUpdate: false,
    notifyWhenRun: false,
    metadata: {},
  };
}
