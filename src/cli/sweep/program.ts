import { realpathSync } from "node:fs";

/** As the first line of main.ts starts node. */
const FLAGS = ["--single-threaded-gc", "--initial-old-space-size=256"];
export const MEMORY = {
  MALLOC_MMAP_THRESHOLD_: "33554432",
  MALLOC_TRIM_THRESHOLD_: "2000000000",
} as const;

/** The words that start this program again, wherever it is started. */
export function thisProgram(): string[] {
  return [process.execPath, ...FLAGS, realpathSync(process.argv[1] as string)];
}
