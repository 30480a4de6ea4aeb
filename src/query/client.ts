/**
 * Where queries are put: to the reader thread (`QueryClient`), or, on PostgreSQL, on the command line and in tests, to a
 * store in this very thread (`inProcessQueries`). Both answer alike.
 *
 * Callers may rely on: a query is answered or rejected with a `Problem`, even when the thread dies under it; the next
 * query starts a new one. After `close` every query is refused.
 */
import { Worker } from "node:worker_threads";
import { problem } from "../problem.js";
import type { OpenStoreOptions } from "../store/open.js";
import type { Store } from "../store/store.js";
import { type FromReader, type ToReader, unpackProblem } from "./messages.js";
import type { SentQuery } from "./run.js";

export interface QueryAnswer {
  contentType: string;
  /** In pieces where the whole may be too long to be held; whoever does not read them to the end calls `return`. */
  body: Uint8Array | string | AsyncIterable<Uint8Array | string>;
  /** Of formats that have no place for it: the cursor of the next page, null on the last. */
  nextCursor?: string | null;
}

export interface Queries {
  run(name: string, request: SentQuery): Promise<QueryAnswer>;
  close(): Promise<void>;
}

/** Queries to a store of this thread. The store stays its owner's to close. */
export function inProcessQueries(store: Store): Queries {
  return {
    // Loaded here, so that a server with a reader thread does not have the queries and their schemas twice.
    run: async (name, request) => (await import("./run.js")).runQuery(store, name, request),
    close: async () => {},
  };
}

export interface QueryClientOptions {
  /** The bundled `query/reader.js`. */
  readerFile: URL | string;
  store: OpenStoreOptions;
}

type Piece = Extract<FromReader, { status: "ok" }>;

interface Waiting {
  resolve(piece: Piece): void;
  reject(reason: unknown): void;
}

export class QueryClient implements Queries {
  readonly #options: QueryClientOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(options: QueryClientOptions) {
    this.#options = options;
  }

  async run(name: string, request: SentQuery): Promise<QueryAnswer> {
    const id = ++this.#lastId;
    const worker = this.#start();
    const first = await this.#ask(worker, { id, kind: "run", name, request });
    const { contentType, nextCursor, body, hasMore } = first;
    return {
      contentType,
      body: hasMore ? this.#readPieces(worker, first) : body,
      ...(nextCursor === undefined ? {} : { nextCursor }),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  /** The running thread, or a new one where there is none (any more). */
  #start(): Worker {
    if (this.#isClosed) throw problem("storage_unavailable", "The program is stopping.");
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(this.#options.readerFile, { workerData: this.#options.store });
    this.#worker = worker;
    let cause: unknown;
    worker.on("message", (message: FromReader) => this.#settle(message));
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) {
        reject(problem("storage_unavailable", "Reading was interrupted; please try again.", { cause }));
      }
      this.#waiting.clear();
    });
    return worker;
  }

  #settle(message: FromReader): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.status === "ok") waiting?.resolve(message);
    else waiting?.reject(unpackProblem(message.problem));
  }

  #ask(worker: Worker, message: ToReader): Promise<Piece> {
    return new Promise((resolve, reject) => {
      if (worker !== this.#worker) {
        reject(problem("storage_unavailable", "Reading was interrupted; please try again."));
        return;
      }
      this.#waiting.set(message.id, { resolve, reject });
      worker.postMessage(message);
    });
  }

  async *#readPieces(worker: Worker, first: Piece): AsyncGenerator<Uint8Array> {
    let piece = first;
    try {
      for (;;) {
        yield piece.body;
        if (!piece.hasMore) return;
        piece = await this.#ask(worker, { id: first.id, kind: "next" });
      }
    } finally {
      if (piece.hasMore && worker === this.#worker)
        worker.postMessage({ id: first.id, kind: "stop" } satisfies ToReader);
    }
  }
}
