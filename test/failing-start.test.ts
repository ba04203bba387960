import { expect, test } from "vitest";
import { Learner } from "../src/learners/learner.js";
import { createMethod } from "../src/learners/method.js";
import { learnerParts } from "../src/learners/parts.js";
import { learnerShape } from "../src/learners/settings.js";
import { Inference } from "../src/model/inference.js";
import { constant } from "../src/optim/constant.js";
import { sgd } from "../src/optim/sgd.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import type { Runtime } from "../src/runtime/runtime.js";
import { samplesInMemory } from "../src/samples/samples.js";
import { centred } from "./support/centred-network.js";

const cpu = createOnnxRuntime({ threads: 1 });
const [FEATURES] = centred.input.shape as [number];
const source = samplesInMemory(new Float32Array(8 * FEATURES), FEATURES);

/** What fails: the next so many programs are made, and so many allocations succeed. */
const left = { programs: Number.POSITIVE_INFINITY, allocations: Number.POSITIVE_INFINITY };
let open = 0;

const runtime: Runtime = {
  ...cpu,
  memory: {
    ...cpu.memory,
    allocate(shape) {
      if (left.allocations-- === 0) throw new RangeError("Array buffer allocation failed");
      return cpu.memory.allocate(shape);
    },
    stack(count, shape) {
      if (left.allocations-- === 0) throw new RangeError("Array buffer allocation failed");
      return cpu.memory.stack(count, shape);
    },
  },
  async compile(graph, options) {
    if (left.programs-- === 0) throw new Error("no such operator");
    const program = await cpu.compile(graph, options);
    open++;
    return {
      run: program.run.bind(program),
      release() {
        open--;
        return program.release();
      },
    };
  },
};

test.each([
  { name: "itaml", update: "paper" },
  { name: "itaml", update: { name: "outer", innerSteps: 2 } },
  { name: "itaml", update: { name: "fomaml", innerSteps: 2 } },
  { name: "itaml", update: "reptile" },
  { name: "itaml", update: "released" },
  { name: "replay-distillation" },
])("a task of $name, $update, that can't begin leaves nothing open", async (chosen) => {
  const context = { runtime: cpu, extractor: centred, source, seed: 1 };
  const inference = await Inference.compile(cpu, centred);
  const parsed = learnerShape(learnerParts).learner.parse({ ...chosen, memory: 8 });
  const method = createMethod(learnerParts.methods, parsed, learnerParts);
  const learn = async () => {
    const learner = new Learner(
      method,
      { ...context, runtime, inference },
      {
        ...{ optimizer: sgd(), schedule: constant(), learningRate: 0.1, epochs: 1 },
        ...{ batchSize: 8, validation: 0, continuum: 2 },
      },
    );
    try {
      await learner.learn([
        [0, 1],
        [2, 3],
      ]);
    } finally {
      await learner.release();
    }
  };
  for (const what of ["programs", "allocations"] as const) {
    let failures = 0;
    for (let done = false; !done; ) {
      left[what] = failures;
      done = await learn().then(
        () => true,
        (error) => {
          if (what === "allocations") expect(error).toMatchObject({ code: "OUT_OF_MEMORY" });
          return false;
        },
      );
      expect(open).toBe(0);
      if (!done) failures++;
    }
    left[what] = Number.POSITIVE_INFINITY;
    expect(failures).toBeGreaterThan(0);
  }
  await inference.release();
});
