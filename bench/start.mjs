// Runs the benchmarks as the command line runs itself: see the first lines of src/cli/main.ts.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const memory = { MALLOC_MMAP_THRESHOLD_: "33554432", MALLOC_TRIM_THRESHOLD_: "2000000000" };
for (const file of [
  "main.ts",
  "evaluation.ts",
  "growth.ts",
  "convolution.ts",
  "start.ts",
  "browser.ts",
]) {
  const { status } = spawnSync(
    process.execPath,
    [
      "--single-threaded-gc",
      "--initial-old-space-size=256",
      "--import",
      "tsx",
      join(import.meta.dirname, file),
    ],
    { stdio: "inherit", env: { ...memory, ...process.env } },
  );
  if (status !== 0) process.exit(status ?? 1);
}
