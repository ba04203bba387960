// How the cost of training and of evaluation grows with tasks, classes and the size of images.
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { chunks } from "../src/base/chunks.js";
import { createChosen } from "../src/base/part.js";
import { seededRandom } from "../src/base/random.js";
import { elementCount } from "../src/graph/shape.js";
import { Inference } from "../src/model/inference.js";
import type { MicroBatch } from "../src/model/micro-batch.js";
import { newClassifier, newModel, taskModel, taskSizes, wholeModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { type NetworkSettings, networks } from "../src/nn/index.js";
import { radam } from "../src/optim/radam.js";
import { predict } from "../src/prediction/predictions.js";
import { taskColumns, taskEvidence } from "../src/prediction/task-prediction.js";
import { textTable } from "../src/report/table.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { samplesInMemory } from "../src/samples/samples.js";
import { MetaTraining } from "../src/training/meta-training.js";
import { ModelTraining } from "../src/training/model-training.js";
import { TrainingStep } from "../src/training/training-step.js";

const ROUNDS = 3;
/** Milliseconds that a round takes at least: the first steps are slow, since memory grows until garbage is collected. */
const SHORTEST_ROUND = 2000;
/** Share of a later session's samples that are old tasks' exemplars: 2000 of them and 5000 new samples. */
const OLD_SHARE = 2 / 7;

const MNIST = [1, 28, 28] as const;
const CIFAR = [3, 32, 32] as const;
const runtime = createOnnxRuntime();
const random = seededRandom("bench growth");

/** Tables: the columns but for the memory; what grows, row by row; and how a row's cells after it are measured. */
const TABLES = [
  {
    title: "meta-training, reduced-resnet18, 32 × 32, mini-batch of 128, 10 classes a task",
    ...{ head: ["tasks", "ms a mini-batch"], sizes: [1, 2, 5, 10, 20] },
    measure: (tasks: number) =>
      metaTraining({ name: "reduced-resnet18" }, CIFAR, { tasks, classes: 10, batchSize: 128 }),
  },
  {
    title: "meta-training, mlp, 28 × 28, mini-batch of 256, 10 classes a task",
    ...{ head: ["tasks", "ms a mini-batch"], sizes: [1, 2, 5, 10, 20] },
    measure: (tasks: number) =>
      metaTraining({ name: "mlp" }, MNIST, { tasks, classes: 10, batchSize: 256 }),
  },
  {
    title:
      "mlp, 28 × 28, ten tasks: meta-training, mini-batch of 128; task scores of 2,000 samples",
    ...{ head: ["classes", "ms a mini-batch", "ms scoring"], sizes: [10, 100, 1000, 10_000] },
    measure: async (all: number) => {
      const [tasks, classes] = [10, all / 10];
      const options = { tasks, classes, batchSize: 128 };
      return [
        ...(await metaTraining({ name: "mlp" }, MNIST, options)),
        ...(await scoring(classes)),
      ];
    },
  },
  {
    title: "training step, resnet18, micro-batch of 8",
    ...{ head: ["side", "ms a step", "ms an image"], sizes: [32, 64, 112, 224] },
    measure: trainingStep,
  },
  {
    title: "evaluation, reduced-resnet18, 32 × 32, 10 classes a task, 100 test images of each task",
    ...{ head: ["tasks", "images", "s base pass", "s oracle passes"], sizes: [1, 5, 10] },
    measure: evaluation,
  },
] as const;

/** Milliseconds, the best of some rounds after one to warm up, which tells how often a round repeats the work. */
async function best(work: () => Promise<unknown>): Promise<number> {
  let repetitions = 0;
  for (const started = performance.now(); performance.now() - started < SHORTEST_ROUND; ) {
    await work();
    repetitions++;
  }
  let time = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    for (let i = 0; i < repetitions; i++) await work();
    time = Math.min(time, (performance.now() - started) / repetitions);
  }
  return time;
}

function setUp(network: NetworkSettings, shape: readonly number[], tasks: number, classes: number) {
  const input = { shape, type: "uint8", mean: [0.5], std: [0.25] } as const;
  const extractor = new FeatureExtractor(createChosen(networks, network), input);
  const model = newModel(extractor, 1);
  for (let task = 0; task < tasks; task++) {
    model.classifiers.push(newClassifier(extractor.featureSize, classes, { seed: 1, task }));
  }
  return { extractor, model };
}

function makeImages(shape: readonly number[], samples: number): Uint8Array {
  const length = elementCount(shape) * samples;
  return Uint8Array.from({ length }, () => random.integer(0, 255));
}

function makeBatch(shape: readonly number[], samples: number, classes: number): MicroBatch {
  const targets = new Float32Array(classes * samples);
  for (let i = 0; i < samples; i++) targets[classes * i + random.integer(0, classes - 1)] = 1;
  return { x: makeImages(shape, samples), samples, targets };
}

/** Samples of each task in the last task's session: mostly its own, the rest shared by the old ones. */
function samplesByTask(batchSize: number, tasks: number): number[] {
  const old = tasks > 1 ? Math.round(batchSize * OLD_SHARE) : 0;
  const until = (task: number) => Math.floor((task * old) / (tasks - 1));
  const shares = Array.from({ length: tasks - 1 }, (_, task) => until(task + 1) - until(task));
  return [...shares, batchSize - old];
}

async function metaTraining(
  network: NetworkSettings,
  shape: readonly number[],
  { tasks, classes, batchSize }: { tasks: number; classes: number; batchSize: number },
): Promise<string[]> {
  const { extractor, model } = setUp(network, shape, tasks, classes);
  const step = await TrainingStep.compile(runtime, extractor, radam());
  const options = { innerSteps: 1, eta: 0.5, classifier: "own" } as const;
  const training = await MetaTraining.start(model, step, options);
  const batches = samplesByTask(batchSize, tasks).map((samples, task) => ({
    task,
    ...makeBatch(shape, samples, classes),
  }));
  const time = await best(() => training.train(batches, 1e-3));
  await training.release();
  await step.release();
  return [time.toFixed(1)];
}

/** Which task each of 2,000 samples fits, among ten. */
async function scoring(classes: number): Promise<string[]> {
  const { extractor, model } = setUp({ name: "mlp" }, MNIST, 10, classes);
  const inference = await Inference.compile(runtime, extractor);
  const columns = taskColumns(taskSizes(model, extractor));
  const source = samplesInMemory(makeImages(MNIST, 2000), elementCount(MNIST));
  const indices = Array.from({ length: source.length }, (_, i) => i);
  const time = await best(async () => {
    for await (const logits of inference.logitsByBatch(wholeModel(model), source, indices)) {
      taskEvidence(logits, columns, "maximum");
    }
  });
  await inference.release();
  return [time.toFixed(1)];
}

async function trainingStep(side: number): Promise<string[]> {
  const [shape, samples] = [[3, side, side], 8];
  const { extractor, model } = setUp({ name: "resnet18" }, shape, 1, 10);
  const step = await TrainingStep.compile(runtime, extractor, radam());
  const training = await ModelTraining.start(taskModel(model, 0), step);
  const batch = makeBatch(shape, samples, 10);
  const time = await best(() => training.train(batch, 1e-3));
  await step.release();
  return [time.toFixed(0), (time / samples).toFixed(1)];
}

/** With the base model in place of adapted ones: what adaptation takes is training. */
async function evaluation(seen: number): Promise<string[]> {
  const { extractor, model } = setUp({ name: "reduced-resnet18" }, CIFAR, seen, 10);
  const inference = await Inference.compile(runtime, extractor);
  const source = samplesInMemory(makeImages(CIFAR, 100 * seen), elementCount(CIFAR));
  const indices = Array.from({ length: source.length }, (_, i) => i);
  const tasks = chunks(chunks(indices, 10), 10);
  let [base, oracle] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round <= ROUNDS; round++) {
    const started = performance.now();
    let between = started;
    const modelFor = (task: number) => {
      if (task === 0) between = performance.now();
      return taskModel(model, task);
    };
    await predict(model, inference, { source, tasks }, { modelFor });
    base = Math.min(base, between - started);
    oracle = Math.min(oracle, performance.now() - between);
  }
  await inference.release();
  return [String(source.length), (base / 1000).toFixed(2), (oracle / 1000).toFixed(2)];
}

const [table, size] = process.argv.slice(2).map(Number);
if (table !== undefined && size !== undefined) {
  const cells = (await TABLES[table]?.measure(size)) ?? [];
  const memory = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log([size.toLocaleString("en"), ...cells, memory].join("\t"));
} else {
  console.log(`growth, best of ${ROUNDS} rounds, each row in a process of its own\n`);
  for (const [i, { title, head, sizes }] of TABLES.entries()) {
    // A process of its own, so that the peak memory is the row's own.
    const rows = sizes.map((rowSize) => {
      const options = [...process.execArgv, import.meta.filename, String(i), String(rowSize)];
      const row = spawnSync(process.execPath, options, { stdio: ["ignore", "pipe", "inherit"] });
      if (row.status !== 0) process.exit(row.status ?? 1);
      return String(row.stdout).trim().split("\t");
    });
    console.log(`${title}\n\n${textTable([[...head, "peak memory, MB"], ...rows])}\n`);
  }
}
