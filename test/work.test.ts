import { describe, expect, test } from "vitest";
import { createChosen } from "../src/base/part.js";
import type { Graph } from "../src/graph/graph.js";
import type { TaskBatch } from "../src/model/micro-batch.js";
import { newClassifier, newModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { type NetworkSettings, networks } from "../src/nn/index.js";
import { lower } from "../src/onnx/lower.js";
import { cpuThread } from "../src/onnx/lowerings.js";
import { optimizers } from "../src/optim/index.js";
import type { InputDescription } from "../src/samples/input-description.js";
import { MetaTraining } from "../src/training/meta-training.js";
import { TrainingStep } from "../src/training/training-step.js";
import { countingRuntime } from "./support/counting-runtime.js";

const input = (shape: readonly number[]): InputDescription => ({
  ...{ shape, type: "uint8", mean: [0.5], std: [0.25] },
});

/** The work of a mini-batch in numbers that no machine changes. */
async function work(network: NetworkSettings, shape: readonly number[], session: number) {
  const { runtime, traffic } = countingRuntime();
  const graphs: Graph[] = [];
  const extractor = new FeatureExtractor(createChosen(networks, network), input(shape));
  const counting = {
    ...runtime,
    compile: (...args: Parameters<typeof runtime.compile>) => {
      graphs.push(args[0]);
      return runtime.compile(...args);
    },
  };
  const step = await TrainingStep.compile(
    counting,
    extractor,
    createChosen(optimizers, { name: "sgd", momentum: 0.9 }),
  );
  const model = newModel(extractor, 1);
  const batch: TaskBatch[] = [];
  for (let task = 0; task <= session; task++) {
    model.classifiers.push(newClassifier(extractor.featureSize, 2, { seed: 1, task }));
    const x = new Uint8Array(2 * shape.reduce((size, side) => size * side, 1)).fill(7 * task);
    batch.push({ task, x, samples: 2, targets: Float32Array.of(1, 0, 0, 1) });
  }
  const options = { innerSteps: 1, eta: 0.5, classifier: "own" } as const;
  const training = await MetaTraining.start(model, step, options);
  await training.train(batch, 1e-3);
  const { uploads, inputs, outputs } = { ...traffic, uploads: traffic.uploads.length };
  await training.train(batch, 1e-3);
  const counted = {
    nodes: graphs.map((graph) => lower(graph, cpuThread).nodes.length),
    sessions: graphs.length,
    uploads: traffic.uploads.length - uploads,
    inputs: traffic.inputs - inputs,
    outputs: traffic.outputs - outputs,
  };
  await training.release();
  await step.release();
  return counted;
}

// More work than before is a loss of speed on every machine, whatever a clock says. Where it is meant, or less,
// npx vitest run test/work.test.ts -u writes the numbers anew.
describe("nodes of the graphs, sessions, and numbers that cross in the second mini-batch", () => {
  const mlp = { name: "mlp" } as const;
  const resnet = { name: "reduced-resnet18" } as const;

  test("of the MLP, session 0", async () => {
    expect(await work(mlp, [1, 28, 28], 0)).toMatchInlineSnapshot(`
      {
        "inputs": 1577,
        "nodes": [
          57,
          1,
        ],
        "outputs": 1,
        "sessions": 2,
        "uploads": 0,
      }
    `);
  });

  test("of the MLP, session 4", async () => {
    expect(await work(mlp, [1, 28, 28], 4)).toMatchInlineSnapshot(`
      {
        "inputs": 7881,
        "nodes": [
          57,
          1,
        ],
        "outputs": 5,
        "sessions": 2,
        "uploads": 0,
      }
    `);
  });

  test("of the reduced ResNet-18, session 0", async () => {
    expect(await work(resnet, [3, 32, 32], 0)).toMatchInlineSnapshot(`
      {
        "inputs": 6153,
        "nodes": [
          1476,
          1,
        ],
        "outputs": 1,
        "sessions": 2,
        "uploads": 0,
      }
    `);
  });

  test("of the reduced ResNet-18, session 4", async () => {
    expect(await work(resnet, [3, 32, 32], 4)).toMatchInlineSnapshot(`
      {
        "inputs": 30767,
        "nodes": [
          1476,
          1,
        ],
        "outputs": 5,
        "sessions": 2,
        "uploads": 0,
      }
    `);
  });
});
