/**
 * Sends deliveries to a daemon, as the phone does: one POST each, any number at a time, in any order.
 *
 * It does not try again: the app does not either (spec section 1.4). A connection that fails rejects the whole.
 */
import type { Delivery } from "./export.js";
import { randomFor } from "./random.js";

export interface SendOptions {
  /** Requests under way at a time; default 1. */
  concurrency?: number;
  /** Seed of the order; default: as given. */
  shuffle?: number;
}

export interface Reply {
  status: number;
  /** The receipt, or the problem; null when the answer is not JSON. */
  receipt: unknown;
}

/** The replies are in the order of the deliveries given, whatever the order of sending. */
export async function sendAll(
  url: string,
  key: string,
  deliveries: readonly Delivery[],
  { concurrency = 1, shuffle }: SendOptions = {},
): Promise<Reply[]> {
  const order = deliveries.map((_, i) => i);
  const waiting = shuffle === undefined ? order : randomFor("send", shuffle).shuffle(order);
  const replies: Reply[] = [];
  const work = async (): Promise<void> => {
    for (let i = waiting.shift(); i !== undefined; i = waiting.shift()) {
      replies[i] = await send(url, key, deliveries[i]!);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work));
  return replies;
}

async function send(url: string, key: string, delivery: Delivery): Promise<Reply> {
  const headers = new Headers({ authorization: `Bearer ${key}` });
  for (const [name, value] of Object.entries(delivery.headers)) {
    // A header holds bytes: the app sends the UTF-8 of a name, fetch takes one character for each byte.
    headers.set(name, Buffer.from(value).toString("latin1"));
  }
  const response = await fetch(url, { method: "POST", headers, body: new Uint8Array(delivery.body) });
  const text = await response.text();
  return { status: response.status, receipt: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
