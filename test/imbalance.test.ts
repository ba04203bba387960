import { mkdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { resolveConfig } from "../src/experiment/config.js";
import { startExperiment } from "../src/experiment/experiment.js";
import { withSavedRun } from "../src/experiment/saved-run.js";
import { IncrementalClassifier } from "../src/index.js";
import { isBetter, isImbalanced } from "../src/learners/better-model.js";
import type { LearnerContext } from "../src/model/context.js";
import type { TaskModel } from "../src/model/model.js";
import { smallLearner } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";

const SIDE = 8;

/** Pictures of a class: a pattern of its own, with noise. */
function images(label: number, count: number, part: string): Uint8Array[] {
  const pattern = seededRandom("pattern", label);
  const pixels = Array.from({ length: SIDE * SIDE }, () => pattern.integer(60, 200));
  return Array.from({ length: count }, (_, i) => {
    const noise = seededRandom(part, label, i);
    return Uint8Array.from(pixels, (pixel) => pixel + noise.integer(-30, 31));
  });
}

test("a class with few samples is told from one with many: continua are as sure as samples alone", async () => {
  const classifier = await IncrementalClassifier.create({
    ...{ inputShape: [1, SIDE, SIDE], memory: 2000, seed: 1, threads: 1 },
  });
  const tasks = [
    [50, 1],
    [200, 3],
  ];
  for (const [task, counts] of tasks.entries()) {
    const labels = counts.flatMap((count, i) => Array<number>(count).fill(2 * task + i));
    const pictures = counts.flatMap((count, i) => images(2 * task + i, count, "training"));
    await classifier.learn({ images: pictures, labels });
  }
  for (const label of [0, 1, 2, 3]) {
    const pictures = images(label, 20, "test");
    const own = Array(20).fill(label);
    expect(await classifier.classifyEach(pictures)).toEqual(own);
    expect((await classifier.classify(pictures)).labels).toEqual(own);
  }
  await classifier.release();
});

test("so it is in runs; what has like numbers is adapted, whatever the head", async () => {
  const folder = temporaryFolder();
  const data = join(folder, "data");
  const counts = { train: [50, 1, 40, 40], test: [6, 6, 6, 6] };
  for (const [part, ofClasses] of Object.entries(counts)) {
    for (const [label, count] of ofClasses.entries()) {
      const own = join(data, part, `class${label}`);
      mkdirSync(own, { recursive: true });
      for (const [i, pixels] of images(label, count, part).entries()) {
        const raw = { width: SIDE, height: SIDE, channels: 1 } as const;
        await sharp(pixels, { raw }).toFile(join(own, `${i}.png`));
      }
    }
  }
  const config = resolveConfig(
    {
      ...{ dataset: "folder", data, images: { size: 8 }, classesPerTask: 2, continuum: 3 },
      ...{ network: { name: "mlp", hidden: [64] }, optimizer: { name: "sgd", momentum: 0.9 } },
      ...{
        learningRate: 0.02,
        epochs: 4,
        batchSize: 8,
        learner: smallLearner({ memory: 240, adaptation: { name: "full", epochs: 3 } }),
      },
    },
    "test",
  );
  const run = join(folder, "run");
  const { tasks } = await startExperiment(run, config);
  expect(tasks.at(-1)?.oracle.classAccuracy).toBe(1);
  await withSavedRun(run, {}, async ({ learner }) => {
    const { theta } = learner.model;
    expect((await learner.modelFor(0)).theta).toBe(theta);
    expect((await learner.modelFor(1)).theta).not.toEqual(theta);
  });
});

test("imbalance is more than twice as many", () => {
  const exemplars = (...counts: number[]) => counts.map((count) => Array<number>(count).fill(0));
  expect(isImbalanced(exemplars(30, 15, 20))).toBe(false);
  expect(isImbalanced(exemplars(31, 15, 20))).toBe(true);
  expect(isImbalanced(exemplars(0, 0))).toBe(false);
});

test("the better model is found on exemplars that made neither, each class with the same weight", async () => {
  const exemplars = [Array.from({ length: 12 }, (_, i) => i), [100, 101, 102], [200]];
  const labelOf = (index: number) => Math.floor(index / 100);
  const judged: number[] = [];
  /** Gives a model the logits of a function that names a sample's class. */
  const says = (name: (index: number) => number) => name as unknown as TaskModel;
  const logits = async (model: TaskModel, _: unknown, indices: readonly number[]) => {
    judged.push(...indices);
    const name = model as unknown as (index: number) => number;
    const data = indices.flatMap((index) =>
      [0, 1, 2].map((label) => Number(label === name(index))),
    );
    return { data: Float32Array.from(data), columns: 3, unreadable: [] };
  };
  const context = { seed: 1, inference: { logits } } as unknown as LearnerContext;
  const made: number[] = [];
  const make =
    (name: (index: number) => number) => async (given: readonly (readonly number[])[]) => {
      made.push(...given.flat());
      return says(name);
    };
  const largest = make(() => 0);
  const smaller = make((index) => Math.max(1, labelOf(index)));
  expect(await isBetter(smaller, largest, exemplars, context, 0)).toBe(true);
  expect(await isBetter(largest, smaller, exemplars, context, 0)).toBe(false);
  expect(await isBetter(largest, largest, exemplars, context, 0)).toBe(false);
  expect([...new Set([...made, ...judged])]).toHaveLength(16);
  // Of a class with one exemplar there is no other.
  expect(made.filter((index) => judged.includes(index) && index !== 200)).toEqual([]);
});
