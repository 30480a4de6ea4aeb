/**
 * What a route is: a line of the table in `routes.ts`. The server is registered from it, the OpenAPI document is made
 * from it, and so is the test of who may do what.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { QueryName } from "../query/schemas.js";
import type { Scope } from "../store/store.js";
import type { Caller } from "./auth.js";
import type { Services } from "./services.js";

export interface RouteContext {
  request: FastifyRequest;
  reply: FastifyReply;
  /** Parameters of path and query as sent, without `user`. */
  params: Record<string, string | string[]>;
  services: Services;
}
export interface KeyedContext extends RouteContext {
  caller: Caller;
}

export interface RouteSchemas {
  /** Parameters of path and query. */
  params?: z.ZodObject;
  /** Bodies by status and content type. `null`: a body that is no JSON. */
  answers: Readonly<Record<number, Readonly<Record<string, z.ZodType | null>>>>;
}

interface RouteText {
  method: "GET" | "POST";
  /** With `{name}` for parameters, as OpenAPI and the contract write it. */
  path: string;
  group: "Ingest" | "Read" | "Status" | "Documents";
  /** One sentence for the documents. */
  summary: string;
  /** What the documents say of parameters and bodies. Loaded when they are asked for: serving needs no schema library. */
  schemas(): Promise<RouteSchemas>;
}

/** Anyone may ask. */
export interface OpenRoute extends RouteText {
  scope: null;
  handle(context: RouteContext): Promise<FastifyReply>;
}

/** Takes a key with this scope. */
export interface KeyedRoute extends RouteText {
  scope: Scope;
  /** What answers, where one query does. */
  query?: QueryName;
  handle(context: KeyedContext): Promise<FastifyReply>;
}

export type Route = OpenRoute | KeyedRoute;
