import { describe, test } from "vitest";
import { ItamlError } from "../src/base/errors.js";
import { createChosen } from "../src/base/part.js";
import { seededRandom } from "../src/base/random.js";
import { type Model, newClassifier, newModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { type NetworkSettings, networks } from "../src/nn/index.js";
import { type OptimizerSettings, optimizers } from "../src/optim/index.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import type { Device } from "../src/runtime/runtime.js";
import { MetaTraining } from "../src/training/meta-training.js";
import { TrainingStep } from "../src/training/training-step.js";
import { expectClose } from "./support/close.js";
import { needs } from "./support/needs.js";

// Where there is a GPU, or a program in place of one: docs/performance.md says how.

const INPUT = { shape: [3, 16, 16], type: "uint8", mean: [0.5], std: [0.25] } as const;
const CLASSES = 3;

/** Two mini-batches of two tasks; undefined where the device is missing. */
async function train(
  device: Device,
  network: NetworkSettings,
  optimizer: OptimizerSettings,
): Promise<{ model: Model; losses: number[] } | undefined> {
  const random = seededRandom("webgpu");
  const runtime = createOnnxRuntime({ device });
  const extractor = new FeatureExtractor(createChosen(networks, network), INPUT);
  const step = await TrainingStep.compile(
    runtime,
    extractor,
    createChosen(optimizers, optimizer),
  ).catch((error: unknown) => {
    if (error instanceof ItamlError && error.code === "DEVICE_UNAVAILABLE") return undefined;
    throw error;
  });
  if (!step) return undefined;
  const model = newModel(extractor, 1);
  for (const task of [0, 1]) {
    model.classifiers.push(newClassifier(extractor.featureSize, CLASSES, { seed: 1, task }));
  }
  const options = { innerSteps: 1, eta: 0.5, classifier: "own" } as const;
  const training = await MetaTraining.start(model, step, options);
  const losses: number[] = [];
  for (let batch = 0; batch < 2; batch++) {
    const batches = [4, 6].map((samples, task) => {
      const targets = new Float32Array(CLASSES * samples);
      for (let i = 0; i < samples; i++) targets[CLASSES * i + (i % CLASSES)] = 1;
      const x = Uint8Array.from({ length: 768 * samples }, () => random.integer(0, 255));
      return { task, samples, x, targets };
    });
    losses.push(...(await training.train(batches, 1e-3)));
  }
  await training.read();
  await training.release();
  await step.release();
  return { model, losses };
}

describe("on a GPU a session of meta-training gives what it gives on the CPU", () => {
  test.for([
    [
      { name: "mlp", hidden: [16, 16] },
      { name: "sgd", momentum: 0.9 },
    ],
    [
      { name: "reduced-resnet18", widths: [4, 5, 7, 10] },
      { name: "sgd", momentum: 0.9 },
    ],
  ] satisfies [NetworkSettings, OptimizerSettings][])(
    "%s",
    async ([network, optimizer], context) => {
      const onGpu = await train("webgpu", network, optimizer);
      needs(context, "a GPU", onGpu);
      const onCpu = await train("cpu", network, optimizer);
      expectClose(onGpu.losses, onCpu?.losses ?? []);
      expectClose(onGpu.model.theta, onCpu?.model.theta ?? [], { absolute: 1e-5 });
    },
  );
});
