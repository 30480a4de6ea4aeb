/** Values and keys from pieces of text that the cutter has proved to be JSON. */

/** A key this long, or longer, is told by its first 100 characters. */
export const longKeyBytes = 64 * 1024;

export function decodeValue(text: Uint8Array): unknown {
  return JSON.parse(decodeText(text));
}

/** A key with its quotes, or the beginning of a long one. */
export function decodeKey(text: Uint8Array): string {
  if (text.length < longKeyBytes) return JSON.parse(decodeText(text));
  // 100 characters take at most 600 bytes. The cut may have hit an escape, of at most twelve bytes for two halves.
  const begun = decodeText(text.subarray(0, 700));
  for (let length = begun.length; ; length--) {
    try {
      return JSON.parse(`${begun.slice(0, length)}"`).slice(0, 100);
    } catch {
      // One character less, then.
    }
  }
}

export function decodeText(text: Uint8Array): string {
  return Buffer.from(text.buffer, text.byteOffset, text.length).toString("utf8");
}
