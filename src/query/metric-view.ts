/**
 * What a query has to know of a metric: from the registry, or, for one that only a phone knows, from the store.
 *
 * A metric of the registry exists even without data; a name that neither knows is `not_found`.
 */
import type { DiscreteShape } from "../health/day.js";
import { canonicalMetricName, findMetric, type MetricDefinition } from "../health/registry.js";
import { problem } from "../problem.js";
import type { CatalogueRow, Store, User } from "../store/store.js";
import type { Agg } from "./parameters.js";

export interface MetricView {
  name: string;
  /** Null for a metric outside the registry: its points keep the unit they came with, each in its variant. */
  unit: string | null;
  isCumulative: boolean;
  isLogged: boolean;
  shape: DiscreteShape;
  /** What a bucket shows when nothing else is asked for; null: all that the shape has (heart rate). */
  defaultAgg: Agg | null;
  isRegistered: boolean;
}

export async function findMetricView(store: Store, user: User, wireName: string): Promise<MetricView> {
  const name = canonicalMetricName(wireName);
  const definition = findMetric(name);
  if (definition !== undefined) return viewOf(definition);
  const stored = (await store.catalogue(user.userId)).find((row) => row.metric === name);
  if (stored === undefined) throw problem("not_found", "There is no metric of this name.");
  return viewOfStored(stored);
}

/** The view of a metric that the store lists. */
export function viewOfStored(stored: CatalogueRow): MetricView {
  const definition = findMetric(stored.metric);
  if (definition !== undefined) return viewOf(definition);
  const isCumulative = stored.kind === "cumulative";
  return {
    name: stored.metric,
    unit: null,
    isCumulative,
    isLogged: false,
    shape: "quantity",
    defaultAgg: isCumulative ? "sum" : "avg",
    isRegistered: false,
  };
}

function viewOf({ name, unit, kind, aggregation, isLogged }: MetricDefinition): MetricView {
  // Nights add up as a total of sleep (naps), although they are records of their own.
  const isSleep = name === "sleep_analysis";
  const isCumulative = kind === "cumulative" || isSleep;
  return {
    name,
    unit: isSleep ? "min" : unit,
    isCumulative,
    isLogged: isLogged || isSleep,
    shape: name === "heart_rate" || name === "blood_pressure" ? name : "quantity",
    defaultAgg: isCumulative ? "sum" : name === "heart_rate" ? null : aggregation === "last" ? "last" : "avg",
    isRegistered: true,
  };
}
