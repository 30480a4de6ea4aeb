/**
 * An automation as Health Auto Export imports it (keys: spec section 1.8), with URL and header filled in.
 *
 * Grouping and date range are what docs/phone.md recommends. The file holds a key: 0600, and the person is told so.
 */
import { randomUUID } from "node:crypto";
import type { Config } from "../config.js";
import { metricDefinitions } from "../health/registry.js";
import { ingestUrls } from "../server/first-start.js";
import { replaceFile } from "./replace-file.js";

/** Sent under data types of their own, not as health metrics. */
const otherDataTypes = ["symptoms", "reproductive"];

export async function writeAutomation(
  path: string,
  config: Config,
  { key, name }: { key: string; name: string },
): Promise<void> {
  const [url = ""] = ingestUrls(config);
  const text = JSON.stringify(describeAutomation({ url, key, name }), null, 2);
  await replaceFile(path, async (file) => void file.write(`${text}\n`));
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
