/**
 * How failures look on the wire: `application/problem+json` (RFC 9457, contract section 3.2), for everything, down to
 * requests that no HTTP parser understands.
 *
 * What a code means is in `problem.ts`; here are the headers that go with it, and the words for what the framework and
 * Node refuse before a route is reached.
 */

import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { describeProblem, Problem, problem, toProblem } from "../problem.js";

export const problemType = "application/problem+json";
/** How long senders are asked to wait where the problem itself does not know better. */
const retryAfterS = 5;

/** Answers with what was thrown. What is no `Problem` tells nothing about itself. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
  const failure = toProblem(refusedByFramework(thrown) ?? thrown);
  // As bytes: to text the framework would add a charset, which JSON has not (RFC 8259).
  const body = Buffer.from(JSON.stringify(describeProblem(failure, request.id)));
  return reply
    .code(failure.status)
    .headers({ ...headersOf(failure), "x-request-id": request.id, "content-type": problemType })
    .send(body);
}

function headersOf(failure: Problem): Record<string, string> {
  if (failure.status === 401) return { "www-authenticate": 'Bearer realm="selfsensored"' };
  if (failure.status !== 503 && failure.status !== 429) return {};
  const given = failure.extra?.["retry_after_s"];
  return { "retry-after": String(typeof given === "number" ? Math.ceil(given) : retryAfterS) };
}

function refusedByFramework(thrown: unknown): Problem | undefined {
  switch ((thrown as { code?: unknown } | null)?.code) {
    case "FST_ERR_BAD_URL":
      return problem("invalid_parameter", "The address holds a broken percent-encoding.", { cause: thrown });
    case "FST_ERR_MAX_PARAM_LENGTH":
      return problem("not_found", "There is nothing at this address.", { cause: thrown });
    default:
      return undefined;
  }
}

/** What Node's parser refuses: status and sentence; anything else is 400. */
const unparsable: Record<string, { status: number; detail: string }> = {
  HPE_HEADER_OVERFLOW: { status: 431, detail: "The headers of the request are too long." },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 400, detail: "The chunks of the body carry too much beside the body." },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: "The request's headers did not arrive in time." },
};

/** Answers on the bare socket, where there is neither request nor reply. */
export function answerUnparsable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  // Half an answer may be out already: more text would be read as part of it.
  const running = (socket as { _httpMessage?: { headersSent?: boolean } })._httpMessage;
  if (!socket.writable || running?.headersSent) {
    socket.destroy();
    return;
  }
  const { status, detail } = unparsable[error.code ?? ""] ?? { status: 400, detail: "This is no valid HTTP request." };
  const requestId = randomUUID();
  const failure = new Problem("invalid_parameter", detail);
  const body = JSON.stringify({ ...describeProblem(failure, requestId), title: STATUS_CODES[status], status });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "Connection: close",
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
