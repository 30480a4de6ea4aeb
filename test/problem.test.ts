/** The catalogue of failures: what users and scripts rely on. */
import { expect, test } from "vitest";
import { catalogue, describeProblem, problem, toProblem } from "../src/problem.js";

test("the HTTP codes have the statuses that the contract gives them", () => {
  const statuses: Record<string, number> = {
    invalid_json: 400,
    invalid_envelope: 400,
    invalid_parameter: 400,
    unauthorized: 401,
    forbidden: 403,
    not_found: 404,
    method_not_allowed: 405,
    payload_too_large: 413,
    unsupported_media_type: 415,
    rate_limited_requests: 429,
    rate_limited_bandwidth: 429,
    internal: 500,
    storage_unavailable: 503,
    overloaded: 503,
  };
  const actual = Object.entries(catalogue).filter(([code]) => code in statuses);
  expect(Object.fromEntries(actual.map(([code, { status }]) => [code, status]))).toEqual(statuses);
});

test("exit codes are 1 or 2, and 2 is for what the user typed or configured only", () => {
  const withTwo = Object.entries(catalogue).filter(([, { exitCode }]) => exitCode === 2);
  expect(withTwo.map(([code]) => code)).toEqual(["invalid_parameter", "usage", "bad_configuration"]);
  expect(new Set(Object.values(catalogue).map(({ exitCode }) => exitCode))).toEqual(new Set([1, 2]));
});

test("a problem answers with its members, its hint and what the thrower added", () => {
  const failure = problem("invalid_json", "The body ends too early.", { extra: { ingestion_id: "7" } });
  expect(describeProblem(failure, "r1")).toEqual({
    type: "urn:selfsensored:problem:invalid_json",
    title: "Not valid JSON",
    status: 400,
    code: "invalid_json",
    detail: "The body ends too early.",
    ingestion_id: "7",
    request_id: "r1",
  });
});

test("the 413 tells to turn on Batch Requests, and a hint can be replaced or left out", () => {
  expect(problem("payload_too_large", "Too large.").hint).toContain("Batch Requests");
  expect(problem("payload_too_large", "Too large.", { hint: "Split it." }).hint).toBe("Split it.");
  expect(problem("payload_too_large", "Too large.", { hint: null }).hint).toBeUndefined();
});

test("what nobody classified is internal, and its text is not repeated", () => {
  const thrown = new Error("weight 71.5");
  const failure = toProblem(thrown);
  expect([failure.code, failure.cause]).toEqual(["internal", thrown]);
  expect(JSON.stringify(describeProblem(failure, "r1"))).not.toContain("71.5");
  expect(toProblem(failure)).toBe(failure);
});
