/**
 * Hourly deliveries of 2 to 20 KB, one after the other as a phone sends them, each answered only when it is on disk and
 * processed; and the same deliveries through the floor: bytes committed with an fsync, then `JSON.parse` and upsert.
 */
import { Agent } from "node:http";
import { join } from "node:path";
import Database from "better-sqlite3";
import { Floor } from "./floor.js";
import { deltaBody, deltaHeaders } from "./payload.js";
import { postDelivery } from "./post.js";

export async function measureDeltas(url: string, key: string, posts: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const tookMs: number[] = [];
  try {
    for (let n = 0; n < posts; n++) {
      const { ms, receipt } = await postDelivery({ url, key, headers: deltaHeaders, body: deltaBody(n), agent });
      if (receipt.counts.rejected > 0) throw new Error("a point of a delta was rejected");
      tookMs.push(ms);
    }
  } finally {
    agent.destroy();
  }
  return tookMs;
}

export function measureDeltaFloor(folder: string, posts: number): number[] {
  const archive = new Database(join(folder, "delta-archive.db"));
  archive.pragma("journal_mode = wal");
  archive.pragma("synchronous = full");
  archive.exec("create table bodies (id integer primary key, body blob)");
  const keep = archive.prepare("insert into bodies (body) values (?)");
  const floor = new Floor(join(folder, "delta-floor.db"));
  const tookMs: number[] = [];
  for (let n = 0; n < posts; n++) {
    const body = deltaBody(n);
    const startedMs = performance.now();
    keep.run(body);
    floor.upsert(JSON.parse(body.toString("utf8")));
    tookMs.push(performance.now() - startedMs);
  }
  floor.close();
  archive.close();
  return tookMs;
}
