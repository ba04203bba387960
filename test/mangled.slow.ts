import { fork } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Outcome } from "./mangling/process.js";
import { READERS } from "./mangling/readers.js";

const NAMES = Object.keys(READERS);
/** Milliseconds in which an input must be read or refused: a thousand times what any takes. */
const PATIENCE = 60_000;

/** Reads all mangled inputs of a reader in a process of its own; an error where that crashes or hangs. */
function outcomeOf(reader: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "mangling/process.ts"), [reader], {
      execArgv: ["--import", "tsx"],
    });
    let input = -1;
    let outcome: Outcome | undefined;
    const hung = () => {
      child.kill("SIGKILL");
      reject(new Error(`${reader} hangs at input ${input}`));
    };
    let watchdog = setTimeout(hung, PATIENCE);
    child.on("message", (message) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(hung, PATIENCE);
      if (typeof message === "number") input = message;
      else outcome = message as Outcome;
    });
    child.on("exit", (code, signal) => {
      clearTimeout(watchdog);
      if (outcome && code === 0) resolve(outcome);
      else reject(new Error(`${reader} ended with ${code ?? signal} at input ${input}`));
    });
  });
}

test("there are at least 10,000 mangled inputs", () => {
  const inputs = Object.values(READERS).reduce((sum, reader) => sum + reader.inputs, 0);
  expect(inputs).toBeGreaterThanOrEqual(10_000);
});

test.each(NAMES)("%s: every one is read or ends in a typed error", async (name) => {
  const { read, refused, failures, peakBytes, slowestSeconds } = await outcomeOf(name);
  console.log(
    `${name}: ${read} read, ${refused} refused, ${(peakBytes / 1e6).toFixed(0)} MB at most, ` +
      `the slowest in ${slowestSeconds.toFixed(2)} s`,
  );
  expect(failures.slice(0, 5)).toEqual([]);
  expect(read + refused).toBe(READERS[name]?.inputs);
  // Mangling that nothing notices, or that nothing survives, would show little.
  expect(Math.min(read, refused)).toBeGreaterThan(0);
  expect(peakBytes).toBeLessThan(1e9);
});
