import { describe, expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import type { TaskBatch } from "../src/model/micro-batch.js";
import { type Model, newClassifier, newModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { mlp } from "../src/nn/mlp.js";
import { reducedResnet } from "../src/nn/reduced-resnet.js";
import { radam } from "../src/optim/radam.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { lanesFor, shareLanes } from "../src/training/lanes.js";
import { MetaTraining } from "../src/training/meta-training.js";
import { TrainingStep } from "../src/training/training-step.js";
import { expectClose } from "./support/close.js";

const random = seededRandom("lanes");
const INPUT = { shape: [3, 16, 16], type: "uint8", mean: [0.5], std: [0.25] } as const;
const small = new FeatureExtractor(reducedResnet({ widths: [4, 6, 8, 10] }), INPUT);

function batch(task: number, samples: number): TaskBatch {
  const targets = new Float32Array(2 * samples);
  for (let i = 0; i < samples; i++) targets[2 * i + random.integer(0, 1)] = 1;
  const x = Uint8Array.from({ length: 768 * samples }, () => random.integer(0, 255));
  return { task, samples, x, targets };
}

describe("micro-batches share the lanes", () => {
  const sizes = (samples: readonly number[], lanes: number, smallest = 1) => {
    const batches = samples.map((count, task) => ({ task, samples: count }) as TaskBatch);
    const { alone, overlapping } = shareLanes(batches, { lanes, smallest });
    return [alone, overlapping].map((some) => some.map((own) => own.samples));
  };

  test("one that is more than a lane's share has the machine alone", () => {
    expect(sizes([9, 9, 9, 10, 91], 2)).toEqual([[91], [10, 9, 9, 9]]);
    expect(sizes([37, 91], 2)).toEqual([[91, 37], []]);
    expect(sizes([30, 30, 30, 30], 4)).toEqual([[], [30, 30, 30, 30]]);
  });

  test("with one lane, or below the size that is worth one, all are alone", () => {
    expect(sizes([9, 91, 9], 1)).toEqual([[91, 9, 9], []]);
    expect(sizes([9, 9, 9], 2, 10)).toEqual([[9, 9, 9], []]);
    expect(sizes([20, 3, 20], 2, 10)).toEqual([[3], [20, 20]]);
  });

  test("lanes are for networks that multiply much for each parameter", () => {
    expect(lanesFor(small, 2)).toEqual({ lanes: 2, smallest: 4 });
    expect(lanesFor(new FeatureExtractor(mlp(), INPUT), 2).lanes).toBe(1);
  });
});

test("a network's multiplications are those of its convolutions and products", () => {
  expect(new FeatureExtractor(mlp({ hidden: [5, 7] }), INPUT).multiplications).toBe(
    768 * 5 + 5 * 7,
  );
});

const BATCHES = [batch(0, 7), batch(1, 6), batch(2, 20), batch(3, 5)];

async function train(
  threads: number,
  batches = BATCHES,
): Promise<{ model: Model; losses: number[] }> {
  const runtime = createOnnxRuntime({ threads });
  const step = await TrainingStep.compile(runtime, small, radam());
  const model = newModel(small, 1);
  for (let task = 0; task < 4; task++) {
    model.classifiers.push(newClassifier(small.featureSize, 2, { seed: 1, task }));
  }
  const options = { innerSteps: 2, eta: 0.5, classifier: "own" } as const;
  const training = await MetaTraining.start(model, step, options);
  try {
    const losses: number[] = [];
    for (let i = 0; i < 3; i++) losses.push(...(await training.train(batches, 1e-4)));
    await training.read();
    return { model, losses };
  } finally {
    await training.release();
    await step.release();
  }
}

test("tasks side by side give the numbers that they give in turn, and the same bytes each time", async () => {
  const inTurn = await train(1);
  const sideBySide = await train(2);
  expectClose(Float32Array.from(sideBySide.losses), Float32Array.from(inTurn.losses), {
    relative: 1e-4,
  });
  expectClose(sideBySide.model.theta, inTurn.model.theta, { absolute: 2e-5, relative: 1e-4 });
  expect(await train(2)).toEqual(sideBySide);
});

test("an error in a lane is thrown after all lanes have ended", async () => {
  const broken = { ...(BATCHES[1] as TaskBatch), x: new Uint8Array(3) };
  await expect(
    train(2, [BATCHES[0] as TaskBatch, broken, BATCHES[3] as TaskBatch]),
  ).rejects.toThrow();
});
