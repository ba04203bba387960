import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // As the command line runs: see docs/performance.md.
    execArgv: ["--single-threaded-gc"],
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
