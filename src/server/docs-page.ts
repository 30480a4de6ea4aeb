/**
 * The OpenAPI document as one page for people: no script, nothing from elsewhere, light and dark as the reader's screen.
 *
 * Callers may rely on: all text is escaped, and `contentPolicy` allows exactly the style that the page brings along.
 */
import { createHash } from "node:crypto";
import type { OpenApiDocument, Operation, Parameter } from "./openapi.js";

type Json = Record<string, unknown>;

const style = `
:root { color-scheme: light dark; --text: #1c2127; --faint: #5b6673; --line: #d9dee4; --page: #fff; --box: #f5f7f9; --mark: #0b6e4f; --post: #8a4b08; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e8ec; --faint: #9aa6b2; --line: #333b44; --page: #14181c; --box: #1d2329; --mark: #5fd0a5; --post: #f0b46a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 58rem; padding: 2rem 1.25rem 5rem; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; } h1 small { color: var(--faint); font-size: 1rem; font-weight: normal; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem; } h3 { margin: 1rem 0 .25rem; font-size: .9rem; color: var(--faint); }
a { color: var(--mark); } p { margin: .5rem 0; }
code, pre { font: .875rem/1.5 ui-monospace, monospace; }
pre { margin: .5rem 0; padding: .75rem 1rem; overflow-x: auto; background: var(--box); border-radius: 6px; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; }
details > div { padding: 0 1rem 1rem; }
summary { padding: .6rem 1rem; cursor: pointer; display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
summary:hover { background: var(--box); } summary code { font-weight: 600; overflow-wrap: anywhere; }
.method { min-width: 3rem; font: 700 .75rem ui-monospace, monospace; color: var(--mark); } .post { color: var(--post); }
.scope { margin-left: auto; padding: 0 .5rem; border: 1px solid var(--line); border-radius: 1rem; font-size: .75rem; color: var(--faint); }
.what { flex-basis: 100%; color: var(--faint); font-size: .9rem; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
td { padding: .35rem .75rem .35rem 0; border-top: 1px solid var(--line); vertical-align: top; }
td:first-child { white-space: nowrap; } .faint { color: var(--faint); }
`;

export const contentPolicy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export function renderDocs(document: OpenApiDocument): string {
  const { info, tags, paths, components } = document;
  const operations = Object.entries(paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const groups = tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2>${escapeHtml(name)}</h2>\n${own.map(renderOperation).join("\n")}`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<details id="schema-${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary><div>${json(schema)}</div></details>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(info.title)} API</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(info.title)} <small>${escapeHtml(info.version)}</small></h1>
<p>${escapeHtml(info.description)}</p>
<p>The same for programs: <a href="openapi.json">openapi.json</a>.</p>
<h2>Keys</h2>
<p>A key goes with each request, in one of these headers:</p>
<pre>Authorization: Bearer ss_…
Authorization: ss_…
X-API-Key: ss_…
api-key: ss_…</pre>
<p>The examples take the key from <code>$KEY</code> and the server from <code>$SERVER</code>:</p>
<pre>SERVER=http://localhost:8080 KEY=ss_…</pre>
${groups.join("\n")}
<h2>Shapes</h2>
${schemas.join("\n")}
</body>
</html>
`;
}

function renderOperation(entry: { path: string; method: string; operation: Operation }): string {
  const { path, method, operation } = entry;
  const scope = /scope (\w+)/.exec(operation.description ?? "")?.[1] ?? "no key";
  const parts = [
    `<h3>Example</h3><pre>${escapeHtml(exampleOf(entry))}</pre>`,
    renderParameters(operation.parameters),
    renderResponses(operation),
  ];
  return `<details id="${escapeHtml(operation.operationId)}">
<summary><span class="method ${method.toLowerCase()}">${method}</span><code>${escapeHtml(path)}</code><span class="scope">${scope}</span>
<span class="what">${escapeHtml(operation.summary)}</span></summary>
<div>${parts.join("\n")}</div></details>`;
}

function renderParameters(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return "";
  const rows = parameters.map(({ name, in: place, required, description, schema }) => {
    const allowed = Array.isArray(schema["enum"]) ? schema["enum"].join(", ") : String(schema["type"] ?? "");
    const fallback = schema["default"] === undefined ? "" : `, else ${String(schema["default"])}`;
    const mark = place === "path" ? "in the path" : required ? "required" : "";
    return `<tr><td><code>${escapeHtml(name)}</code></td><td>${withCode(description ?? "")} <span class="faint">${escapeHtml(`${allowed}${fallback} ${mark}`)}</span></td></tr>`;
  });
  return `<h3>Parameters</h3><table>${rows.join("")}</table>`;
}

function renderResponses({ responses }: Operation): string {
  const rows = Object.entries(responses).map(([status, { description, content }]) => {
    const kinds = Object.entries(content ?? {}).map(
      ([type, { schema }]) => `<code>${escapeHtml(type)}</code> ${linkTo(schema)}`,
    );
    return `<tr><td><code>${escapeHtml(status)}</code></td><td>${escapeHtml(description)}<br><span class="faint">${kinds.join("<br>")}</span></td></tr>`;
  });
  return `<h3>Answers</h3><table>${rows.join("")}</table>`;
}

/** Where the shape of an answer, or of the rows of a list, is told. */
function linkTo(schema: Json | undefined): string {
  const nameOf = (one: unknown) =>
    /^#\/components\/schemas\/(\w+)$/.exec(String((one as Json | undefined)?.["$ref"]))?.[1];
  const rows = ((schema?.["properties"] as Json | undefined)?.["data"] as Json | undefined)?.["items"];
  const name = nameOf(schema) ?? nameOf(rows);
  if (name === undefined) return "";
  return `${nameOf(schema) === undefined ? "list of " : ""}<a href="#schema-${name}">${name}</a>`;
}

function exampleOf({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const address = path.replace("{name}", "heart_rate").replace("{id}", "ID");
  const key = operation.security.length > 0 ? ['-H "Authorization: Bearer $KEY"'] : [];
  const body = method === "POST" ? ['-H "Content-Type: application/json"', "--data-binary @export.json"] : [];
  const query = operation.parameters.some(({ name }) => name === "from") ? "?from=2026-03-01&to=2026-03-31" : "";
  return ["curl", ...key, ...body, `"$SERVER${address}${query}"`].join(" \\\n  ");
}

function json(value: unknown): string {
  return `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;
}

function withCode(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
