import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createChosen } from "../src/base/part.js";
import { seededRandom } from "../src/base/random.js";
import { elementCount } from "../src/graph/shape.js";
import { Inference } from "../src/model/inference.js";
import type { TaskBatch } from "../src/model/micro-batch.js";
import { newClassifier, newModel, wholeModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { type NetworkSettings, networks } from "../src/nn/index.js";
import { type OptimizerSettings, optimizers } from "../src/optim/index.js";
import { textTable } from "../src/report/table.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import type { InputDescription } from "../src/samples/input-description.js";
import { samplesInMemory } from "../src/samples/samples.js";
import { MetaTraining } from "../src/training/meta-training.js";
import { TrainingStep } from "../src/training/training-step.js";
import { PyTorch } from "./pytorch.js";

/** Meta-training as a data set of the paper asks for it. */
interface Workload {
  readonly name: "mnist" | "cifar";
  readonly network: NetworkSettings;
  readonly input: InputDescription;
  readonly optimizer: OptimizerSettings;
  readonly classes: number;
  readonly batchSize: number;
  /** What a session's samples are: new ones and exemplars. */
  readonly newSamples: number;
  readonly exemplars: number;
  readonly sessions: readonly number[];
  readonly rounds: number;
  /** Mini-batches of a round. */
  readonly repetitions: number;
}

const WORKLOADS: readonly Workload[] = [
  {
    ...{ name: "mnist", network: { name: "mlp" }, classes: 2 },
    input: { shape: [1, 28, 28], type: "uint8", mean: [0.5], std: [0.25] },
    optimizer: { name: "sgd", momentum: 0.9, weightDecay: 1e-3 },
    ...{ batchSize: 256, newSamples: 12_000, exemplars: 2000 },
    ...{ sessions: [0, 1, 2, 3, 4], rounds: 5, repetitions: 40 },
  },
  {
    ...{ name: "cifar", network: { name: "reduced-resnet18" }, classes: 10 },
    input: { shape: [3, 32, 32], type: "uint8", mean: [0.5], std: [0.25] },
    optimizer: { name: "radam" },
    ...{ batchSize: 128, newSamples: 5000, exemplars: 2000 },
    ...{ sessions: [0, 4, 9], rounds: 5, repetitions: 1 },
  },
];

const runtime = createOnnxRuntime();
const random = seededRandom("bench");

/** Samples of each task in a mini-batch of session t: mostly the new task's, the rest shared by the old ones. */
function samplesByTask({ batchSize, newSamples, exemplars }: Workload, session: number): number[] {
  if (session === 0) return [batchSize];
  const old = Math.round((batchSize * exemplars) / (newSamples + exemplars));
  const shares = Array.from(
    { length: session },
    (_, task) => Math.floor(((task + 1) * old) / session) - Math.floor((task * old) / session),
  );
  return [...shares, batchSize - old];
}

function makeBatch({ input, classes }: Workload, samples: readonly number[]): TaskBatch[] {
  return samples.map((count, task) => {
    const targets = new Float32Array(classes * count);
    for (let i = 0; i < count; i++) targets[classes * i + random.integer(0, classes - 1)] = 1;
    const length = elementCount(input.shape) * count;
    return {
      task,
      x: Uint8Array.from({ length }, () => random.integer(0, 255)),
      samples: count,
      targets,
    };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

/** Milliseconds of a repetition. */
async function time(work: () => Promise<unknown>, repetitions: number): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < repetitions; i++) await work();
  return (performance.now() - started) / repetitions;
}

const threads = availableParallelism();
const pytorch = await PyTorch.start(threads);
console.log(
  pytorch
    ? `beside PyTorch ${pytorch.version}, ${threads} threads each, taking turns\n`
    : "without PyTorch: no Python that has it was found\n",
);

for (const workload of WORKLOADS) {
  const { name, sessions, rounds, repetitions, batchSize, classes } = workload;
  const extractor = new FeatureExtractor(createChosen(networks, workload.network), workload.input);
  const compileStarted = performance.now();
  const step = await TrainingStep.compile(
    runtime,
    extractor,
    createChosen(optimizers, workload.optimizer),
  );
  const compiled = performance.now() - compileStarted;

  const rows: {
    session: number;
    ours: number[];
    theirs: number[];
    work: () => Promise<unknown>;
  }[] = [];
  for (const session of sessions) {
    const model = newModel(extractor, 1);
    for (let task = 0; task <= session; task++) {
      model.classifiers.push(newClassifier(extractor.featureSize, classes, { seed: 1, task }));
    }
    const options = { innerSteps: 1, eta: 0.5, classifier: "own" } as const;
    const training = await MetaTraining.start(model, step, options);
    const batch = makeBatch(workload, samplesByTask(workload, session));
    const work = () => training.train(batch, 1e-3);
    await time(work, Math.ceil(repetitions / 4));
    rows.push({ session, ours: [], theirs: [], work });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { session, ours, theirs, work } of rows) {
      ours.push(await time(work, repetitions));
      const samples = samplesByTask(workload, session);
      if (pytorch)
        theirs.push(await pytorch.measure({ workload: name, session, samples, repetitions }));
    }
  }
  console.log(
    `meta-training, ${extractor.network.name} on ${name}'s shapes, mini-batches of ${batchSize}, ` +
      `median of ${rounds} rounds\n`,
  );
  console.log(
    textTable([
      ["session", "ms a mini-batch", "samples/s", ...(pytorch ? ["PyTorch, ms", "ratio"] : [])],
      ...rows.map(({ session, ours, theirs }) => [
        String(session),
        median(ours).toFixed(1),
        String(Math.round((1000 * batchSize) / median(ours))),
        ...(pytorch ? [median(theirs).toFixed(1), (median(ours) / median(theirs)).toFixed(2)] : []),
      ]),
    ]),
  );
  console.log(`\ncompiling the training step  ${compiled.toFixed(0)} ms\n`);
  await step.release();
}
pytorch?.stop();

const mlp = new FeatureExtractor(
  createChosen(networks, { name: "mlp" }),
  (WORKLOADS[0] as Workload).input,
);
const inference = await Inference.compile(runtime, mlp);
const images = samplesInMemory(new Uint8Array(784 * 10_000).fill(7), 784);
const all = Array.from({ length: 10_000 }, (_, i) => i);
const model = newModel(mlp, 1);
model.classifiers.push(newClassifier(mlp.featureSize, 10, { seed: 1, task: 0 }));
await inference.logits(wholeModel(model), images, all);
const evaluation = await time(() => inference.logits(wholeModel(model), images, all), 5);
const main = join(import.meta.dirname, "../dist/cli/main.js");
const startUp = await time(async () => spawnSync(process.execPath, [main, "--help"]), 5);
console.log(`inference of 10,000 images of MNIST  ${evaluation.toFixed(0)} ms
itaml --help                         ${startUp.toFixed(0)} ms
peak memory                          ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
