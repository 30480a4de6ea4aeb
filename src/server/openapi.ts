/**
 * The OpenAPI 3.1 document, made from the route table and from the schemas that validate; so it cannot tell anything
 * else than the server does.
 */
import { z } from "zod";
import type { Route, RouteSchemas } from "./route.js";
import { problemSchema } from "./schemas.js";

type Json = Record<string, unknown>;

export interface OpenApiDocument {
  openapi: "3.1.0";
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; securitySchemes: Record<string, Json> };
}

export interface Operation {
  tags: string[];
  operationId: string;
  summary: string;
  description?: string;
  parameters: Parameter[];
  requestBody?: Json;
  security: Record<string, string[]>[];
  responses: Record<string, { description: string; content?: Record<string, { schema?: Json }> }>;
}

export interface Parameter {
  name: string;
  in: "path" | "query";
  required: boolean;
  description?: string;
  schema: Json;
}

/** The four ways in which a key may come (contract section 3). */
const securitySchemes = {
  bearer: { type: "http", scheme: "bearer", description: "Authorization: Bearer ss_…" },
  authorization: { type: "apiKey", in: "header", name: "Authorization", description: "The key alone." },
  xApiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
  apiKey: { type: "apiKey", in: "header", name: "api-key" },
};

/** What Health Auto Export and other senders may post (contract section 3). */
const deliveryBody = {
  required: true,
  content: {
    "application/json": { schema: { type: "object" } },
    "text/csv": { schema: { type: "string" } },
    "multipart/form-data": { schema: { type: "object" } },
    "application/zip": {},
  },
};

const reasons: Record<number, string> = {
  200: "Done.",
  202: "Accepted: durable, still being processed.",
  422: "Nothing in it could be stored; it is archived all the same.",
};

export async function describeApi(routes: readonly Route[], version: string): Promise<OpenApiDocument> {
  const schemas: Record<string, Json> = {};
  const paths: OpenApiDocument["paths"] = {};
  for (const route of routes) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: describeRoute(route, await route.schemas(), schemas),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "selfsensored",
      version,
      description: "Receives what Health Auto Export sends, keeps every byte, and gives it all back.",
    },
    servers: [{ url: "/" }],
    tags: [...new Set(routes.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: { schemas, securitySchemes },
  };
}

function describeRoute(route: Route, own: RouteSchemas, schemas: Record<string, Json>): Operation {
  const responses: Operation["responses"] = {};
  for (const [status, contents] of Object.entries(own.answers)) {
    responses[status] = {
      description: reasons[Number(status)] ?? "Done.",
      content: describeContents(contents, schemas),
    };
  }
  responses["default"] = {
    description: "A problem (RFC 9457).",
    content: describeContents({ "application/problem+json": problemSchema }, schemas),
  };
  return {
    tags: [route.group],
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/[^A-Za-z0-9]+(\w|$)/g, (_, next) => next.toUpperCase())}`,
    summary: route.summary,
    ...(route.scope === null ? {} : { description: `Takes a key with the scope ${route.scope}.` }),
    parameters: describeParameters(route, own.params),
    ...(route.method === "POST" ? { requestBody: deliveryBody } : {}),
    security: route.scope === null ? [] : Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
    responses,
  };
}

function describeContents(contents: Readonly<Record<string, z.ZodType | null>>, schemas: Record<string, Json>) {
  return Object.fromEntries(
    Object.entries(contents).map(([type, schema]) => [type, schema ? { schema: describeSchema(schema, schemas) } : {}]),
  );
}

/** Schemas with an id are told once, under components. */
function describeSchema(schema: z.ZodType, schemas: Record<string, Json>): Json {
  const {
    $schema: _,
    $defs,
    id,
    ...own
  } = z.toJSONSchema(schema, { unrepresentable: "any", io: "output", override: simplify }) as Json;
  for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, Json>)) {
    schemas[name] = pointToComponents(withoutId(definition));
  }
  const described = pointToComponents(own);
  if (typeof id !== "string") return described;
  schemas[id] = described;
  return { $ref: `#/components/schemas/${id}` };
}

/** Answers may get further members; and what a format says already need not be a page-long pattern too. */
function simplify({ jsonSchema }: { jsonSchema: Json }): void {
  if (jsonSchema["additionalProperties"] === false) delete jsonSchema["additionalProperties"];
  if (jsonSchema["format"] !== undefined) delete jsonSchema["pattern"];
  if (jsonSchema["maximum"] === Number.MAX_SAFE_INTEGER) delete jsonSchema["maximum"];
}

function withoutId({ id: _, ...rest }: Json): Json {
  return rest;
}

/** References of JSON Schema lead into the schema itself; those of OpenAPI into the document. */
function pointToComponents(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
}

function describeParameters(route: Route, params: RouteSchemas["params"]): Parameter[] {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  const described = params
    ? (z.toJSONSchema(params, { unrepresentable: "any", io: "input" }) as {
        properties?: Record<string, Json>;
        required?: string[];
      })
    : {};
  const parameters = new Map<string, Parameter>();
  for (const name of inPath) {
    parameters.set(name, { name, in: "path", required: true, schema: { type: "string" } });
  }
  for (const [name, { description, ...schema }] of Object.entries(described.properties ?? {})) {
    const isPath = inPath.includes(name);
    parameters.set(name, {
      name,
      in: isPath ? "path" : "query",
      required: isPath || (described.required ?? []).includes(name),
      ...(typeof description === "string" ? { description } : {}),
      schema,
    });
  }
  return [...parameters.values()];
}
