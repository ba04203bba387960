// Seconds to an accuracy. A task's accuracy is known when its training has ended, and a learning rate that falls is planned
// for a number of epochs; so it is the time of the smallest number of epochs a task, of 1, 2, 3, 5, 8, …, with which the mean over
// seeds after the last task reaches the accuracy: on training samples held out of every class, continua of 20, without adaptation.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/cli/commands/train.js";
import { createLearner, prepare, release, type Setup } from "../../src/experiment/setup.js";
import { ExemplarMemory } from "../../src/incremental/exemplar-memory.js";
import { mean } from "../../src/incremental/metrics.js";
import { Learner } from "../../src/learners/learner.js";
import { memoryOfMethod } from "../../src/learners/method.js";
import { predictWith } from "../../src/learners/predict-with.js";
import { holdOut } from "../../src/learners/validation.js";
import { Inference } from "../../src/model/inference.js";
import { newModel } from "../../src/model/model.js";
import { byTask } from "../../src/model/task-columns.js";
import { FeatureExtractor } from "../../src/nn/feature-extractor.js";
import { identityNetwork } from "../../src/nn/identity.js";
import { forTask } from "../../src/optim/schedule.js";
import { measure } from "../../src/prediction/predictions.js";
import { percent } from "../../src/report/format.js";
import { indicesByClass, samplesInMemory } from "../../src/samples/samples.js";
import { metaStepSize } from "../../src/training/meta-training.js";
import type { TrainingSettings } from "../../src/training/settings.js";
import { firstIndices } from "../made.js";
import type { Row } from "../page.js";
import type { PyTorch } from "../pytorch.js";
import { type Bench, beside, type Workload } from "../workload.js";

const EPOCHS = [1, 2, 3, 5, 8, 13, 20];

/** What is learned until when. */
interface Goal {
  readonly title: string;
  /** A configuration, what is set in it, and its data set's folder. */
  readonly config: string;
  readonly set: readonly string[];
  readonly data: string;
  readonly accuracy: number;
  /** Share of each class's training samples. */
  readonly heldOut: number;
  readonly seeds: number;
}

/** Training samples of each class, by task, and those held out. */
interface Split {
  readonly training: readonly (readonly (readonly number[])[])[];
  readonly heldOut: readonly (readonly (readonly number[])[])[];
}

interface Trained {
  readonly seconds: number;
  readonly accuracy: number;
}

async function timeTo(bench: Bench, goal: Goal): Promise<Row[]> {
  const { pytorch, progress } = bench;
  const programs = {
    itaml: trainOurs,
    ...(pytorch && { PyTorch: (...run: [Setup, Split]) => trainTheirs(pytorch, ...run) }),
  };
  const reached = new Map<string, { epochs: number; trained: readonly Trained[] }>();
  for (const epochs of EPOCHS) {
    const runs = new Map<string, Trained[]>();
    for (const seed of firstIndices(goal.seeds).map((i) => i + 1)) {
      const set = [...goal.set, `epochs=${epochs}`, "learner.adaptation=none"];
      const data = join(bench.data, goal.data);
      const setup = await prepare(await readConfig(goal.config, { data, seed, set }));
      const split = splitOf(setup, goal);
      for (const [name, train] of Object.entries(programs)) {
        if (reached.has(name)) continue;
        const trained = await train(setup, split);
        const { seconds, accuracy } = trained;
        runs.set(name, [...(runs.get(name) ?? []), trained]);
        progress(
          `${name}, ${epochs} epochs a task, seed ${seed}: ${percent(accuracy)} % in ${seconds.toFixed(1)} s`,
        );
      }
      await release(setup);
    }
    for (const [name, trained] of runs) {
      if (mean(trained.map(({ accuracy }) => accuracy)) < goal.accuracy) continue;
      reached.set(name, { epochs, trained });
    }
    if (reached.size === Object.keys(programs).length) break;
  }
  const ours = reached.get("itaml");
  if (!ours) throw new Error(`${goal.title}: never reached`);
  const secondsOf = (name: string) =>
    (reached.get(name)?.trained ?? []).map(({ seconds }) => seconds);
  const notes = Object.keys(programs).map((name) => {
    const own = reached.get(name);
    if (!own) return `${name} not within ${EPOCHS.at(-1)} epochs a task`;
    const accuracies = own.trained.map(({ accuracy }) => percent(accuracy)).join(", ");
    return `${name} ${own.epochs} epochs a task, ${accuracies} %`;
  });
  return [
    {
      ...{ workload: goal.title, unit: "s", ours: secondsOf("itaml") },
      ...beside("PyTorch", secondsOf("PyTorch")),
      note: `${notes.join("; ")} by seeds`,
    },
  ];
}

/** The same for all programs and seeds. */
function splitOf({ dataset, tasks }: Setup, { heldOut }: Goal): Split {
  const parts = tasks.map((classes, task) =>
    holdOut(indicesByClass(dataset.train.labels, classes), heldOut, 1, task),
  );
  return {
    training: parts.map((part) => part.training),
    heldOut: parts.map((part) => part.heldOut),
  };
}

async function trainOurs(setup: Setup, { training, heldOut }: Split): Promise<Trained> {
  const learner = createLearner(setup);
  const started = performance.now();
  for (const own of training) await learner.learn(own);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, accuracy: await accuracyOf(learner, heldOut) };
}

async function accuracyOf(learner: Learner, tasks: Split["heldOut"]): Promise<number> {
  const { source, seed } = learner.context;
  const predictions = await predictWith(learner, { source, tasks }, { top: 1 });
  await learner.release();
  return measure(predictions, { p: 20, seed }).continuum.classAccuracy;
}

/** PyTorch trains; what it has learned is judged as ours is, from its features. Its time has no fits of a head in it. */
async function trainTheirs(pytorch: PyTorch, setup: Setup, split: Split): Promise<Trained> {
  const folder = mkdtempSync(join(tmpdir(), "itaml-bench-"));
  try {
    const { seconds, exemplars } = await pytorch.ask<{ seconds: number; exemplars: number[] }>(
      "training",
      { folder, ...(await trainingRequest(folder, setup, split)) },
    );
    const numbers = (file: string) => {
      const { buffer, byteOffset, byteLength } = readFileSync(join(folder, file));
      return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
    };
    const features = numbers("features");
    const classifier = numbers("classifier");
    const size = setup.context.extractor.featureSize;
    const { method, training, context, config, tasks } = setup;
    const { runtime } = context;
    const input = { shape: [size], type: "float32", mean: [0], std: [1] } as const;
    const extractor = new FeatureExtractor(identityNetwork(), input);
    const inference = await Inference.compile(runtime, extractor);
    const model = newModel(extractor, config.seed);
    let end = 0;
    for (const { length } of tasks) {
      model.classifiers.push(classifier.subarray(end * size, (end + length) * size));
      end += length;
    }
    const counts = [...exemplars, ...split.heldOut.flat().map(({ length }) => length)];
    const rows = inOrder(counts);
    const memory = new ExemplarMemory(memoryOfMethod(method).capacity);
    memory.classes.push(...rows.slice(0, end));
    const own = { ...context, extractor, inference, source: samplesInMemory(features, size) };
    const learner = new Learner(method, own, training, { model, memory, state: new Map() });
    const sizes = tasks.map(({ length }) => length);
    const accuracy = await accuracyOf(learner, byTask(rows.slice(end), sizes));
    await inference.release();
    return { seconds, accuracy };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** 0, 1, …, cut into lists of these lengths. */
function inOrder(counts: readonly number[]): number[][] {
  let end = 0;
  return counts.map((count) => {
    end += count;
    return firstIndices(count).map((i) => end - count + i);
  });
}

/** What bench/pytorch/training.py asks for: pictures class by class, those held out last, and the settings. */
async function trainingRequest(folder: string, setup: Setup, { training, heldOut }: Split) {
  const { config, context, dataset, method, tasks } = setup;
  const { source } = context;
  const indices = [...training, ...heldOut].flat(2);
  const pixels = new Uint8Array(indices.length * source.sampleSize);
  await source.read(indices, pixels);
  writeFileSync(join(folder, "pictures"), pixels);
  const { capacity, exemplars } = memoryOfMethod(method);
  const counts = training.map((classes) => classes.map(({ length }) => length));
  const { update } = config.learner as { readonly update?: { readonly beta?: number } };
  const { crop, padding, flip, rotation } = config.augmentation ?? {};
  return {
    network: config.network.name,
    method: update ? "paper" : config.learner.name,
    training: counts.flat(),
    heldOut: heldOut.flat().map(({ length }) => length),
    tasks: tasks.length,
    rates: tasks.map((_, task) => ratesOf(setup, counts, task, capacity)),
    etas: tasks.map((_, task) => metaStepSize(update?.beta ?? 0, task, tasks.length)),
    ...{ batch: config.batchSize, memory: capacity, selection: exemplars, seed: config.seed },
    pictures: {
      ...{ mean: dataset.input.mean, std: dataset.input.std },
      augmentation: crop ? { padding, flip, rotation } : null,
    },
  };
}

/** The learning rate of each mini-batch of a task. */
function ratesOf(
  setup: Setup,
  counts: readonly (readonly number[])[],
  task: number,
  capacity: number,
): number[] {
  const { epochs, learningRate, batchSize, schedule } = setup.training as TrainingSettings;
  const old = counts.slice(0, task).flat();
  const each = Math.floor(capacity / old.length);
  const samples = [...old.map((count) => Math.min(count, each)), ...(counts[task] ?? [])];
  const batches = Math.ceil(samples.reduce((sum, count) => sum + count, 0) / batchSize);
  const all = forTask(epochs, task);
  return firstIndices(all * batches).map(
    (i) => forTask(learningRate, task) * schedule.factorAt((i + 0.5) / batches, all),
  );
}

const MNIST = { config: "mnist", data: "mnist", accuracy: 0.9795, heldOut: 0.1, seeds: 3 };

const CIFAR: Goal = {
  title: "CIFAR-100's sample to 70 %, replay with distillation",
  ...{ config: "cifar100-10x10-best", data: "cifar100", accuracy: 0.7, heldOut: 0.2, seeds: 1 },
  set: ["classesPerTask=5", "learner.memory=400"],
};

export const mnistAccuracy: Workload = {
  name: "mnist-accuracy",
  about: "seconds of training to the paper's 97.95 % on MNIST, five tasks, beside PyTorch",
  onlyNamed: true,
  parts: {
    "replay with distillation": (bench) =>
      timeTo(bench, {
        ...{ ...MNIST, title: "MNIST to 97.95 %, replay with distillation" },
        set: ["learner={name: replay-distillation, memory: 2000}"],
      }),
  },
};

export const paperAccuracy: Workload = {
  name: "paper-accuracy",
  about: "the same by the paper's rule, which needs more epochs",
  onlyNamed: true,
  parts: {
    "the paper's rule": (bench) =>
      timeTo(bench, { ...MNIST, title: "MNIST to 97.95 %, the paper's rule", set: [] }),
  },
};

export const cifarAccuracy: Workload = {
  name: "cifar-accuracy",
  about: "seconds of training to 70 % on 20 classes of CIFAR-100, four tasks, beside PyTorch",
  onlyNamed: true,
  parts: { "replay with distillation": (bench) => timeTo(bench, CIFAR) },
};
