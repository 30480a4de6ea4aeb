/** The daemon's log: its form, and what never gets into it. */
import { expect, test } from "vitest";
import { createLogger } from "../src/log.js";

function collect() {
  const lines: string[] = [];
  return { lines, destination: { write: (line: string) => void lines.push(line) } };
}

test("a JSON line has a time, the name of its level and the message", () => {
  const { lines, destination } = collect();
  createLogger({ level: "info", format: "json", destination }).info({ port: 8080 }, "listening");
  const { time, ...rest } = JSON.parse(lines.join("")) as Record<string, unknown>;
  expect(rest).toEqual({ level: "info", port: 8080, msg: "listening" });
  expect(new Date(String(time)).toISOString()).toBe(time);
});

test("a pretty line is for reading, and holds no colours unless they are asked for", () => {
  const { lines, destination } = collect();
  createLogger({ level: "info", format: "pretty", destination }).warn("disk nearly full");
  expect(lines.join("")).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: disk nearly full\n$/);
});

test("keys and bodies are replaced wherever they usually stand", () => {
  for (const format of ["json", "pretty"] as const) {
    const { lines, destination } = collect();
    const logger = createLogger({ level: "info", format, destination });
    const headers = {
      authorization: "Bearer hunter2",
      "x-api-key": "hunter2",
      "api-key": "hunter2",
      cookie: "hunter2",
    };
    logger.info({ headers, req: { headers }, key: "hunter2", user: { password: "hunter2" }, body: "hunter2" }, "in");
    logger.child({ secret: "hunter2" }).info(headers, "child");
    expect(lines).toHaveLength(2);
    expect(lines.join("")).not.toContain("hunter2");
    expect(lines.join("")).toContain("[redacted]");
  }
});

test("the level of a running logger can be changed", () => {
  const { lines, destination } = collect();
  const logger = createLogger({ level: "error", format: "json", destination });
  logger.info("unheard");
  logger.level = "info";
  logger.info("heard");
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["heard"]);
});
