#!/usr/bin/env -S MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=2000000000 node --single-threaded-gc --initial-old-space-size=256
// Every program's outputs reach JavaScript as new memory. Freed, it should stay with the process (glibc gives large
// blocks back, and asks for them again page by page); V8 would collect it in threads of its own, which on two cores take
// a third of the speed of training; and it would take the outputs on the way for a heap that grows, and mark all of it
// twice a second.
import { writingError } from "../files/system-errors.js";
import { runCommandLine } from "./command-line.js";
import { reportError } from "./failure.js";

// A reader that has seen enough (`itaml … | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : reportError(writingError(error, "standard output")));
});

// Nor is the end of a sweep for its runs, which say no more to it, and stop; and nobody can be told of a full disk there.
process.stderr.on("error", () => {});

process.exitCode = await runCommandLine(process.argv.slice(2));
