/**
 * The bytes of a request, straight from the socket.
 *
 * `readBody` waits for a slow uplink as long as bytes come at all, and gives up on a silent one (Node's own
 * `requestTimeout` would cut slow phones off after five minutes). `discardBody` takes what is left of a body that
 * nobody wanted: closing at once would reset the connection, and the sender would see that instead of the answer.
 */
import type { IncomingMessage } from "node:http";

/** The sender went away, or was silent for too long: there is nobody left to answer. */
export class BodyInterrupted extends Error {
  override readonly name = "BodyInterrupted";
}

export async function* readBody(request: IncomingMessage, idleMs: number): AsyncGenerator<Uint8Array> {
  const cut = new BodyInterrupted(`No byte of the body came for ${idleMs / 1000} seconds.`);
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    timer = setTimeout(() => request.destroy(cut), idleMs);
  };
  wait();
  try {
    // Leaving early must not destroy the request: its socket is still to carry the answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      clearTimeout(timer);
      yield chunk as Uint8Array;
      wait();
    }
  } catch (error) {
    if (error === cut) throw error;
    throw new BodyInterrupted("The connection ended before the body did.", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Reads and forgets the rest of the body, up to `maxBytes`; past that, or when it stalls, the connection is closed. */
export function discardBody(
  request: IncomingMessage,
  { maxBytes, idleMs }: { maxBytes: number; idleMs: number },
): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.destroy(), idleMs);
  let bytes = 0;
  request.on("data", (chunk: Uint8Array) => {
    timer.refresh();
    bytes += chunk.length;
    if (bytes > maxBytes) request.destroy();
  });
  // The sender may go away as it likes.
  request.on("error", () => {});
  request.on("close", () => clearTimeout(timer));
  request.resume();
}
