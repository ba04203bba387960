import { chunks } from "../../src/base/chunks.js";
import { Inference } from "../../src/model/inference.js";
import { type TaskModel, taskModel, wholeModel } from "../../src/model/model.js";
import { ExemplarTraining } from "../../src/prediction/exemplar-training.js";
import { createOnnxRuntime } from "../../src/runtime/node/onnxruntime-node.js";
import { extractorFor, firstIndices, madeModel, madeSamples } from "../made.js";
import type { Row } from "../page.js";
import { type Bench, beside, milliseconds, type Workload } from "../workload.js";

const WORK = {
  network: "reduced-resnet18" as const,
  ...{ tasks: 10, classes: 10, images: 10_000, exemplars: 2000, batch: 256, adaptation: 64 },
};

const PARTS = {
  base: "one pass of the base model over all",
  adaptation: "ten adaptations with 2,000 exemplars",
  own: "each task's model over its own pictures",
} as const;

/** Milliseconds of each part. */
type Times = Record<keyof typeof PARTS, number>;

/** One round: a minute and more, of which noise is a small part. */
async function measure({ pytorch, progress }: Bench): Promise<Row[]> {
  const runtime = createOnnxRuntime();
  const shape = [3, 32, 32];
  const extractor = extractorFor({ name: WORK.network }, shape);
  const model = madeModel(extractor, WORK.tasks, WORK.classes);
  const source = madeSamples(shape, WORK.images + WORK.exemplars);
  const all = firstIndices(source.length);
  const test = chunks(all.slice(0, WORK.images), WORK.images / WORK.tasks);
  const exemplars = chunks(all.slice(WORK.images), WORK.exemplars / WORK.tasks).map((own) =>
    chunks(own, own.length / WORK.classes),
  );
  const inference = await Inference.compile(runtime, extractor);
  const adaptation = await ExemplarTraining.compile(
    { runtime, extractor, inference, source, seed: 1 },
    { epochs: 1, learningRate: 1e-3, batchSize: WORK.adaptation },
    "learner.adaptation",
  );
  const adapt = (task: number) =>
    adaptation.train(taskModel(model, task), exemplars[task] ?? [], [task]);
  progress("warming up");
  await inference.logits(wholeModel(model), source, all.slice(0, WORK.batch));
  await adapt(0);

  progress("itaml");
  const adapted: TaskModel[] = [];
  const ours: Times = {
    base: await milliseconds(() => inference.logits(wholeModel(model), source, test.flat())),
    adaptation: await milliseconds(async () => {
      for (const task of test.keys()) adapted.push(await adapt(task));
    }),
    own: await milliseconds(async () => {
      for (const [task, own] of test.entries()) {
        await inference.logits(adapted[task] as TaskModel, source, own);
      }
    }),
  };
  if (pytorch) progress("PyTorch");
  const theirs = await pytorch?.ask<Times>("evaluation", WORK);
  const keys = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const row = (what: string, of: (times: Times) => number): Row => ({
    workload: `evaluation of ten tasks of CIFAR: ${what}`,
    ...{ unit: "s", ours: [of(ours) / 1000] },
    ...beside("PyTorch", theirs ? [of(theirs) / 1000] : []),
  });
  return [
    ...keys.map((key) => row(PARTS[key], (times) => times[key])),
    row("together", (times) => keys.reduce((sum, key) => sum + times[key], 0)),
  ];
}

export const evaluation: Workload = {
  name: "evaluation",
  about: "seconds of the evaluation after the tenth task of CIFAR, 10,000 pictures, beside PyTorch",
  parts: { "reduced ResNet-18": measure },
};
