/**
 * The floor that imports are compared with: the least that any receiver of JSON has to do with one body, in one process.
 *
 *     read the file → JSON.parse of the whole → dates by hand → one transaction of upserts, 100 rows a statement
 *
 * It keeps no bytes, checks nothing, counts nothing, merges no sources and holds the whole document in memory. Keyed as
 * the appliance's tables are: user, metric, grouping, start, without rowid. Run as a program it prints `{ ms, cpuMs, rows }`,
 * without the time that Node takes to start.
 *
 *     node floor.js BODY.json DATABASE
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import Database from "better-sqlite3";

const rowsPerStatement = 100;
const metricIds: Record<string, number> = { heart_rate: 1, step_count: 2, active_energy: 3 };
const userId = 1;

interface Point {
  date: string;
  source: string;
  qty?: number;
  Min?: number;
  Avg?: number;
  Max?: number;
}

interface Body {
  data: { metrics: { name: string; data: Point[] }[] };
}

export class Floor {
  private readonly db: Database.Database;
  private readonly sources = new Map<string, number>();
  private readonly statements = new Map<string, Database.Statement>();

  constructor(path: string) {
    this.db = new Database(path);
    this.db.pragma("journal_mode = wal");
    this.db.pragma("synchronous = normal");
    this.db.exec(
      `create table points (
         user_id integer, metric_id integer, grouping integer, start integer, value real, least real, most real,
         source_id integer, primary key (user_id, metric_id, grouping, start)
       ) without rowid`,
    );
  }

  /** One transaction; returns the number of points. */
  upsert({ data }: Body): number {
    let rows = 0;
    this.db.transaction(() => {
      for (const { name, data: points } of data.metrics) {
        const many = this.statement(name, rowsPerStatement);
        const full = points.length - (points.length % rowsPerStatement);
        for (let begin = 0; begin < full; begin += rowsPerStatement) {
          many.run(this.values(points, begin, begin + rowsPerStatement));
        }
        const one = this.statement(name, 1);
        for (let i = full; i < points.length; i++) one.run(this.values(points, i, i + 1));
        rows += points.length;
      }
    })();
    return rows;
  }

  close(): void {
    this.db.close();
  }

  private statement(metric: string, rows: number): Database.Statement {
    const key = `${metric} ${rows}`;
    let statement = this.statements.get(key);
    if (!statement) {
      const row = `(${userId}, ${metricIds[metric]!}, 0, ?, ?, ?, ?, ?)`;
      statement = this.db.prepare(
        `insert into points values ${Array.from({ length: rows }, () => row).join(", ")}
         on conflict (user_id, metric_id, grouping, start) do update set
           value = excluded.value, least = excluded.least, most = excluded.most, source_id = excluded.source_id`,
      );
      this.statements.set(key, statement);
    }
    return statement;
  }

  private values(points: readonly Point[], begin: number, end: number): unknown[] {
    const values: unknown[] = [];
    for (let i = begin; i < end; i++) {
      const { date, qty, Avg, Min, Max, source } = points[i]!;
      values.push(readStamp(date), qty ?? Avg, Min ?? null, Max ?? null, this.sourceId(source));
    }
    return values;
  }

  private sourceId(source: string): number {
    const known = this.sources.get(source);
    if (known !== undefined) return known;
    const id = this.sources.size + 1;
    this.sources.set(source, id);
    return id;
  }
}

let dateText = "";
let dateMs = 0;

/** "2026-03-02 09:15:00 +0100"; the date is worked out once for all points of a day. */
export function readStamp(text: string): number {
  if (!text.startsWith(dateText) || dateText === "") {
    dateText = text.slice(0, 10);
    dateMs = Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, Number(text.slice(8, 10)));
  }
  const second = digits(text, 11) * 3600 + digits(text, 14) * 60 + digits(text, 17);
  const offsetMin = digits(text, 21) * 60 + digits(text, 23);
  return dateMs + second * 1000 - (text.charCodeAt(20) === 45 ? -offsetMin : offsetMin) * 60_000;
}

function digits(text: string, at: number): number {
  return text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 528;
}

const [, program, body, path] = process.argv;
if (
  program !== undefined &&
  body !== undefined &&
  path !== undefined &&
  import.meta.url === pathToFileURL(program).href
) {
  const startedMs = performance.now();
  const floor = new Floor(path);
  const rows = floor.upsert(JSON.parse(readFileSync(body, "utf8")) as Body);
  const ms = performance.now() - startedMs;
  const { user, system } = process.cpuUsage();
  floor.close();
  process.stdout.write(`${JSON.stringify({ ms, cpuMs: (user + system) / 1000, rows })}\n`);
}
