/**
 * Where deliveries come in. A thin edge: what happens to a delivery, and in which order, is `ingest/receive.ts`.
 */
import type { FastifyReply } from "fastify";
import { Problem } from "../problem.js";
import { readBody } from "./body.js";
import { pickHaeHeaders } from "./hae-headers.js";
import type { KeyedContext, RouteContext } from "./route.js";

/** How long a sender may be silent in the middle of a body. */
export const bodyIdleMs = 30_000;

export async function takeDelivery({ request, reply, caller, services }: KeyedContext): Promise<FastifyReply> {
  const { headers } = request;
  // Senders that ask first (curl does above a megabyte) are told to go on only now that their key is good.
  if (headers.expect?.toLowerCase() === "100-continue") reply.raw.writeContinue();
  const length = Number(headers["content-length"]);
  try {
    const { httpStatus, receipt } = await services.receiver.receive({
      user: caller.user,
      keyId: caller.keyId,
      body: readBody(request.raw, bodyIdleMs),
      contentType: headers["content-type"],
      contentEncoding: headers["content-encoding"],
      contentLength: headers["content-length"] === undefined ? undefined : length,
      headers: pickHaeHeaders(headers),
      requestId: request.id,
      via: "http",
    });
    services.metrics.noteIngestion(receipt.status);
    // Of bytes that came before, the receipt knows the request that brought them; this answer belongs to this one.
    return reply.code(httpStatus).send({ ...receipt, request_id: request.id });
  } catch (error) {
    // Archived all the same, and listed under this status (contract section 3.2).
    if (error instanceof Problem && error.extra?.["ingestion_id"] !== undefined) {
      services.metrics.noteIngestion(error.status < 500 ? "rejected" : "failed");
    }
    throw error;
  }
}

/** People test the address in a browser before they give it to the phone. */
export async function showIngestHint({ reply }: RouteContext): Promise<FastifyReply> {
  return reply.send({
    message:
      "This is the right address. Enter it in Health Auto Export as the URL of a REST API automation, " +
      "with the header Authorization and the value Bearer, a space and your key.",
    documentation: "/docs",
  });
}
