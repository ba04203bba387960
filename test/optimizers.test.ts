import { describe, expect, test } from "vitest";
import { createChosen } from "../src/base/part.js";
import { Graph } from "../src/graph/graph.js";
import { cosine } from "../src/optim/cosine.js";
import { type OptimizerSettings, optimizers } from "../src/optim/index.js";
import { milestones } from "../src/optim/milestones.js";
import { forTask } from "../src/optim/schedule.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import type { Value } from "../src/runtime/runtime.js";
import { expectClose } from "./support/close.js";
import { golden } from "./support/golden.js";

/** Parameters after each step with the given gradients. */
async function optimize(
  settings: OptimizerSettings,
  start: Float32Array,
  gradientsOfSteps: readonly Float32Array[],
  learningRate: number,
): Promise<Float32Array[]> {
  const optimizer = createChosen(optimizers, settings);
  const shape = [start.length];
  const graph = new Graph("optimizer");
  const coefficients = Object.fromEntries(
    optimizer.coefficients.map((name) => [name, graph.input(name, "float32", [])]),
  );
  const next = optimizer.update(
    graph.input("parameter", "float32", shape),
    graph.input("gradient", "float32", shape),
    optimizer.moments.map((name) => graph.input(name, "float32", shape)),
    coefficients,
  );
  graph.output("next", next.parameter);
  next.moments.forEach((moment, i) => {
    graph.output(`next.${optimizer.moments[i]}`, moment);
  });
  const program = await createOnnxRuntime({ threads: 2 }).compile(graph);
  const moments = optimizer.moments.map(() => new Float32Array(start.length));
  const history = [start];
  for (const [i, gradient] of gradientsOfSteps.entries()) {
    const inputs: Record<string, Value> = {
      parameter: { data: history[i] as Float32Array, shape },
      gradient: { data: gradient, shape },
    };
    const outputs: Record<string, Value> = {
      next: { data: new Float32Array(start.length), shape },
    };
    optimizer.moments.forEach((name, m) => {
      inputs[name] = { data: moments[m] as Float32Array, shape };
      // In place, as training does it.
      outputs[`next.${name}`] = { data: moments[m] as Float32Array, shape };
    });
    for (const [name, value] of Object.entries(optimizer.coefficientsAt(i + 1, learningRate))) {
      inputs[name] = { data: Float32Array.of(value), shape: [] };
    }
    await program.run(inputs, outputs);
    history.push((outputs.next as Value).data as Float32Array);
  }
  await program.release();
  return history;
}

test("RAdam equals PyTorch's, before and after rectification", async () => {
  const reference = golden("radam.safetensors");
  const [steps] = reference.shape("grads") as [number];
  const row = (name: string, i: number) => reference.numbers(name).subarray(15 * i, 15 * (i + 1));
  const history = await optimize(
    { name: "radam" },
    row("params", 0).slice(),
    Array.from({ length: steps }, (_, i) => row("grads", i).slice()),
    Number(reference.metadata.lr),
  );
  history.forEach((parameters, i) => {
    expectClose(parameters, row("params", i));
  });
});

describe("by hand, in double precision", () => {
  const start = Float32Array.of(1, -2, 0.5);
  const steps = [Float32Array.of(0.1, 0.2, -0.3), Float32Array.of(-0.4, 0.1, 0.2)];

  test("SGD with momentum and weight decay", async () => {
    const history = await optimize(
      { name: "sgd", momentum: 0.9, weightDecay: 0.01 },
      start,
      steps,
      0.1,
    );
    const parameter = Array.from(start);
    const velocity = [0, 0, 0];
    steps.forEach((gradient, step) => {
      for (let j = 0; j < 3; j++) {
        const g = (gradient[j] as number) + 0.01 * (parameter[j] as number);
        velocity[j] = 0.9 * (velocity[j] as number) + g;
        parameter[j] = (parameter[j] as number) - 0.1 * (velocity[j] as number);
      }
      expectClose(history[step + 1] as Float32Array, parameter);
    });
  });

  test("Adam", async () => {
    const history = await optimize({ name: "adam" }, start, steps, 0.01);
    const parameter = Array.from(start);
    const first = [0, 0, 0];
    const second = [0, 0, 0];
    steps.forEach((gradient, step) => {
      for (let j = 0; j < 3; j++) {
        const g = gradient[j] as number;
        first[j] = 0.9 * (first[j] as number) + 0.1 * g;
        second[j] = 0.999 * (second[j] as number) + 0.001 * g * g;
        const corrected = (first[j] as number) / (1 - 0.9 ** (step + 1));
        const scale = Math.sqrt((second[j] as number) / (1 - 0.999 ** (step + 1))) + 1e-8;
        parameter[j] = (parameter[j] as number) - (0.01 * corrected) / scale;
      }
      expectClose(history[step + 1] as Float32Array, parameter);
    });
  });
});

test("the learning rate falls at milestones", () => {
  const schedule = milestones({ epochs: [5, 10], factor: 0.5 });
  const rates = [0, 4, 5, 9, 10, 19].map((epoch) => 0.1 * schedule.factorAt(epoch, 20));
  expect(rates).toEqual([0.1, 0.1, 0.05, 0.05, 0.025, 0.025]);
});

test("the learning rate rises in a line and falls along a cosine", () => {
  const { factorAt } = cosine({ warmUp: 1 });
  const rates = [0, 0.5, 1, 3, 5].map((time) => factorAt(time, 5));
  [0, 0.5, 1, 0.5, 0].forEach((expected, i) => {
    expect(rates[i]).toBeCloseTo(expected, 12);
  });
  expect(cosine({ warmUp: 0 }).factorAt(0, 3)).toBe(1);
  // A single epoch of nothing but rise.
  expect(cosine({ warmUp: 1 }).factorAt(0.5, 1)).toBe(0.5);
});

test("the last value of a per-task list holds for the tasks after it", () => {
  expect([0, 1, 2, 9].map((task) => forTask([5, 20, 30], task))).toEqual([5, 20, 30, 30]);
  expect(forTask(7, 3)).toBe(7);
});
