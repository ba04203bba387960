import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { startExperiment } from "../src/experiment/experiment.js";
import { withSavedRun } from "../src/experiment/saved-run.js";
import { classifyMixed, classifyWithConfidence } from "../src/learners/classification.js";
import { exportOnnxModel } from "../src/learners/export.js";
import { joinClassifiers, wholeModel } from "../src/model/model.js";
import { modelWithHead } from "../src/prediction/head.js";
import { discriminant } from "../src/prediction/heads/discriminant.js";
import { tuned as tunedHead } from "../src/prediction/heads/tuned.js";
import { decodeLearnerState } from "../src/storage/model-files.js";
import { expectClose } from "./support/close.js";
import { smallConfig, smallLearner } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";

test("a tuned head has features of its own; model and memory are the same without one", async () => {
  const folder = temporaryFolder();
  const [tuned, plain] = [join(folder, "tuned"), join(folder, "plain")];
  await startExperiment(tuned, smallConfig(folder, { learner: smallLearner({ head: "tuned" }) }));
  await startExperiment(plain, smallConfig(folder));
  const bytes = (run: string, file: string) => readFileSync(join(run, "tasks/02", file));
  for (const file of ["model.safetensors", "memory.json"]) {
    expect(bytes(tuned, file).equals(bytes(plain, file))).toBe(true);
  }

  await withSavedRun(tuned, {}, async ({ learner, labels }) => {
    const { context } = learner;
    const { model, memory } = learner;
    const stored = decodeLearnerState(bytes(tuned, "learner.safetensors"), "made");
    const head = await learner.head();
    expect(head.backbone?.theta).toEqual(stored.get("head.theta")?.data);
    expect(head.backbone?.theta).not.toEqual(model.theta);
    const settings = { epochs: 5, learningRate: 1e-3, batchSize: 64 };
    expect(await tunedHead(settings).fit(model, memory, context, {})).toEqual(head);

    const { inference, source, extractor } = context;
    const indices = memory.classes.flat();
    const logits = await inference.logits(modelWithHead(model, head), source, indices);
    const alone = { ...head, backbone: undefined };
    const other = await inference.logits(modelWithHead(model, alone), source, indices);
    expect(other.data).not.toEqual(logits.data);

    const session = await ort.InferenceSession.create(
      exportOnnxModel(model, head, extractor, labels.flat()),
    );
    const pixels = new Uint8Array(indices.length * source.sampleSize);
    await source.read(indices, pixels);
    const shape = [indices.length, ...extractor.input.shape];
    const results = await session.run({ x: new ort.Tensor("uint8", pixels, shape) });
    expectClose(results.logits?.data as Float32Array, logits.data);
    await session.release();

    const aborted = { signal: AbortSignal.abort() };
    const stopped = tunedHead(settings).fit(model, memory, context, aborted);
    await expect(stopped).rejects.toThrow("ITAML_INTERRUPTED");
    const wild = tunedHead({ ...settings, learningRate: 1e30 }).fit(model, memory, context, {});
    await expect(wild).rejects.toThrow("learner.head: the trained model is not finite any more");
    expect(wholeModel(model).theta.every(Number.isFinite)).toBe(true);
  });
});

test("a head is fitted on the memory, stored and used again; training is the same without one", async () => {
  const folder = temporaryFolder();
  const [byHead, byLogits] = [join(folder, "head"), join(folder, "logits")];
  await startExperiment(byHead, smallConfig(folder));
  await startExperiment(
    byLogits,
    smallConfig(folder, { learner: smallLearner({ head: "logits" }) }),
  );
  const bytes = (run: string, file: string) => readFileSync(join(run, "tasks/02", file));
  for (const file of ["model.safetensors", "memory.json"]) {
    expect(bytes(byHead, file).equals(bytes(byLogits, file))).toBe(true);
  }

  let confidences: Awaited<ReturnType<typeof classifyWithConfidence>> = [];
  await withSavedRun(byHead, {}, async ({ learner }) => {
    const stored = decodeLearnerState(bytes(byHead, "learner.safetensors"), "made");
    expect(learner.state).toEqual(stored);
    const head = await learner.head();
    expect(head.taskEvidence).toBe("probability");
    expect(head.classifier).toEqual(stored.get("head.classifier")?.data);
    expect(head.bias).toEqual(stored.get("head.bias")?.data);
    const again = await discriminant.fit(learner.model, learner.memory, learner.context, {});
    expect(again?.classifier).toEqual(head.classifier);
    expect(again?.bias).toEqual(head.bias);
    const { inference, source } = learner.context;
    const two = learner.memory.classes.flat().slice(0, 2);
    confidences = await classifyWithConfidence(learner, inference, source, two);
    for (const { confidence } of confidences) expect(confidence).toBeGreaterThan(0);
  });

  await withSavedRun(byLogits, {}, async ({ learner }) => {
    expect(learner.state.size).toBe(0);
    const head = await learner.head();
    expect(head.taskEvidence).toBe("maximum");
    expect(head.classifier).toEqual(joinClassifiers(learner.model.classifiers));
    const { inference, source } = learner.context;
    const two = learner.memory.classes.flat().slice(0, 2);
    expect(await classifyWithConfidence(learner, inference, source, two)).toEqual(confidences);
    expect((await classifyMixed(learner, inference, source, two)).classes).toHaveLength(2);
    // The head is for the question alone.
    expect(learner.state.size).toBe(0);
    learner.memory.classes.forEach((indices) => {
      indices.length = 0;
    });
    for (const ask of [classifyMixed, classifyWithConfidence]) {
      await expect(ask(learner, inference, source, two)).rejects.toThrow("no probabilities");
    }
  });
});
