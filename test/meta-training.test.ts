import { describe, expect, test } from "vitest";
import { MetaTraining, type MetaUpdate, metaStepSize } from "../src/learners/meta-training.js";
import { joinClassifiers, type Model } from "../src/learners/model.js";
import { ReleasedRule } from "../src/learners/released-rule.js";
import { TrainingStep } from "../src/learners/training-step.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { mlp } from "../src/nn/mlp.js";
import { sgd } from "../src/optim/sgd.js";
import { createOnnxRuntime } from "../src/runtime/onnxruntime-node.js";
import { expectClose } from "./support/close.js";
import { type Golden, golden } from "./support/shared.js";

const runtime = createOnnxRuntime();
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
      ? new ReleasedRule(model, step, { innerSteps, eta })
      : await MetaTraining.start(runtime, model, step, {
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
  await Promise.all([update.release(), step.release()]);
  return { model, losses };
}

describe("meta-training equals PyTorch", () => {
  for (const name of [
    "paper_own_momentum_r1",
    "paper_interpolate_momentum_r2",
    "paper_interpolate_sgd_r1",
    "official_interpolate_momentum_r1",
  ]) {
    test(name, async (context) => {
      const reference = golden(`meta_${name}.safetensors`);
      if (!reference) return context.skip();
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
