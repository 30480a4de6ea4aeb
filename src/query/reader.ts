/**
 * The reader thread: answers queries, so that no statement, however long, keeps the main thread from serving.
 *
 * Starts with `OpenStoreOptions` as its `workerData` and opens the store read-only at the first query; a store that
 * cannot be opened is a problem of that query, and the next one tries again.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type OpenStoreOptions, openStore } from "../store/open.js";
import type { Store } from "../store/store.js";
import { type FromReader, packProblem, type ToReader } from "./messages.js";
import { runQuery } from "./run.js";

interface Unfinished {
  contentType: string;
  pieces: AsyncIterator<string>;
}

const encoder = new TextEncoder();

function serve(port: MessagePort, options: OpenStoreOptions): void {
  let opening: Promise<Store> | undefined;
  const unfinished = new Map<number, Unfinished>();

  port.on("message", async (message: ToReader) => {
    const { id } = message;
    try {
      if (message.kind === "run") await answer(message);
      else if (message.kind === "next") await sendPiece(id);
      else await stop(id);
    } catch (thrown) {
      unfinished.delete(id);
      send({ id, status: "problem", problem: packProblem(thrown) });
    }
  });

  async function answer({ id, name, request }: Extract<ToReader, { kind: "run" }>): Promise<void> {
    const { contentType, body, nextCursor } = await runQuery(await open(), name, request);
    if (typeof body !== "string") {
      unfinished.set(id, { contentType, pieces: body[Symbol.asyncIterator]() });
      await sendPiece(id);
      return;
    }
    const bytes = encoder.encode(body);
    send({
      id,
      status: "ok",
      body: bytes,
      hasMore: false,
      contentType,
      ...(nextCursor === undefined ? {} : { nextCursor }),
    });
  }

  async function sendPiece(id: number): Promise<void> {
    const { contentType, pieces } = unfinished.get(id)!;
    const next = await pieces.next();
    if (next.done) unfinished.delete(id);
    const body = encoder.encode(next.done ? "" : next.value);
    send({ id, status: "ok", body, hasMore: !next.done, contentType });
  }

  async function stop(id: number): Promise<void> {
    const pieces = unfinished.get(id)?.pieces;
    unfinished.delete(id);
    await pieces?.return?.();
  }

  function send(message: FromReader): void {
    port.postMessage(message, message.status === "ok" ? [message.body.buffer as ArrayBuffer] : []);
  }

  async function open(): Promise<Store> {
    opening ??= openStore({ ...options, create: false, readonly: true, migrate: false });
    try {
      return await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  }
}

if (parentPort !== null) serve(parentPort, workerData as OpenStoreOptions);
