// A process of its own for one reader: `tsx process.ts READER`. It says which input is being read, and what became of all.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ItamlError } from "../../src/base/errors.js";
import { seededRandom } from "../../src/base/random.js";
import { READERS, type Reader } from "./readers.js";

/** What became of the inputs of a reader. */
export interface Outcome {
  read: number;
  refused: number;
  /** Errors that are not typed, with the input's number. */
  failures: string[];
  peakBytes: number;
  slowestSeconds: number;
}

const name = process.argv[2] as string;
const { inputs, prepare } = READERS[name] as Reader;
const folder = mkdtempSync(join(tmpdir(), "itaml-mangled-"));
const outcome: Outcome = { read: 0, refused: 0, failures: [], peakBytes: 0, slowestSeconds: 0 };
try {
  const readMangled = await prepare(folder);
  for (let input = 0; input < inputs; input++) {
    process.send?.(input);
    const started = performance.now();
    try {
      await readMangled(seededRandom("mangled", name, input));
      outcome.read++;
    } catch (error) {
      if (error instanceof ItamlError) outcome.refused++;
      else outcome.failures.push(`input ${input}: ${(error as Error).stack ?? error}`);
    }
    const seconds = (performance.now() - started) / 1000;
    outcome.slowestSeconds = Math.max(outcome.slowestSeconds, seconds);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
outcome.peakBytes = process.resourceUsage().maxRSS * 1024;
process.send?.(outcome, () => process.disconnect());
