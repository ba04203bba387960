import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { samplesInMemory } from "../src/data/samples.js";
import { Inference } from "../src/learners/inference.js";
import { MetaTraining, metaStepSize, type TaskBatch } from "../src/learners/meta-training.js";
import { newClassifier, newModel, wholeModel } from "../src/learners/model.js";
import { TrainingStep } from "../src/learners/training-step.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { mlp } from "../src/nn/mlp.js";
import { sgd } from "../src/optim/sgd.js";
import { seededRandom } from "../src/random.js";
import { textTable } from "../src/report/table.js";
import { createOnnxRuntime } from "../src/runtime/onnxruntime-node.js";

const ROUNDS = 5;
const BATCHES = 40;
const BATCH_SIZE = 256;
const SESSIONS = [0, 1, 2, 3, 4];
/** What a mini-batch of MNIST is made of: 2000 exemplars among 12,000 new samples. */
const OLD_SHARE = 2000 / 14000;

const runtime = createOnnxRuntime();
const random = seededRandom("bench");
const input = { shape: [1, 28, 28], type: "uint8", mean: [0.13], std: [0.31] } as const;
const extractor = new FeatureExtractor(mlp(), input);

/** The micro-batches of a mini-batch in session t: mostly the new task, the rest shared by the old ones. */
function mixedBatch(session: number): TaskBatch[] {
  const old = session === 0 ? 0 : Math.round(BATCH_SIZE * OLD_SHARE);
  return Array.from({ length: session + 1 }, (_, task) => {
    const samples = task === session ? BATCH_SIZE - old : Math.ceil(old / session);
    const targets = new Float32Array(2 * samples);
    for (let i = 0; i < samples; i++) targets[2 * i + random.integer(0, 1)] = 1;
    const x = Uint8Array.from({ length: 784 * samples }, () => random.integer(0, 255));
    return { task, x, samples, targets };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

async function time(work: () => Promise<unknown>, repetitions: number): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < repetitions; i++) await work();
  return (performance.now() - started) / repetitions;
}

const compileStarted = performance.now();
const step = await TrainingStep.compile(
  runtime,
  extractor,
  sgd({ momentum: 0.9, weightDecay: 1e-3 }),
);
const compiled = performance.now() - compileStarted;

const sessions = await Promise.all(
  SESSIONS.map(async (session) => {
    const model = newModel(extractor, 1);
    for (let task = 0; task <= session; task++) {
      model.classifiers.push(newClassifier(extractor.featureSize, 2, { seed: 1, task }));
    }
    const eta = metaStepSize(0.5, session, 5);
    const options = { innerSteps: 1, eta, classifier: "own" } as const;
    const training = await MetaTraining.start(runtime, model, step, options);
    const batch = mixedBatch(session);
    return { session, model, work: () => training.train(batch, 0.01), times: [] as number[] };
  }),
);
for (const { work } of sessions) await time(work, 10);
for (let round = 0; round < ROUNDS; round++) {
  for (const { work, times } of sessions) times.push(await time(work, BATCHES));
}
const first = median((sessions[0] as (typeof sessions)[number]).times);
console.log(
  `meta-training, MLP 784-400-400, mini-batches of ${BATCH_SIZE}, median of ${ROUNDS} rounds\n`,
);
console.log(
  textTable([
    ["session", "ms a mini-batch", "samples/s", "to session 0"],
    ...sessions.map(({ session, times }) => [
      String(session),
      median(times).toFixed(2),
      String(Math.round((1000 * BATCH_SIZE) / median(times))),
      (median(times) / first).toFixed(2),
    ]),
  ]),
);

const inference = await Inference.compile(runtime, extractor);
const images = samplesInMemory(new Uint8Array(784 * 10_000).fill(7), 784);
const all = Array.from({ length: 10_000 }, (_, i) => i);
const { model } = sessions.at(-1) as (typeof sessions)[number];
await inference.logits(wholeModel(model), images, all);
const evaluation = await time(() => inference.logits(wholeModel(model), images, all), ROUNDS);
const main = join(import.meta.dirname, "../dist/cli/main.js");
const startUp = await time(async () => spawnSync(process.execPath, [main, "--help"]), ROUNDS);
console.log(`
inference of 10,000 images   ${evaluation.toFixed(0)} ms
compiling the training step  ${compiled.toFixed(0)} ms
itaml --help                 ${startUp.toFixed(0)} ms
peak memory                  ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
