/**
 * Why a whole body cannot be read. Anything smaller (one element, one metric) is an event of the decoder, not an error.
 *
 * `detail` is one sentence for the person holding the phone: it names a place, never what was sent.
 */
export type FormatErrorCode = "invalid_json" | "invalid_envelope";

export class FormatError extends Error {
  readonly code: FormatErrorCode;
  readonly detail: string;

  constructor(code: FormatErrorCode, detail: string) {
    super(detail);
    this.name = "FormatError";
    this.code = code;
    this.detail = detail;
  }
}
