/**
 * What comes back out. Answers are made by `query/`, away from this thread; here is only who asks for what, and the two
 * routes that queries cannot serve alone: a delivery that is on its way into the store, and exact bytes.
 */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { Problem, problem } from "../problem.js";
import type { QueryAnswer } from "../query/client.js";
import type { QueryName } from "../query/schemas.js";
import type { Ingestion } from "../store/store.js";
import { describeThrown } from "./describe-thrown.js";
import type { KeyedContext, KeyedRoute } from "./route.js";

export function answerQuery(name: QueryName): KeyedRoute["handle"] {
  return async (context) => sendAnswer(context, await runQuery(context, name));
}

/** One receipt. What was accepted a moment ago may not have reached the store yet: it is known all the same. */
export async function answerIngestion(context: KeyedContext): Promise<FastifyReply> {
  const { caller, params, services, reply } = context;
  try {
    return sendAnswer(context, await runQuery(context, "ingestion"));
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "not_found") throw error;
    const receipt = services.receiver.waiting(String(params["id"]), caller.user.userId);
    if (!receipt) throw error;
    return reply.send(receipt);
  }
}

/** The bytes as they were sent, `Content-Encoding` undone; never something that a browser would run. */
export async function sendRawBytes(context: KeyedContext): Promise<FastifyReply> {
  const { request, reply, caller, params, services } = context;
  const { oneParameters, readParameters } = await import("../query/parameters.js");
  const selection = { userId: caller.user.userId, id: readParameters(oneParameters, params).id };
  const [ingestion] = (await services.store.ingestions(selection, { limit: 1 })).rows;
  if (!ingestion) throw problem("not_found", "There is no such delivery.");
  // Asked first: an answer that turns into a problem must not carry these headers.
  const bytes =
    request.method === "HEAD" ? [] : await startReading(services.store.rawBytes(ingestion), ingestion.bodyBytes);
  reply.headers({
    "content-type": plainHeader(ingestion.contentType) ?? "application/octet-stream",
    "content-length": ingestion.bodyBytes,
    "content-disposition": `attachment; filename="${ingestion.id}${extensionOf(ingestion)}"`,
    "content-security-policy": "sandbox; default-src 'none'",
  });
  return sendPieces(context, bytes);
}

/** Waits for the first piece, so that bytes which are gone are a 404 and not half an answer. */
async function startReading(bytes: AsyncIterable<Buffer>, expectedBytes: number): Promise<AsyncIterable<Buffer>> {
  const iterator = bytes[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) {
    if (expectedBytes > 0) throw problem("not_found", "The bytes of this delivery are no longer archived.");
    return iterator as AsyncIterableIterator<Buffer>;
  }
  return (async function* () {
    try {
      yield first.value;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  })();
}

function plainHeader(value: string | null): string | undefined {
  return value !== null && /^[\x20-\x7e]+$/.test(value) ? value : undefined;
}

function extensionOf({ contentType, fileName }: Ingestion): string {
  const fromName = /\.[A-Za-z0-9]{1,8}$/.exec(fileName ?? "")?.[0];
  if (fromName !== undefined) return fromName.toLowerCase();
  const kind = /json|csv|zip|xml/i.exec(contentType ?? "")?.[0];
  return kind === undefined ? ".bin" : `.${kind.toLowerCase()}`;
}

function runQuery({ caller, params, services }: KeyedContext, name: QueryName): Promise<QueryAnswer> {
  return services.queries.run(name, { user: caller.user, params });
}

async function sendAnswer(
  context: KeyedContext,
  { body, contentType, nextCursor }: QueryAnswer,
): Promise<FastifyReply> {
  const { reply, request } = context;
  reply.type(contentType);
  // CSV and ndjson have no place for it.
  if (nextCursor !== undefined && nextCursor !== null) reply.header("x-next-cursor", nextCursor);
  if (typeof body === "string") return reply.send(body);
  if (body instanceof Uint8Array) return reply.send(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  if (request.method !== "HEAD") return sendPieces(context, body);
  // Begun and left, so that whoever makes the pieces hears that nobody wants them.
  for await (const _ of body) break;
  return sendPieces(context, []);
}

function sendPieces(
  { reply, request, services }: KeyedContext,
  pieces: AsyncIterable<unknown> | Iterable<never>,
): FastifyReply {
  const stream = Readable.from(pieces);
  // The status is out by now: the connection is cut, so that nobody takes the half for the whole.
  stream.on("error", (error) => {
    services.logger.error({ request_id: request.id, error: describeThrown(error) }, "answer broken off");
  });
  return reply.send(stream);
}
