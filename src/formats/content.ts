/**
 * Tells what kind of delivery a body is, from its content type and its first bytes (16 are enough, more do no harm).
 *
 * A clear content type is believed, except that a multipart body sent under another name is still a multipart body
 * (spec section 1.1). Types that clients send without thinking (none, octet-stream, curl's form type, text/plain) say
 * nothing, so there the first bytes decide. `csv` covers both text/csv and the multipart form that holds such files.
 */
export type Content = "json" | "csv" | "zip" | "xml" | "unsupported";

const typesThatSayNothing = new Set([
  "",
  "application/octet-stream",
  "binary/octet-stream",
  "application/x-www-form-urlencoded",
  "text/plain",
]);

const contentOfType = new Map<string, Content>([
  ["application/json", "json"],
  ["text/json", "json"],
  ["application/x-json", "json"],
  ["text/csv", "csv"],
  ["application/csv", "csv"],
  ["text/comma-separated-values", "csv"],
  ["application/zip", "zip"],
  ["application/x-zip", "zip"],
  ["application/x-zip-compressed", "zip"],
  ["application/xml", "xml"],
  ["text/xml", "xml"],
]);

export function detectContent(contentType: string | undefined, firstBytes: Uint8Array): Content {
  const type = (contentType ?? "").split(";", 1)[0]!.trim().toLowerCase();
  const seen = sniff(firstBytes);
  if (typesThatSayNothing.has(type)) return seen;
  if (/^(image|audio|video|font|model)\//.test(type)) return "unsupported";
  if (type.startsWith("multipart/")) return "csv";
  const said = contentOfType.get(type) ?? (type.endsWith("+json") ? "json" : type.endsWith("+xml") ? "xml" : undefined);
  if (said === undefined) return "unsupported";
  return seen === "csv" ? "csv" : said;
}

function sniff(firstBytes: Uint8Array): Content {
  const text = Buffer.from(firstBytes.subarray(0, 1024)).toString("latin1");
  if (text.startsWith("PK\x03\x04")) return "zip";
  const start = text.replace(/^\xef\xbb\xbf/, "").replace(/^[ \t\r\n]+/, "");
  if (start.startsWith("--Boundary-")) return "csv";
  if (start.startsWith("{") || start.startsWith("[")) return "json";
  if (/^<(\?xml|!doctype|healthdata)/i.test(start)) return "xml";
  return "unsupported";
}
