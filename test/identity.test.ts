import { cpSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { resumeExperiment, startExperiment } from "../src/experiment/experiment.js";
import { RunDirectory } from "../src/experiment/run-directory.js";
import { createLearner, prepare } from "../src/experiment/setup.js";
import { exportOnnxModel } from "../src/learners/export.js";
import { learnerParts } from "../src/learners/parts.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { identityNetwork } from "../src/nn/identity.js";
import { contentOf, smallConfig } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";

test("the identity has no parameters, and as many features as a sample has elements", () => {
  const input = { shape: [2, 3], type: "float32", mean: [0], std: [1] } as const;
  const extractor = new FeatureExtractor(identityNetwork(), input);
  expect(extractor.parameters.size).toBe(0);
  expect(extractor.featureSize).toBe(6);
});

// Of those that sum one stands for all, which differ by their rule alone.
const methods = learnerParts.methods
  .filter(({ name }) => !["slda", "ridge"].includes(name))
  .map(({ name, settings }) => ({
    name,
    ...("memory" in settings(learnerParts) && { memory: 30 }),
  }));

test.each(methods)("$name learns, and goes on, without a network", async (learner) => {
  const folder = temporaryFolder();
  const training = learner.name !== "ncm" && { epochs: 1, gradientNorm: 5 };
  const config = smallConfig(folder, { network: "identity", learner, ...training });
  const whole = join(folder, "whole");
  await startExperiment(whole, config);
  const again = join(folder, "again");
  cpSync(whole, again, { recursive: true });
  await resumeExperiment(again, 1);
  expect(contentOf(again)).toEqual(contentOf(whole));
});

test.each(["paper", "released", "reptile", "fomaml"])("iTAML by %s, too", async (update) => {
  const folder = temporaryFolder();
  // Its own head decomposes a matrix of all features for each task.
  const learner = { name: "itaml", memory: 30, update, head: "logits" };
  const config = smallConfig(folder, { network: "identity", learner, epochs: 1 });
  const { tasks } = await startExperiment(join(folder, "run"), config);
  expect(tasks).toHaveLength(3);
});

test("what it has learned is exported as the classifier alone", async () => {
  const folder = temporaryFolder();
  const run = join(folder, "run");
  const config = smallConfig(folder, { network: "identity", learner: "replay" });
  await startExperiment(run, config);
  const setup = await prepare(config);
  const { extractor, source, inference } = setup.context;
  const { directory } = await RunDirectory.open(run);
  const learner = createLearner(
    setup,
    await directory.loadTask(2, { extractor, samples: source.length }),
  );
  const onnx = exportOnnxModel(learner.model, await learner.head(), extractor, [0, 1, 2, 3, 4, 5]);
  const session = await InferenceSession.create(onnx);
  const x = new Tensor("uint8", new Uint8Array(2 * 784), [2, 1, 28, 28]);
  const { logits } = await session.run({ x });
  expect(logits?.dims).toEqual([2, 6]);
  await session.release();
  await inference.release();
});
