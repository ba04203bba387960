// What a mini-batch costs by method, after nine tasks: one pass over it, or a step for each task. Processes' turns are
// taken within one: every round measures each method once, and a ratio is the median over rounds.
// node --single-threaded-gc --import tsx bench/updates.ts

import { createChosen } from "../src/base/part.js";
import { seededRandom } from "../src/base/random.js";
import { elementCount } from "../src/graph/shape.js";
import { createMethod, sums } from "../src/learners/method.js";
import { learnerParts } from "../src/learners/parts.js";
import { learnerShape } from "../src/learners/settings.js";
import { Inference } from "../src/model/inference.js";
import { newClassifier, newModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { textTable } from "../src/report/table.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { samplesInMemory } from "../src/samples/samples.js";

const [TASKS, ROUNDS] = [10, 5];
const METHODS = ["replay", "icarl", "{outer}", "{paper}"] as const;
const WORKLOADS = [
  {
    ...{ name: "mnist", network: { name: "mlp" }, shape: [1, 28, 28], classes: 2, batchSize: 256 },
    ...{ optimizer: { name: "sgd", momentum: 0.9 }, isNew: 0.86, repetitions: 20 },
  },
  {
    ...{ name: "cifar100", network: { name: "reduced-resnet18" }, shape: [3, 32, 32], classes: 10 },
    ...{ batchSize: 128, optimizer: { name: "radam" }, isNew: 0.71, repetitions: 1 },
  },
] as const;

const runtime = createOnnxRuntime();
for (const { name, network, shape, classes, batchSize, ...workload } of WORKLOADS) {
  const random = seededRandom("updates", name);
  const extractor = new FeatureExtractor(createChosen(learnerParts.networks, network as never), {
    ...{ shape, type: "uint8", mean: [0.5], std: [0.25] },
  });
  const size = elementCount(shape);
  const x = Uint8Array.from({ length: batchSize * size }, () => random.integer(0, 255));
  const source = samplesInMemory(x, size);
  const inference = await Inference.compile(runtime, extractor);
  const model = newModel(extractor, 1);
  for (let task = 0; task < TASKS; task++) {
    model.classifiers.push(newClassifier(extractor.featureSize, classes, { seed: 1, task }));
  }
  const before = { ...model, classifiers: model.classifiers.slice(0, -1) };
  const old = classes * (TASKS - 1);
  const batch = Array.from({ length: batchSize }, (_, index) => ({
    index,
    position: index < workload.isNew * batchSize ? old + (index % classes) : index % old,
  }));
  const rows = [];
  for (const chosen of METHODS) {
    const learner =
      chosen === "{outer}" || chosen === "{paper}"
        ? { name: "itaml", update: chosen.slice(1, -1) }
        : chosen;
    const settings = learnerShape(learnerParts).learner.parse(learner);
    const method = createMethod(learnerParts.methods, settings, learnerParts);
    if (sums(method)) throw new Error(`${chosen} has no mini-batches`);
    const { update } = method;
    const session = {
      context: { runtime, extractor, inference, source, seed: 1, plannedTasks: TASKS },
      ...{ task: TASKS - 1, model, before, oldClasses: old, state: new Map() },
      more: new Map(),
      newClasses: Array.from({ length: classes }, () => []),
    };
    const optimizer = createChosen(learnerParts.optimizers, workload.optimizer as never);
    const training = await update.begin(session, { optimizer });
    const { data } = await training.load(batch, ["bench"]);
    const step = () => training.train(data, 1e-4);
    await step();
    rows.push({ title: chosen.replace(/\W/g, ""), step, times: [] as number[], training });
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { step, times } of rows) {
      const started = performance.now();
      for (let i = 0; i < workload.repetitions; i++) await step();
      times.push((performance.now() - started) / workload.repetitions);
    }
  }
  const median = (values: readonly number[]) =>
    [...values].sort((a, b) => a - b)[values.length >> 1] as number;
  const [replay] = rows as [(typeof rows)[number]];
  console.log(`\na mini-batch of ${batchSize} on ${name}'s shapes, session ${TASKS - 1}\n`);
  console.log(
    textTable([
      ["", "ms", "of replay's"],
      ...rows.map(({ title, times }) => [
        title,
        median(times).toFixed(1),
        median(times.map((own, i) => own / (replay.times[i] as number))).toFixed(2),
      ]),
    ]),
  );
  for (const { training } of rows) await training.release();
  await inference.release();
}
