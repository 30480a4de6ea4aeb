/**
 * Every failure that a person or a phone gets to see, in one table: HTTP status, exit code, title, whether repeating the
 * same thing can help, and what to do next.
 *
 * Throw by code with `problem("no_store", "No store in /srv/health.")`; what the code means to HTTP and to the shell is
 * read from the table and nowhere else. Callers may rely on: `detail` is one short human sentence (the app shows it to
 * the person holding the phone), and neither it nor `hint` or `extra` holds a health value, a body, a key or a password.
 * Whoever throws has to see to that.
 *
 * How a problem is printed is in `cli/output.ts`; headers such as `Retry-After` are the server's.
 */

/** The only exit codes there are (contract section 1): done, failed, bad usage or configuration, some input rejected. */
export type ExitCode = 0 | 1 | 2 | 3;

interface Failure {
  status: number;
  exitCode: ExitCode;
  title: string;
  /** True when the very same request or command can succeed later. */
  mayRepeat: boolean;
  hint?: string;
}

const failures = {
  invalid_json: { status: 400, exitCode: 1, title: "Not valid JSON", mayRepeat: false },
  invalid_envelope: { status: 400, exitCode: 1, title: "Not a Health Auto Export document", mayRepeat: false },
  invalid_parameter: { status: 400, exitCode: 2, title: "Invalid parameter", mayRepeat: false },
  unauthorized: {
    status: 401,
    exitCode: 1,
    title: "Not authorised",
    mayRepeat: false,
    hint: "Send a valid key as the header Authorization: Bearer KEY. A new one: selfsensored keys create",
  },
  forbidden: { status: 403, exitCode: 1, title: "Not allowed with this key", mayRepeat: false },
  not_found: { status: 404, exitCode: 1, title: "Not found", mayRepeat: false },
  method_not_allowed: { status: 405, exitCode: 1, title: "Method not allowed", mayRepeat: false },
  payload_too_large: {
    status: 413,
    exitCode: 1,
    title: "Payload too large",
    mayRepeat: false,
    hint: "Turn on Batch Requests in the automation, or raise ingest.max_body.",
  },
  unsupported_media_type: { status: 415, exitCode: 1, title: "Unsupported media type", mayRepeat: false },
  rate_limited_requests: { status: 429, exitCode: 1, title: "Too many requests", mayRepeat: true },
  rate_limited_bandwidth: { status: 429, exitCode: 1, title: "Too much data", mayRepeat: true },
  internal: { status: 500, exitCode: 1, title: "Internal error", mayRepeat: true },
  storage_unavailable: { status: 503, exitCode: 1, title: "Storage unavailable", mayRepeat: true },
  overloaded: { status: 503, exitCode: 1, title: "Overloaded", mayRepeat: true },

  usage: { status: 400, exitCode: 2, title: "Wrong usage", mayRepeat: false, hint: "selfsensored --help" },
  bad_configuration: {
    status: 500,
    exitCode: 2,
    title: "Configuration cannot be used",
    mayRepeat: false,
    hint: "Correct or remove what is named above, then look at the result with: selfsensored config show",
  },
  no_store: {
    status: 503,
    exitCode: 1,
    title: "No store",
    mayRepeat: false,
    hint: "Make one with: selfsensored setup. If there is one elsewhere, name it: --data-dir DIR or --database-url URL",
  },
  store_in_use: {
    status: 503,
    exitCode: 1,
    title: "Store in use",
    mayRepeat: true,
    hint: "Stop the daemon or the other command first, then repeat this.",
  },
  store_newer: {
    status: 503,
    exitCode: 1,
    title: "Store is newer than this program",
    mayRepeat: false,
    hint: "Install the newest selfsensored; an older one cannot work with this store.",
  },
  store_foreign: {
    status: 503,
    exitCode: 1,
    title: "Not a store of selfsensored",
    mayRepeat: false,
    hint: "Check database.url with: selfsensored config show",
  },
  store_read_only: {
    status: 503,
    exitCode: 1,
    title: "Store is read-only",
    mayRepeat: true,
    hint: "Check owner and permissions of the data directory, and that its disk is mounted for writing.",
  },
  daemon_running: {
    status: 409,
    exitCode: 1,
    title: "The daemon is running",
    mayRepeat: true,
    hint: "Stop it first, for example with: systemctl stop selfsensored",
  },
  interrupted: { status: 503, exitCode: 1, title: "Interrupted", mayRepeat: true },
  failed: { status: 500, exitCode: 1, title: "Failed", mayRepeat: true },
} as const satisfies Record<string, Failure>;

export type ProblemCode = keyof typeof failures;

/** The table, for documentation and tests. */
export const catalogue: Readonly<Record<ProblemCode, Failure>> = failures;

export interface ProblemOptions {
  /** Overrides the table's hint; null leaves it out. */
  hint?: string | null;
  cause?: unknown;
  /** Further members of the answer, in snake_case: `ingestion_id`, `parameter` and the like. */
  extra?: Record<string, unknown>;
}

export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly detail: string;
  readonly hint: string | undefined;
  readonly status: number;
  readonly exitCode: ExitCode;
  readonly title: string;
  readonly mayRepeat: boolean;
  readonly extra: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    const failure = catalogue[code];
    this.code = code;
    this.detail = detail;
    this.hint = options.hint === undefined ? failure.hint : (options.hint ?? undefined);
    this.status = failure.status;
    this.exitCode = failure.exitCode;
    this.title = failure.title;
    this.mayRepeat = failure.mayRepeat;
    this.extra = options.extra;
  }
}

export function problem(code: ProblemCode, detail: string, options?: ProblemOptions): Problem {
  return new Problem(code, detail, options);
}

/**
 * Anything thrown, as a problem. What nobody classified is `internal`: its text may hold anything, so it stays in
 * `cause` and is not repeated.
 */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem("internal", "Something went wrong that should not have.", { cause: thrown });
}

/** The body of `application/problem+json` (RFC 9457, contract section 3.2). */
export function describeProblem(failure: Problem, requestId: string): Record<string, unknown> {
  return {
    ...failure.extra,
    type: `urn:selfsensored:problem:${failure.code}`,
    title: failure.title,
    status: failure.status,
    code: failure.code,
    detail: failure.detail,
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    request_id: requestId,
  };
}
