/**
 * The HTTP server, ready to listen but not listening: `daemon.ts` binds it, tests inject into it.
 *
 * Callers may rely on: bodies are never parsed or buffered here (routes read the socket), every answer carries
 * `X-Request-Id`, everything that is no success is a problem document, and no answer is cached. What no route claims is
 * 404, or 405 with `Allow` where only the method is wrong. One line is logged per request, without its address or
 * parameters; failures that are ours are logged with where they came from, not with what they say.
 */
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { Problem, problem } from "../problem.js";
import { refuseParameter } from "../query/refuse.js";
import { Authenticator } from "./auth.js";
import { BodyInterrupted, discardBody } from "./body.js";
import { describeThrown } from "./describe-thrown.js";
import { renderDocs } from "./docs-page.js";
import { answerUnparsable, sendProblem } from "./problem-answer.js";
import { chooseRequestId } from "./request-id.js";
import type { Route, RouteContext } from "./route.js";
import { routes } from "./routes.js";
import { bodyIdleMs } from "./routes-ingest.js";
import type { Services } from "./services.js";
import { Verifier } from "./verifier.js";

const serverOptions = {
  // A slow uplink may take as long as it needs; silence is bounded in body.ts.
  requestTimeout: 0,
  // Node's own refusal carries neither id nor document; `addHeaders` refuses.
  requireHostHeader: false,
  headersTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 75_000,
};
/** No byte in either direction: longer than any answer may take to begin. */
const deadConnectionMs = 300_000;
const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export interface TlsFiles {
  cert: Buffer;
  key: Buffer;
}

export type AppOptions = Omit<Services, "authenticator" | "documents"> & { tls?: TlsFiles };

export interface App {
  fastify: FastifyInstance;
  authenticator: Authenticator;
}

export async function buildApp({ tls, ...options }: AppOptions): Promise<App> {
  const { config, store, metrics } = options;
  const authenticator = new Authenticator({
    store,
    verifier: new Verifier({
      localSecret: await store.localSecret(),
      onHashed: (seconds) => metrics.argon2Seconds.observe(seconds),
    }),
    onFailure: () => metrics.authFailures.inc(),
  });
  const services: Services = { ...options, authenticator, documents: makeDocuments(options.version) };
  const proxies = config.server.trustedProxies;

  const app = fastify({
    serverFactory: (handler) => createServer(handler, tls),
    genReqId: chooseRequestId,
    trustProxy: proxies.length > 0 ? [...proxies] : false,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 300 },
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => sendProblem(request, reply, error),
    clientErrorHandler: answerUnparsable,
  });
  leaveBodiesAlone(app);
  addHeaders(app);
  app.addHook("onSend", async (request) => {
    discardBody(request.raw, { maxBytes: config.ingest.maxBodyBytes, idleMs: bodyIdleMs });
  });
  app.addHook("onResponse", async (request, reply) => noteAnswer(services, request, reply));
  app.setErrorHandler((error, request, reply) => answerFailure(services, request, reply, error));
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, refuseAddress(request, reply)));
  for (const route of routes) registerRoute(app, route, services);
  return { fastify: app, authenticator };
}

function makeDocuments(version: string): Services["documents"] {
  let made: ReturnType<Services["documents"]> | undefined;
  const make = async () => {
    const { describeApi } = await import("./openapi.js");
    const api = await describeApi(routes, version);
    return { api, page: renderDocs(api) };
  };
  return () => {
    made ??= make();
    return made;
  };
}

function createServer(handler: RequestListener, tls: TlsFiles | undefined): Server {
  const server = tls
    ? createHttpsServer({ ...serverOptions, ...tls, handshakeTimeout: serverOptions.headersTimeout }, handler)
    : createHttpServer(serverOptions, handler);
  server.setTimeout(deadConnectionMs);
  // "Expect: 100-continue" comes to the route as any request does: refused before its body is sent.
  server.on("checkContinue", handler);
  return server;
}

/** Fastify never touches a body, of whatever content type: it would parse, limit and refuse before the route can. */
function leaveBodiesAlone(app: FastifyInstance): void {
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  }
}

function addHeaders(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook("preClose", async () => {
    isClosing = true;
  });
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({
      "x-request-id": request.id,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    if (request.raw.httpVersion === "1.1" && request.headers.host === undefined) {
      throw problem("invalid_parameter", "The request names no host.");
    }
  });
  // A connection that stays open after its answer would hold up an orderly stop.
  app.addHook("onSend", async (_, reply) => {
    if (isClosing) reply.header("connection", "close");
  });
}

function registerRoute(app: FastifyInstance, route: Route, services: Services): void {
  app.route({
    method: route.method,
    url: routerPath(route.path),
    config: { path: route.path },
    handler: async (request, reply) => {
      const { userName, query } = readQuery(request);
      const params = { ...query, ...(request.params as Record<string, string>) };
      const context = { request, reply, params, services };
      if (route.scope === null) return route.handle(context);
      const caller = await services.authenticator.authorise({ headers: request.headers, scope: route.scope, userName });
      return route.handle({ ...context, caller });
    },
  });
}

/** `user` is settled here (`auth.ts`); everything else is for the route to judge. */
function readQuery(request: FastifyRequest): { userName: string | undefined; query: RouteContext["params"] } {
  const { user, ...query } = request.query as RouteContext["params"];
  if (typeof user === "object") throw refuseParameter("user", "The parameter user is given more than once.");
  return { userName: user, query };
}

function answerFailure(services: Services, request: FastifyRequest, reply: FastifyReply, error: unknown) {
  const { logger } = services;
  if (error instanceof BodyInterrupted || request.socket.destroyed) {
    logger.info({ request_id: request.id, error: describeThrown(error) }, "the sender went away");
    return reply.hijack();
  }
  const isOurs = !(error instanceof Problem) || error.status >= 500;
  if (isOurs) logger.error({ request_id: request.id, error: describeThrown(error) }, "request failed");
  return sendProblem(request, reply, error);
}

/** The address is wrong, or only the method. */
function refuseAddress(request: FastifyRequest, reply: FastifyReply): Problem {
  const [path = ""] = request.raw.url?.split("?") ?? [];
  const names = path.split("/").filter(Boolean);
  const allowed = new Set<string>();
  for (const route of routes) {
    const pattern = route.path.split("/").filter(Boolean);
    const fits =
      pattern.length === names.length && pattern.every((part, i) => part.startsWith("{") || part === names[i]);
    if (!fits) continue;
    allowed.add(route.method);
    if (route.method === "GET") allowed.add("HEAD");
  }
  if (allowed.size === 0) return problem("not_found", "There is nothing at this address.");
  const list = [...allowed].sort().join(", ");
  reply.header("allow", list);
  return problem("method_not_allowed", `This address takes ${list} only.`);
}

function noteAnswer({ metrics, logger }: Services, request: FastifyRequest, reply: FastifyReply): void {
  const { config } = request.routeOptions;
  const route = (config as { path?: string } | undefined)?.path ?? "unmatched";
  const method = methods.has(request.method) ? request.method : "other";
  const seconds = reply.elapsedTime / 1000;
  metrics.requestSeconds.observe({ method, route, status: reply.statusCode }, seconds);
  const line = { request_id: request.id, method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
  // Probes come every few seconds.
  if (route === "/health" || route === "/ready" || route === "/metrics") logger.debug(line, "request");
  else logger.info(line, "request");
}

/** `/a/{id}` as the router writes it. */
function routerPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}
