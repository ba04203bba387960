import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // As the command line runs: see docs/performance.md.
    execArgv: ["--single-threaded-gc", "--initial-old-space-size=256"],
    reporters: ["default", "./test/support/skips.ts"],
    include: ["test/**/*.slow.ts"],
    // Tests load ONNX Runtime by themselves, too.
    env: { ORT_DISABLE_TELEMETRY: "1" },
    testTimeout: 30 * 60_000,
    hookTimeout: 10 * 60_000,
    // Each of them uses both cores.
    fileParallelism: false,
  },
});
