import { describe, expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { Inference } from "../src/model/inference.js";
import type { TaskBatch } from "../src/model/micro-batch.js";
import { type Model, newClassifier, newModel, wholeModel } from "../src/model/model.js";
import { radam } from "../src/optim/radam.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import type { Runtime } from "../src/runtime/runtime.js";
import { samplesInMemory } from "../src/samples/samples.js";
import { FirstOrderMaml } from "../src/training/first-order-maml.js";
import { MetaTraining, type MetaUpdate } from "../src/training/meta-training.js";
import { ModelTraining } from "../src/training/model-training.js";
import { ReleasedRule } from "../src/training/released-rule.js";
import { reptile } from "../src/training/reptile.js";
import { TrainingStep } from "../src/training/training-step.js";
import { centred } from "./support/centred-network.js";
import { countingRuntime } from "./support/counting-runtime.js";

const SAMPLES = 4;
const CLASSES = 2;
const { size } = centred.parameters;
const [FEATURES] = centred.input.shape as [number];

function made(): { model: Model; batches: TaskBatch[] } {
  const random = seededRandom("memory");
  const model = newModel(centred, 1);
  const batches = [0, 1, 2].map((task) => {
    model.classifiers.push(newClassifier(FEATURES, CLASSES, { seed: 1, task }));
    const targets = Float32Array.from({ length: SAMPLES * CLASSES }, (_, i) => i % 2);
    const x = Float32Array.from({ length: SAMPLES * FEATURES }, () => random.normal());
    return { task, samples: SAMPLES, x, targets };
  });
  return { model, batches };
}

type Start = (model: Model, step: TrainingStep) => Promise<MetaUpdate>;

const own: Start = (model, step) =>
  MetaTraining.start(model, step, { innerSteps: 1, eta: 0.5, classifier: "own" });

const RULES: [string, Start][] = [
  ["the paper's", own],
  [
    "with two steps and interpolated classifiers",
    (model, step) =>
      MetaTraining.start(model, step, { innerSteps: 2, eta: 0.5, classifier: "interpolate" }),
  ],
  ["Reptile", (model, step) => reptile(model, step, 2)],
  ["first-order MAML", (model, step) => FirstOrderMaml.start(model, step, 3)],
  ["the released", (model, step) => ReleasedRule.start(model, step, { innerSteps: 2, eta: 0.5 })],
];

async function session(start: Start, runtime: Runtime, between: () => void) {
  const { model, batches } = made();
  const step = await TrainingStep.compile(runtime, centred, radam());
  const update = await start(model, step);
  between();
  for (let i = 0; i < 3; i++) await update.train(batches, 1e-3);
  between();
  await update.read();
  const optimizers = await Promise.all(update.optimizers.map((optimizer) => optimizer.read()));
  await update.release();
  await step.release();
  return { model, optimizers };
}

describe("a session of training in a device's memory", () => {
  test.each(RULES)(
    "%s rule: θ goes there once, and comes back when it is asked for",
    async (_, start) => {
      const { runtime, traffic } = countingRuntime();
      const seen: { uploads: number; reads: number; inputs: number; outputs: number }[] = [];
      const { optimizers } = await session(start, runtime, () => {
        const { uploads, reads, inputs, outputs } = traffic;
        seen.push({ uploads: uploads.length, reads: reads.length, inputs, outputs });
      });
      const ofTheta = (lengths: readonly number[]) => lengths.filter((length) => length === size);
      const [before, after] = seen as [(typeof seen)[0], (typeof seen)[0]];
      expect(ofTheta(traffic.uploads)).toHaveLength(1);
      expect(after.uploads).toBe(before.uploads);
      expect(after.reads).toBe(0);
      const moments = optimizers.flatMap((optimizer) => optimizer.moments).length;
      expect(ofTheta(traffic.reads)).toHaveLength(1 + moments);
      // Samples, targets and a few scalars of each step; and its loss.
      const steps = optimizers.reduce((sum, optimizer) => sum + optimizer.steps, 0);
      const ofBatch = SAMPLES * FEATURES + SAMPLES * 3 * CLASSES;
      expect(after.inputs).toBeLessThan(steps * (ofBatch + 30));
      expect(after.outputs).toBe(steps);
    },
  );

  test.each(RULES)("%s rule: gives what it gives in JavaScript's memory", async (_, start) => {
    const { runtime } = countingRuntime();
    const there = await session(start, runtime, () => {});
    const here = await session(start, createOnnxRuntime({ threads: 1 }), () => {});
    expect(there).toEqual(here);
    expect(there.model.theta).not.toEqual(made().model.theta);
  });

  test("what the optimisers remember goes back to the same bytes", async () => {
    const { runtime } = countingRuntime();
    const { model, batches } = made();
    const step = await TrainingStep.compile(runtime, centred, radam());
    const first = await own(model, step);
    await first.train(batches, 1e-3);
    await first.read();
    const remembered = await Promise.all(first.optimizers.map((optimizer) => optimizer.read()));
    const second = await own(model, step);
    for (const [i, optimizer] of second.optimizers.entries()) {
      await optimizer.write(remembered[i] as (typeof remembered)[0]);
    }
    const losses = [await first.train(batches, 1e-3), await second.train(batches, 1e-3)];
    expect(losses[1]).toEqual(losses[0]);
    await second.read();
    const theta = model.theta.slice();
    await first.read();
    expect(model.theta).toEqual(theta);
    await Promise.all([first.release(), second.release(), step.release()]);
  });
});

test("plain training reads the model when it is asked for", async () => {
  const { runtime, traffic } = countingRuntime();
  const { model, batches } = made();
  const step = await TrainingStep.compile(runtime, centred, radam());
  const training = await ModelTraining.start(wholeModel(model), step);
  const [batch] = batches as [TaskBatch];
  const targets = new Float32Array(SAMPLES * 3 * CLASSES);
  const before = traffic.uploads.length;
  for (let i = 0; i < 3; i++) await training.train({ ...batch, targets }, 1e-3);
  expect(traffic.uploads).toHaveLength(before);
  expect(traffic.reads).toEqual([]);
  await training.read();
  expect(traffic.reads).toContain(size);
  training.release();
  await step.release();
});

test("inference uploads a model once for all batches", async () => {
  const { runtime, traffic } = countingRuntime();
  const { model } = made();
  const inference = await Inference.compile(runtime, centred);
  const samples = 600;
  const source = samplesInMemory(new Float32Array(samples * FEATURES), FEATURES);
  const indices = Array.from({ length: samples }, (_, i) => i);
  await inference.logits(wholeModel(model), source, indices);
  const ofTheta = traffic.uploads.filter((length) => length === size);
  expect(ofTheta).toHaveLength(1);
  expect(traffic.inputs).toBe(samples * FEATURES);
  expect(traffic.outputs).toBe(samples * 3 * CLASSES);
  await inference.release();
});
