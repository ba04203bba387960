import { describe, expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { Inference } from "../src/model/inference.js";
import { joinClassifiers, type Model, taskModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { mlp } from "../src/nn/mlp.js";
import { sgd } from "../src/optim/sgd.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { samplesInMemory } from "../src/samples/samples.js";
import { decodeModel, encodeModel } from "../src/storage/model-files.js";
import { MetaTraining, type MetaUpdate, metaStepSize } from "../src/training/meta-training.js";
import { ReleasedRule } from "../src/training/released-rule.js";
import { TrainingStep } from "../src/training/training-step.js";
import { centred } from "./support/centred-network.js";
import { expectClose } from "./support/close.js";
import { type Golden, golden } from "./support/golden.js";

const runtime = createOnnxRuntime({ threads: 2 });
const extractor = new FeatureExtractor(mlp({ hidden: [16, 16] }), {
  shape: [12],
  type: "float32",
  mean: [0],
  std: [1],
});
const THETA = ["mlp1.weight", "mlp1.bias", "mlp2.weight", "mlp2.bias"];

/** Trains a model as the reference did, from its initial values, on its batches. */
async function replay(reference: Golden): Promise<{ model: Model; losses: number[] }> {
  const setting = (name: string) => Number(reference.metadata[name]);
  const classes = setting("classes_per_task");
  const fc = reference.numbers("init.fc.weight");
  const model: Model = {
    theta: joinClassifiers(THETA.map((name) => reference.numbers(`init.${name}`))),
    statistics: new Float32Array(0),
    classifiers: Array.from({ length: setting("tasks") }, (_, i) =>
      fc.slice(i * classes * 16, (i + 1) * classes * 16),
    ),
  };
  const step = await TrainingStep.compile(
    runtime,
    extractor,
    sgd({ momentum: setting("momentum"), weightDecay: setting("weight_decay") }),
  );
  const eta = metaStepSize(setting("beta"), setting("task"), setting("tasks"));
  expect(eta).toBeCloseTo(setting("eta"), 12);
  const innerSteps = setting("r");
  const update: MetaUpdate =
    reference.metadata.rule === "official"
      ? await ReleasedRule.start(model, step, { innerSteps, eta })
      : await MetaTraining.start(model, step, {
          innerSteps,
          eta,
          classifier: reference.metadata.phi as "own" | "interpolate",
        });
  const [batches, size, inputs] = reference.shape("x") as [number, number, number];
  const x = reference.numbers("x");
  const y = reference.integers("y");
  const losses: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const samples = Array.from({ length: size }, (_, i) => batch * size + i);
    const groups = Array.from({ length: setting("task") + 1 }, (_, task) => {
      const own = samples.filter((i) => Math.floor((y[i] as number) / classes) === task);
      const targets = new Float32Array(own.length * classes);
      own.forEach((sample, row) => {
        targets[row * classes + ((y[sample] as number) % classes)] = 1;
      });
      const rows = own.map((i) => x.subarray(i * inputs, (i + 1) * inputs));
      return { task, x: joinClassifiers(rows), samples: own.length, targets };
    });
    losses.push(
      ...(await update.train(
        groups.filter(({ samples }) => samples > 0),
        setting("lr"),
      )),
    );
  }
  await update.read();
  await Promise.all([update.release(), step.release()]);
  return { model, losses };
}

test("running statistics become the mean of what the tasks made of the base's", async () => {
  const model: Model = {
    theta: centred.initialParameters(seededRandom("statistics")),
    statistics: centred.initialStatistics(),
    classifiers: [new Float32Array(6).fill(0.1), new Float32Array(6).fill(0.2)],
  };
  const step = await TrainingStep.compile(runtime, centred, sgd());
  const options = { innerSteps: 1, eta: 0.5, classifier: "own" } as const;
  const update = await MetaTraining.start(model, step, options);
  const batch = (task: number, ...x: number[]) => ({
    task,
    x: Float32Array.from(x),
    samples: 2,
    targets: Float32Array.of(1, 0, 0, 1),
  });
  await update.train([batch(0, 1, 2, 3, 3, 4, 5), batch(1, 10, 20, 30, 10, 20, 30)], 0.1);
  await update.read();
  // 0.9·1 + 0.1·mean of (2 3 4) and of (10 20 30), and the mean of both.
  expectClose(model.statistics, [1.5, 2.05, 2.6]);

  const decoded = decodeModel(encodeModel(model, centred), centred, "made");
  expect(decoded).toEqual(model);
  const inference = await Inference.compile(runtime, centred);
  const source = samplesInMemory(Float32Array.of(1.5, 2.05, 2.6), 3);
  const { data } = await inference.features(taskModel(decoded, 0), source, [0]);
  expectClose(data, [0, 0, 0]);
  await Promise.all([update.release(), step.release(), inference.release()]);
});

describe("meta-training equals PyTorch", () => {
  for (const name of [
    "paper_own_momentum_r1",
    "paper_interpolate_momentum_r2",
    "paper_interpolate_sgd_r1",
    "official_interpolate_momentum_r1",
  ]) {
    test(name, async () => {
      const reference = golden(`meta_${name}.safetensors`);
      const { model, losses } = await replay(reference);
      expectClose(losses, reference.numbers("losses"));
      expectClose(
        model.theta,
        joinClassifiers(THETA.map((parameter) => reference.numbers(`final.${parameter}`))),
      );
      expectClose(joinClassifiers(model.classifiers), reference.numbers("final.fc.weight"));
    });
  }
});
