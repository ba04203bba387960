import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // As the command line runs: see docs/performance.md.
    execArgv: ["--single-threaded-gc", "--initial-old-space-size=256"],
    reporters: ["default", "./test/support/skips.ts"],
    include: ["test/**/*.test.ts"],
    // Left to itself it leaves a core free: on two, 5 minutes in place of 3.5.
    maxWorkers: "100%",
    // The modules of the program are loaded once for each worker, not once for each file.
    isolate: false,
    setupFiles: ["./test/support/setup.ts"],
    // Not the user's: what a test finds there must not depend on the machine. Tests load ONNX Runtime by themselves, too.
    env: { ITAML_CACHE: join(tmpdir(), "itaml-test-cache"), ORT_DISABLE_TELEMETRY: "1" },
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
