/** The documents: the API for programs, and the same for people. */
import type { FastifyReply } from "fastify";
import { contentPolicy } from "./docs-page.js";
import type { RouteContext } from "./route.js";

export async function sendOpenApi({ reply, services }: RouteContext): Promise<FastifyReply> {
  return reply.type("application/json; charset=utf-8").send((await services.documents()).api);
}

export async function sendDocs({ reply, services }: RouteContext): Promise<FastifyReply> {
  return reply
    .type("text/html; charset=utf-8")
    .header("content-security-policy", contentPolicy)
    .send((await services.documents()).page);
}
