// Evaluation after the tenth task of CIFAR: one pass of the base model over 10,000 test images, ten adaptations with 2,000
// exemplars in all, one pass of each adapted model over its own task's images. Beside PyTorch where it is found.
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { chunks } from "../src/base/chunks.js";
import { createChosen } from "../src/base/part.js";
import { seededRandom } from "../src/base/random.js";
import { Inference } from "../src/model/inference.js";
import {
  newClassifier,
  newModel,
  type TaskModel,
  taskModel,
  wholeModel,
} from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { networks } from "../src/nn/index.js";
import { ExemplarTraining } from "../src/prediction/exemplar-training.js";
import { textTable } from "../src/report/table.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { samplesInMemory } from "../src/samples/samples.js";
import { type EvaluationTimes, PyTorch } from "./pytorch.js";

const CLASSES = 10;
const WORK = { tasks: 10, images: 10_000, exemplars: 2000, batch: 256, adaptation: 64 };

const runtime = createOnnxRuntime();
const random = seededRandom("bench evaluation");
const input = { shape: [3, 32, 32], type: "uint8", mean: [0.5], std: [0.25] } as const;
const extractor = new FeatureExtractor(createChosen(networks, { name: "reduced-resnet18" }), input);
const model = newModel(extractor, 1);
for (let task = 0; task < WORK.tasks; task++) {
  model.classifiers.push(newClassifier(extractor.featureSize, CLASSES, { seed: 1, task }));
}
const images = WORK.images + WORK.exemplars;
const pixels = Uint8Array.from({ length: 3072 * images }, () => random.integer(0, 255));
const source = samplesInMemory(pixels, 3072);
const all = Array.from({ length: images }, (_, i) => i);
const test = chunks(all.slice(0, WORK.images), WORK.images / WORK.tasks);
const exemplars = chunks(all.slice(WORK.images), WORK.exemplars / WORK.tasks).map((own) =>
  chunks(own, own.length / CLASSES),
);
const inference = await Inference.compile(runtime, extractor);
const adaptation = await ExemplarTraining.compile(
  { runtime, extractor, inference, source, seed: 1 },
  { epochs: 1, learningRate: 1e-3, batchSize: WORK.adaptation },
);

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const started = performance.now();
  const result = await work();
  return [result, performance.now() - started];
}

async function evaluate(): Promise<EvaluationTimes> {
  const [, base] = await timed(() => inference.logits(wholeModel(model), source, test.flat()));
  const [adapted, adaptationTime] = await timed(async () => {
    const models: TaskModel[] = [];
    for (const [task, own] of exemplars.entries()) {
      models.push(await adaptation.train(taskModel(model, task), own, [task]));
    }
    return models;
  });
  const [, own] = await timed(async () => {
    for (const [task, indices] of test.entries()) {
      await inference.logits(adapted[task] as TaskModel, source, indices);
    }
  });
  return { base, adaptation: adaptationTime, own };
}

const pytorch = await PyTorch.start(availableParallelism());
await inference.logits(wholeModel(model), source, all.slice(0, WORK.batch));
await adaptation.train(taskModel(model, 0), exemplars[0] ?? [], [0]);
const ours = await evaluate();
const theirs = await pytorch?.evaluate(WORK);
pytorch?.stop();
await Promise.all([adaptation.release(), inference.release()]);

const row = (what: string, of: (times: EvaluationTimes) => number) => [
  what,
  (of(ours) / 1000).toFixed(1),
  ...(theirs ? [(of(theirs) / 1000).toFixed(1), (of(ours) / of(theirs)).toFixed(2)] : []),
];
console.log("evaluation after the tenth task of CIFAR, reduced-resnet18, 10,000 images\n");
console.log(
  textTable([
    ["", "s", ...(theirs ? ["PyTorch, s", "ratio"] : [])],
    row("one pass of the base model over all", ({ base }) => base),
    row("ten adaptations with 2,000 exemplars", (times) => times.adaptation),
    row("each task's model over its own images", ({ own }) => own),
    row("together", (times) => times.base + times.adaptation + times.own),
  ]),
);
