import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withSavedRun } from "../src/cli/saved-run.js";
import { startExperiment } from "../src/experiment/experiment.js";
import { decodeLearnerState } from "../src/experiment/model-files.js";
import { classifyMixed, classifyWithConfidence } from "../src/learners/classification.js";
import { fitHead } from "../src/learners/fitted-head.js";
import { joinClassifiers } from "../src/learners/model.js";
import { smallConfig } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";

test("a head is fitted on the memory, stored and used again; training is the same without one", async () => {
  const folder = temporaryFolder();
  const [byHead, byLogits] = [join(folder, "head"), join(folder, "logits")];
  await startExperiment(byHead, smallConfig(folder));
  await startExperiment(byLogits, smallConfig(folder, { taskPrediction: "logits" }));
  const bytes = (run: string, file: string) => readFileSync(join(run, "tasks/02", file));
  for (const file of ["model.safetensors", "memory.json"]) {
    expect(bytes(byHead, file).equals(bytes(byLogits, file))).toBe(true);
  }

  await withSavedRun(byHead, {}, async ({ setup, learner }) => {
    const stored = decodeLearnerState(bytes(byHead, "learner.safetensors"), "made");
    expect(learner.state).toEqual(stored);
    const head = await learner.head();
    expect(head.taskEvidence).toBe("probability");
    expect(head.classifier).toEqual(stored.get("head.classifier")?.data);
    expect(head.bias).toEqual(stored.get("head.bias")?.data);
    const again = await fitHead(learner.model, learner.memory, setup.context);
    expect(again?.classifier).toEqual(head.classifier);
    expect(again?.bias).toEqual(head.bias);
  });

  await withSavedRun(byLogits, {}, async ({ setup, learner }) => {
    expect(learner.state.size).toBe(0);
    const head = await learner.head();
    expect(head.taskEvidence).toBe("maximum");
    expect(head.classifier).toEqual(joinClassifiers(learner.model.classifiers));
    const { inference, source } = setup.context;
    for (const ask of [classifyMixed, classifyWithConfidence]) {
      await expect(ask(learner, inference, source, [0, 1])).rejects.toThrow("no probabilities");
    }
  });
});
