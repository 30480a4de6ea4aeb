/**
 * Small integers for the text that every row would repeat: metrics, variants, sources.
 *
 * Numbers are given on first use, inside the caller's transaction, and never change; so they may be remembered. After
 * a rollback the memory is wrong: `forget` it.
 */
import { createHash } from "node:crypto";
import { metricDefinitions } from "../../health/registry.js";
import type { MetricRef } from "../store.js";
import type { Connection } from "./connection.js";

export class Names {
  private readonly metrics = new Map<string, number>();
  private readonly variants = new Map<string, number>();
  private readonly sources = new Map<string, number>();
  private readonly db: Connection;

  constructor(db: Connection) {
    this.db = db;
  }

  forget(): void {
    this.metrics.clear();
    this.variants.clear();
    this.sources.clear();
  }

  metric(ref: MetricRef): number {
    let id = this.metrics.get(ref.name);
    if (id === undefined) {
      const known = this.metricByName(ref.name);
      id = known ?? this.addMetric(ref);
      this.metrics.set(ref.name, id);
    }
    return id;
  }

  metricByName(name: string): number | undefined {
    return this.db.sql("select metric_id from metric_definitions where name = ?").pluck().get(name) as
      | number
      | undefined;
  }

  private addMetric(ref: MetricRef): number {
    const { lastInsertRowid } = this.db
      .sql(
        `insert into metric_definitions (name, display_name, category, kind, aggregation, unit, is_logged, is_registered)
         values (?, ?, 'other', 'discrete', 'average', null, 0, 0)`,
      )
      .run(ref.name, ref.name);
    return Number(lastInsertRowid);
  }

  variant(name: string): number {
    if (name === "") return 0;
    let id = this.variants.get(name);
    if (id === undefined) {
      id = this.db.sql("select variant_id from variants where name = ?").pluck().get(name) as number | undefined;
      id ??= Number(this.db.sql("insert into variants (name) values (?)").run(name).lastInsertRowid);
      this.variants.set(name, id);
    }
    return id;
  }

  /** 0 for no source. */
  source(userId: number, name: string): number {
    if (name === "") return 0;
    const key = `${userId}\u0000${name}`;
    let id = this.sources.get(key);
    if (id === undefined) {
      id = this.db.sql("select source_id from sources where user_id = ? and name = ?").pluck().get(userId, name) as
        | number
        | undefined;
      id ??= Number(this.db.sql("insert into sources (user_id, name) values (?, ?)").run(userId, name).lastInsertRowid);
      this.sources.set(key, id);
    }
    return id;
  }
}

/** A digest of the registry, so that an unchanged one costs one read at a start. */
const registryDigest = createHash("sha256").update(JSON.stringify(metricDefinitions)).digest("hex");

/** Writes the registry into `metric_definitions`: new metrics are added, changed knowledge is brought up to date. */
export function syncRegistry(db: Connection): void {
  const known = db.sql("select value from store_settings where name = 'registry'").pluck().get();
  if (known === registryDigest) return;
  db.write(() => {
    db.sql("insert or replace into store_settings (name, value) values ('registry', ?)").run(registryDigest);
    const statement = db.sql(
      `insert into metric_definitions (name, display_name, category, kind, aggregation, unit, healthkit_type, is_logged, range_min,
         range_max, range_per, is_registered)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
       on conflict (name) do update set display_name = excluded.display_name, category = excluded.category, kind = excluded.kind,
         aggregation = excluded.aggregation, unit = excluded.unit, healthkit_type = excluded.healthkit_type,
         is_logged = excluded.is_logged, range_min = excluded.range_min, range_max = excluded.range_max,
         range_per = excluded.range_per, is_registered = 1`,
    );
    for (const metric of metricDefinitions) {
      statement.run(
        metric.name,
        metric.displayName,
        metric.category,
        metric.kind,
        metric.aggregation,
        metric.unit,
        metric.healthKitType,
        metric.isLogged ? 1 : 0,
        metric.range?.min ?? null,
        metric.range?.max ?? null,
        metric.rangePer,
      );
    }
  });
}
