/** Posts one delivery and waits until its receipt says that it is processed, as a phone with patience would. */
import { createReadStream, statSync } from "node:fs";
import { type Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

const askEveryMs = 25;
const pieceBytes = 1024 * 1024;
const patienceMs = 600_000;

export interface Receipt {
  ingestion_id: string;
  status: string;
  counts: { received: number; inserted: number; updated: number; unchanged: number; rejected: number };
}

export interface Post {
  url: string;
  key: string;
  headers: Record<string, string>;
  /** Bytes, or a file that is sent as it is read. */
  body: Buffer | { path: string };
  agent?: Agent;
}

/** The receipt, and the time from the first byte sent until it said so. Rejects unless all of it was stored. */
export async function postDelivery(post: Post): Promise<{ ms: number; receipt: Receipt }> {
  const startedMs = performance.now();
  const answer = await send(post);
  let receipt = JSON.parse(answer.body) as Receipt;
  while (answer.status === 202 && (receipt.status === "accepted" || receipt.status === "pending")) {
    if (performance.now() - startedMs > patienceMs) throw new Error("the delivery was not processed in time");
    await sleep(askEveryMs);
    const asked = await fetch(`${post.url}/api/v1/ingestions/${receipt.ingestion_id}`, {
      headers: { authorization: `Bearer ${post.key}` },
    });
    if (asked.status !== 200) throw new Error(`asked for the receipt, the daemon answered ${asked.status}`);
    receipt = (await asked.json()) as Receipt;
  }
  const ms = performance.now() - startedMs;
  if (receipt.status !== "processed") throw new Error(`a delivery was answered ${answer.status}: ${answer.body}`);
  return { ms, receipt };
}

function send({ url, key, headers, body, agent }: Post): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const isFile = !Buffer.isBuffer(body);
    const length = isFile ? statSync(body.path).size : body.byteLength;
    const outgoing = request(
      `${url}/api/v1/ingest`,
      {
        method: "POST",
        headers: { ...headers, authorization: `Bearer ${key}`, "content-length": length },
        ...(agent ? { agent } : {}),
      },
      (response) => {
        text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
      },
    );
    outgoing.on("error", reject);
    if (isFile) createReadStream(body.path, { highWaterMark: pieceBytes }).on("error", reject).pipe(outgoing);
    else outgoing.end(body);
  });
}
