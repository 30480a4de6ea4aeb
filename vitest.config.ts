import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A process per test file: native modules and process-wide state (umask, signals) stay apart.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
  },
});
