import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { indicesByClass } from "../src/data/samples.js";
import { makeStrokes } from "../src/data/strokes.js";
import { seededRandom } from "../src/random.js";
import { itaml, readEvents } from "./support/command-line.js";
import { temporaryFolder } from "./support/folder.js";

const SIDE = 28;
const CLASSES = 40;

/**
 * Permuted strokes in the files of CIFAR-100: class c is the digit c mod 10, its pixels rearranged by the permutation
 * ⌊c / 10⌋.
 */
function writePermutedStrokes(folder: string, perClass: { train: number; test: number }): void {
  mkdirSync(folder, { recursive: true });
  const strokes = makeStrokes();
  const digits = Array.from({ length: 10 }, (_, digit) => digit);
  for (const part of ["train", "test"] as const) {
    const { source, labels } = strokes[part];
    const byDigit = indicesByClass(labels, digits);
    const records: Uint8Array[] = [];
    for (let label = 0; label < CLASSES; label++) {
      const places = Array.from({ length: SIDE * SIDE }, (_, place) => place);
      seededRandom("permutation", Math.floor(label / 10)).shuffle(places);
      for (const index of (byDigit[label % 10] as number[]).slice(0, perClass[part])) {
        const pixels = new Uint8Array(SIDE * SIDE);
        source.read([index], pixels);
        const record = new Uint8Array(2 + 3072);
        record[1] = label;
        places.forEach((place, i) => {
          record[2 + i] = pixels[place] as number;
        });
        records.push(record);
      }
    }
    writeFileSync(join(folder, `${part}.bin`), Buffer.concat(records));
  }
}

/** Trains on them, in a process of its own. */
async function trained(settings: readonly string[]): Promise<string> {
  const folder = temporaryFolder();
  const [data, run] = [join(folder, "data"), join(folder, "run")];
  writePermutedStrokes(data, { train: 100, test: 20 });
  const all = ["augmentation={}", "learningRate=0.01", ...settings];
  const changes = all.flatMap((setting) => ["--set", setting]);
  const args = ["train", "cifar100-10x10", "--data", data, ...changes, "--out", run];
  expect(await itaml(".", args)).toMatchObject({ code: 0 });
  return run;
}

/** Resident bytes at the end of each epoch of a task. */
function residentBytes(run: string, task: number): number[] {
  return readEvents(run)
    .filter((event) => event.kind === "epoch" && event.task === task)
    .map((event) => event.residentBytes as number);
}

/** So that no single reading counts, before or after a collection of garbage. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function expectLevel(what: string, before: number, after: number): void {
  const megabytes = [before, after].map((bytes) => (bytes / 1e6).toFixed(0));
  console.log(`${what}: ${megabytes[0]} MB, and ${megabytes[1]} MB at the end`);
  expect(after).toBeLessThan(1.1 * before);
}

test("memory after twenty tasks is within 10 % of that after the second", async () => {
  // The first two tasks are long: until outputs of 64 MB are garbage nothing of them is collected.
  const run = await trained([
    ...["classesPerTask=2", "tasks=20", "network={name: mlp, hidden: [8]}", "epochs=[20, 20, 5]"],
    ...["milestones=[]", "memory=400", "batchSize=16", "continuum=5"],
  ]);
  const [second, last] = [residentBytes(run, 1), residentBytes(run, 19)];
  expectLevel("second of twenty tasks", median(second.slice(-10)), median(last));
});

test.each([
  ["mlp", "network={name: mlp, hidden: [64, 64]}"],
  ["convolutions", "network={name: reduced-resnet18, widths: [4, 4, 8, 8]}"],
])("memory is level over a thousand batches: %s", async (name, network) => {
  // 4,000 samples: 250 batches an epoch.
  const run = await trained([
    ...["classesPerTask=40", "tasks=1", "epochs=7", "milestones=[]", "batchSize=16", network],
    ...["continuum=5", "memory=40"],
  ]);
  const readings = residentBytes(run, 0);
  expect(readings).toHaveLength(7);
  expectLevel(`${name}, 500 batches`, median(readings.slice(1, 4)), median(readings.slice(4)));
  expectLevel(`${name}, first and last`, readings[2] as number, readings[6] as number);
});
