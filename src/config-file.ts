/**
 * Reads the settings out of a YAML config file, nested (`server:` over `port:`) or dotted (`server.port:`).
 *
 * Callers may rely on: values come as the text that a flag would have; every fault is a finding with its line, and holds
 * no value (the YAML reader's own messages may quote the line, so they are not used).
 */
import { dirname } from "node:path";
import { isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument } from "yaml";
import type { Finding, Given } from "./config-sources.js";
import { explainUnknown } from "./nearest.js";

export function readYamlSettings(
  keys: readonly string[],
  text: string,
  path: string,
): { given: Given[]; findings: Finding[] } {
  const given: Given[] = [];
  const findings: Finding[] = [];
  const lines = new LineCounter();
  const origin = `file ${path}`;
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  for (const fault of document.errors) {
    const what = fault.code.toLowerCase().replaceAll("_", " ");
    const { line } = lines.linePos(fault.pos[0]);
    findings.push({ key: "config", origin, message: `the config file is not valid YAML (${path}:${line}): ${what}` });
  }
  if (findings.length > 0 || isEmpty(document.contents)) return { given, findings };
  if (!isMap(document.contents)) {
    findings.push({ key: "config", origin, message: `the config file ${path} is not a table of "key: value" lines` });
    return { given, findings };
  }

  const seen = new Set<string>();
  const judge = (name: string, raw: string | string[] | undefined): string | undefined => {
    if (!keys.includes(name)) return explainUnknown("key", name, keys);
    if (seen.has(name)) return "is given twice";
    return raw === undefined ? "is neither a plain value nor a list of them" : undefined;
  };
  const walk = (pairs: readonly Pair[], above: string): void => {
    for (const { key, value } of pairs) {
      const name = above + (isScalar(key) ? String(key.value) : "?");
      // A name with nothing behind it is a section or a setting whose content somebody commented out.
      if (isEmpty(value) && keys.some((known) => known === name || known.startsWith(`${name}.`))) continue;
      if (isMap(value) && value.items.length > 0) {
        walk(value.items as Pair[], `${name}.`);
        continue;
      }
      const raw = readYamlValue(value);
      const fault = judge(name, raw);
      seen.add(name);
      if (fault === undefined && raw !== undefined) {
        given.push({ key: name, raw, origin, folder: dirname(path), isBorrowed: false });
        continue;
      }
      const at = isScalar(key) && key.range ? `${path}:${lines.linePos(key.range[0]).line}` : path;
      findings.push({ key: name, origin, message: `${name} (file ${at}) ${fault}` });
    }
  };
  walk(document.contents.items as Pair[], "");
  return { given, findings };
}

function isEmpty(node: unknown): boolean {
  if (isMap(node)) return node.items.length === 0;
  return node === null || (isScalar(node) && node.value === null);
}

/** Text of a scalar, texts of a list of scalars; undefined for anything else. */
function readYamlValue(node: unknown): string | string[] | undefined {
  if (isScalar(node)) return node.value === null ? undefined : String(node.value);
  if (!isSeq(node)) return undefined;
  const texts = node.items.map((item) => (isScalar(item) && item.value !== null ? String(item.value) : undefined));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}
