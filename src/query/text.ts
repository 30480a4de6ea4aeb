/**
 * How answers are written down: times, numbers, CSV, ndjson, XML. Pure.
 *
 * Times have one form only, `2026-03-02T08:00:00.000Z`, so that they sort as text.
 */

export function formatTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

export function formatTimeOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : formatTime(epochMs);
}

/** A sum or mean without the noise of floating point: 0.1 + 0.2 is 0.3. Stored values are never put through this. */
export function tidy(value: number): number;
export function tidy(value: number | null): number | null;
export function tidy(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(12));
}

/** A single-precision number in as few digits as name it. */
export function shortenFloat32(value: number): number {
  const short = Number(value.toPrecision(7));
  return Math.fround(short) === value ? short : Number(value.toPrecision(9));
}

/** One record of RFC 4180. Objects are written as JSON; null and absent are empty. */
export function csvLine(fields: readonly unknown[]): string {
  return `${fields.map(csvField).join(",")}\r\n`;
}

function csvField(field: unknown): string {
  if (field === null || field === undefined) return "";
  const text = typeof field === "object" ? JSON.stringify(field) : String(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table with its header row; columns that a row lacks are empty. */
export function csvTable(columns: readonly string[], rows: readonly Record<string, unknown>[]): string {
  return csvLine(columns) + rows.map((row) => csvLine(columns.map((column) => row[column]))).join("");
}

export function ndjson(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** Text for XML 1.0, which has no way to write most control characters: they are left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
