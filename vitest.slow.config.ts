import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.slow.ts"],
    testTimeout: 30 * 60_000,
    // Each of them uses both cores.
    fileParallelism: false,
  },
});
