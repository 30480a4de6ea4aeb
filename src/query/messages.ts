/**
 * What main thread and reader thread say to each other. Bodies travel as bytes, handed over and not copied; long ones in
 * pieces, each asked for, so that a slow client holds back the reader and not the memory.
 */
import { Problem, type ProblemCode, toProblem } from "../problem.js";
import type { SentQuery } from "./run.js";

export type ToReader =
  | { id: number; kind: "run"; name: string; request: SentQuery }
  /** Another piece, please. */
  | { id: number; kind: "next" }
  /** Nobody wants the rest. */
  | { id: number; kind: "stop" };

export type FromReader =
  | { id: number; status: "ok"; body: Uint8Array; hasMore: boolean; contentType: string; nextCursor?: string | null }
  | { id: number; status: "problem"; problem: PackedProblem };

/** A `Problem` without its class, which does not survive the way between threads. */
export interface PackedProblem {
  code: ProblemCode;
  detail: string;
  hint: string | null;
  extra?: Record<string, unknown>;
  cause?: Error;
}

export function packProblem(thrown: unknown): PackedProblem {
  const { code, detail, hint, extra, cause } = toProblem(thrown);
  return {
    code,
    detail,
    hint: hint ?? null,
    ...(extra === undefined ? {} : { extra: { ...extra } }),
    ...(cause instanceof Error ? { cause } : {}),
  };
}

export function unpackProblem({ code, detail, hint, extra, cause }: PackedProblem): Problem {
  return new Problem(code, detail, { hint, cause, ...(extra === undefined ? {} : { extra }) });
}
