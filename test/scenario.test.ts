import { expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { Learner } from "../src/learners/learner.js";
import { createMethod } from "../src/learners/method.js";
import { learnerParts } from "../src/learners/parts.js";
import { runScenario, Scenario } from "../src/learners/scenario.js";
import { learnerShape } from "../src/learners/settings.js";
import { Inference } from "../src/model/inference.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { mlp } from "../src/nn/mlp.js";
import { constant } from "../src/optim/constant.js";
import { sgd } from "../src/optim/sgd.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { samplesInMemory } from "../src/samples/samples.js";

const [CLASSES, SIZE] = [6, 4];
const runtime = createOnnxRuntime({ threads: 1 });
const input = { shape: [SIZE], type: "float32", mean: [0], std: [1] } as const;

/** A cloud for each class, one after another. */
function clouds(perClass: number, part: string) {
  const centres = seededRandom("centres");
  const noise = seededRandom(part);
  const labels = Array.from({ length: CLASSES * perClass }, (_, i) => Math.floor(i / perClass));
  const centre = Array.from({ length: CLASSES * SIZE }, () => 2 * centres.normal());
  const data = Float32Array.from({ length: labels.length * SIZE }, (_, i) => {
    const label = labels[Math.floor(i / SIZE)] as number;
    return (centre[label * SIZE + (i % SIZE)] as number) + noise.normal();
  });
  return { source: samplesInMemory(data, SIZE), labels };
}

test("the protocol runs without a disk, over all tasks or some", async () => {
  const samples = { train: clouds(40, "train"), test: clouds(30, "test") };
  const scenario = new Scenario(samples, [
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
  expect([...scenario].map(({ classes }) => classes)).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);

  const extractor = new FeatureExtractor(mlp({ hidden: [16] }), input);
  const inference = await Inference.compile(runtime, extractor);
  const context = { runtime, extractor, inference, source: samples.train.source, seed: 1 };
  const chosen = learnerShape(learnerParts).learner.parse({ name: "replay", memory: 60 });
  const method = createMethod(learnerParts.methods, chosen, learnerParts);
  const training = {
    ...{ optimizer: sgd({ momentum: 0.9 }), schedule: constant(), learningRate: 0.05 },
    ...{ epochs: 8, batchSize: 20, validation: 0, continuum: 5 },
  };
  const learner = new Learner(method, context, training);

  const accuracies: number[] = [];
  for await (const { task, accuracies: found } of runScenario(learner, scenario.slice(0, 2))) {
    expect(found.testSamples).toBe(60 * (task + 1));
    accuracies.push(found.single.classAccuracy);
  }
  expect(accuracies).toHaveLength(2);
  for await (const { task, classes } of runScenario(learner, scenario.slice(2))) {
    expect([task, classes]).toEqual([2, [4, 5]]);
  }
  expect(learner.model.classifiers).toHaveLength(3);
  expect(Math.min(...accuracies)).toBeGreaterThan(0.7);
  await learner.release();
  await inference.release();
});
