import { expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { Graph } from "../src/graph/graph.js";
import type { TaskModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { mlp } from "../src/nn/mlp.js";
import { limitNorm } from "../src/optim/gradient-norm.js";
import { sgd } from "../src/optim/sgd.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { ModelTraining } from "../src/training/model-training.js";
import { TrainingStep } from "../src/training/training-step.js";
import { expectClose } from "./support/close.js";

const runtime = createOnnxRuntime({ threads: 2 });

/** √Σ g², in double precision. */
function normOf(...gradients: readonly (readonly number[] | Float32Array)[]): number {
  return Math.hypot(...gradients.flatMap((gradient) => Array.from(gradient)));
}

test("gradients are scaled together, to the limit at most", async () => {
  const limit = 2.5;
  const graph = new Graph("limit");
  const [a, b] = [graph.input("a", "float32", [2]), graph.input("b", "float32", ["rows", 2])];
  const [limitedA, limitedB] = limitNorm([a, b], limit);
  graph.output("a'", limitedA as typeof a);
  graph.output("b'", limitedB as typeof b);
  const program = await runtime.compile(graph);
  const run = async (first: readonly number[], second: readonly number[]) => {
    const results = await program.run(
      {
        a: { data: Float32Array.from(first), shape: [2] },
        b: { data: Float32Array.from(second), shape: [second.length / 2, 2] },
      },
      ["a'", "b'"],
    );
    return [...(results["a'"].data as Float32Array), ...(results["b'"].data as Float32Array)];
  };
  for (const [first, second] of [
    [
      [3, -4],
      [1, 2, -2, 0.5],
    ],
    [
      [0.1, 0.2],
      [-0.3, 0.4],
    ],
    [
      [0, 0],
      [0, 0],
    ],
    [
      [1e-30, 0],
      [0, -1e-30],
    ],
    [
      [1e15, 0],
      [1, 1],
    ],
  ] as const) {
    const scale = Math.min(1, limit / normOf(first, second));
    const expected = [...first, ...second].map((value) => value * scale);
    // 0 / 0 doesn't count: min(1, ∞) = 1.
    expectClose(await run(first, second), expected);
  }
  // One that isn't finite, or whose norm isn't, must not look like one of length 0.
  for (const first of [
    [Number.POSITIVE_INFINITY, 0],
    [Number.NaN, 0],
    [1e30, 0],
  ]) {
    expect(await run(first, [1, 1])).toEqual(Array(4).fill(Number.NaN));
  }
  await program.release();
});

test("a training step goes as far as the limit lets it, over θ and φ together", async () => {
  const input = { shape: [6], type: "float32", mean: [0], std: [1] } as const;
  const extractor = new FeatureExtractor(mlp({ hidden: [5] }), input);
  const random = seededRandom("gradient norm");
  const numbers = (length: number) => Float32Array.from({ length }, () => random.normal());
  const from: TaskModel = {
    theta: extractor.initialParameters(random),
    statistics: new Float32Array(0),
    classifier: numbers(3 * 5),
  };
  const batch = { x: numbers(4 * 6), samples: 4, targets: new Float32Array(4 * 3).fill(1, 0, 4) };
  const movement = async (gradientNorm?: number) => {
    const step = await TrainingStep.compile(runtime, extractor, sgd(), { gradientNorm });
    const training = await ModelTraining.start(from, step);
    await training.train(batch, 1);
    const into = await training.read();
    training.release();
    await step.release();
    return {
      theta: from.theta.map((value, i) => value - (into.theta[i] as number)),
      classifier: from.classifier.map((value, i) => value - (into.classifier[i] as number)),
    };
  };
  const free = await movement();
  const norm = normOf(free.theta, free.classifier);
  expect(norm).toBeGreaterThan(0.1);
  const same = await movement(2 * norm);
  expectClose(same.theta, free.theta);
  expectClose(same.classifier, free.classifier);
  const limited = await movement(norm / 4);
  expectClose(
    limited.theta,
    free.theta.map((value) => value / 4),
  );
  expectClose(
    limited.classifier,
    free.classifier.map((value) => value / 4),
  );
});
