import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { type ConfigInput, resolveConfig } from "../src/experiment/config.js";
import { resumeExperiment, startExperiment } from "../src/experiment/experiment.js";
import { Learner } from "../src/learners/learner.js";
import { createMethod } from "../src/learners/method.js";
import { rowLengths } from "../src/learners/methods/weight-alignment.js";
import { learnerParts } from "../src/learners/parts.js";
import { predictWith } from "../src/learners/predict-with.js";
import { learnerShape } from "../src/learners/settings.js";
import { validationAccuracy } from "../src/learners/validation.js";
import { crossEntropy } from "../src/losses/cross-entropy.js";
import { elastic, elasticInputs } from "../src/losses/elastic.js";
import { importancesOf } from "../src/losses/importances.js";
import type { Completion, Loss } from "../src/losses/loss.js";
import {
  distillationInputs,
  softened,
  softmaxDistillation,
} from "../src/losses/softmax-distillation.js";
import { withinTask } from "../src/losses/within-task.js";
import { Inference } from "../src/model/inference.js";
import type { MicroBatch } from "../src/model/micro-batch.js";
import {
  copyModel,
  type Model,
  type TaskModel,
  taskModel,
  wholeModel,
} from "../src/model/model.js";
import type { TrainingSession } from "../src/model/session.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { mlp } from "../src/nn/mlp.js";
import { adam } from "../src/optim/adam.js";
import { constant } from "../src/optim/constant.js";
import { sgd } from "../src/optim/sgd.js";
import { type Head, modelWithHead, trainedHead } from "../src/prediction/head.js";
import { nearestMeanHead } from "../src/prediction/heads/nearest-mean.js";
import { measure } from "../src/prediction/predictions.js";
import { predictClass } from "../src/prediction/task-prediction.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { samplesInMemory } from "../src/samples/samples.js";
import { FirstOrderMaml } from "../src/training/first-order-maml.js";
import type { MetaUpdate } from "../src/training/meta-training.js";
import { ModelTraining } from "../src/training/model-training.js";
import { OuterTraining } from "../src/training/outer-training.js";
import { reptile } from "../src/training/reptile.js";
import type { TrainingSettings } from "../src/training/settings.js";
import { TrainingStep } from "../src/training/training-step.js";
import { expectClose } from "./support/close.js";
import { contentOf, smallConfig } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";

const [CLASSES, SIZE, TRAIN, TEST] = [6, 8, 60, 100];
const runtime = createOnnxRuntime({ threads: 1 });
const input = { shape: [SIZE], type: "float32", mean: [0], std: [1] } as const;
const extractor = new FeatureExtractor(mlp({ hidden: [24] }), input);
const inference = await Inference.compile(runtime, extractor);

/** Two clouds for each class, one class after another: no class is just what is near its mean. */
function clouds(perClass: number, part: string) {
  const centres = seededRandom("centres");
  const noise = seededRandom("noise", part);
  const data = new Float32Array(CLASSES * perClass * SIZE);
  for (let label = 0; label < CLASSES; label++) {
    const pair = Array.from({ length: 2 * SIZE }, () => 1.5 * centres.normal());
    for (let i = 0; i < perClass * SIZE; i++) {
      const centre = pair[i % (2 * SIZE)] as number;
      data[label * perClass * SIZE + i] = centre + noise.normal();
    }
  }
  return samplesInMemory(data, SIZE);
}

const source = clouds(TRAIN, "train");
const testSource = clouds(TEST, "test");
const context = { runtime, extractor, inference, source, seed: 1 };

/** Two classes each. */
function tasksOf(perClass: number): number[][][] {
  const indices = (label: number) =>
    Array.from({ length: perClass }, (_, i) => label * perClass + i);
  return [0, 1, 2].map((task) => [indices(2 * task), indices(2 * task + 1)]);
}

const trainTasks = tasksOf(TRAIN);

const settings: TrainingSettings = {
  optimizer: sgd({ momentum: 0.9 }),
  learningRate: 0.05,
  epochs: 15,
  schedule: constant(),
  batchSize: 20,
  validation: 0,
  continuum: 5,
};

/** All but iTAML, with what their memory is where they have one. */
const METHODS = {
  ...{ finetuning: {}, frozen: {}, joint: {}, lwf: {}, ewc: {} },
  replay: { memory: 30, exemplars: "herding" },
  icarl: { memory: 30 },
  "replay-distillation": { memory: 30 },
  wa: { memory: 30, exemplars: "herding" },
  gdumb: { memory: 30, exemplars: "herding" },
};

type MethodName = keyof typeof METHODS;

const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

function methodOf(name: MethodName, changes: object = {}) {
  const given = { name, ...METHODS[name], ...changes };
  const { learner } = learnerShape(learnerParts);
  return createMethod(learnerParts.methods, learner.parse(given), learnerParts);
}

function newLearner(
  name: MethodName,
  changes: Partial<TrainingSettings> = {},
  ofMethod: object = {},
): Learner {
  return new Learner(methodOf(name, ofMethod), context, { ...settings, ...changes });
}

async function learned(learner: Learner, tasks = trainTasks): Promise<Learner> {
  for (const task of tasks) await learner.learn(task);
  return learner;
}

/** Sample by sample, for each task. */
async function accuracies(learner: Learner): Promise<number[]> {
  const tasks = tasksOf(TEST).slice(0, learner.model.classifiers.length);
  const predictions = await predictWith(learner, { source: testSource, tasks }, { top: 1 });
  return measure(predictions, { p: 5, seed: 1 }).single.perTask;
}

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

const meanDistance = (a: Float32Array, b: Float32Array) =>
  mean(a.map((value, i) => Math.abs(value - (b[i] as number))));

describe("every learner", () => {
  test.each<Partial<ConfigInput>>([
    ...METHOD_NAMES.map((learner) => ({ learner })),
    { learner: { name: "itaml", update: { name: "reptile", innerSteps: 2 } } },
    { learner: { name: "itaml", update: { name: "fomaml", innerSteps: 3 } } },
    { learner: "wa", validation: 0.2 },
    { learner: { name: "replay", head: "tuned", adaptation: "full" } },
    { learner: { name: "finetuning", loss: "sigmoid-distillation" } },
  ])("learns three tasks; stopped and resumed, it ends the same: %j", async (changes) => {
    const folder = temporaryFolder();
    const config = smallConfig(folder, { epochs: 2, learningRate: 0.02, ...changes });
    const [straight, run] = [join(folder, "straight"), join(folder, "run")];
    await startExperiment(straight, config);
    const controller = new AbortController();
    const stopped = startExperiment(run, config, {
      signal: controller.signal,
      onProgress: (progress) => {
        const { kind, task } = progress;
        if (kind === "batch" && task === 1 && progress.epoch === 1 && progress.batch === 1) {
          controller.abort();
        }
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
    const results = await resumeExperiment(run, undefined);
    expect(results.tasks).toHaveLength(3);
    expect(contentOf(run)).toEqual(contentOf(straight));
  });

  test("that fails knows what it knew before", async () => {
    for (const name of METHOD_NAMES) {
      const learner = await learned(newLearner(name, { epochs: 1 }), trainTasks.slice(0, 1));
      const known = () =>
        structuredClone({ ...learner.model, state: learner.state, memory: learner.memory.classes });
      const before = known();
      const controller = new AbortController();
      controller.abort();
      const task = trainTasks[1] as number[][];
      const failed = learner.learn(task, { signal: controller.signal });
      await expect(failed).rejects.toMatchObject({ code: "INTERRUPTED" });
      expect(known()).toEqual(before);
    }
  });
});

describe("what methods are known for", () => {
  test("joint training is the best, fine-tuning forgets all, replay is between", async () => {
    const perTask = new Map<MethodName, number[]>();
    for (const name of METHOD_NAMES)
      perTask.set(
        name,
        await accuracies(
          await learned(newLearner(name, {}, "memory" in METHODS[name] ? { memory: 12 } : {})),
        ),
      );
    const of = (name: MethodName) => perTask.get(name) as number[];
    const best = mean(of("joint"));
    for (const name of METHOD_NAMES) expect(mean(of(name)), name).toBeLessThanOrEqual(best);
    expect(best).toBeGreaterThan(0.7);
    for (const name of ["finetuning", "ewc", "frozen"] as const) {
      expect(of(name)[0], name).toBeLessThan(0.3);
    }
    for (const name of ["replay", "icarl", "replay-distillation", "wa", "gdumb"] as const) {
      expect(mean(of(name)), name).toBeGreaterThan(mean(of("finetuning")) + 0.15);
    }
  });

  test("frozen: neither θ nor the rows of the network's start change after the first task", async () => {
    const learner = await learned(newLearner("frozen"), trainTasks.slice(0, 1));
    const before = copyModel(learner.model);
    await learner.learn(trainTasks[1] as number[][]);
    expect(learner.model.theta).toEqual(before.theta);
    expect(learner.model.statistics).toEqual(before.statistics);
    expect(learner.model.classifiers[0]).not.toEqual(before.classifiers[0]);
  });

  test.each(["gdumb", "joint"] as const)(
    "%s: how earlier tasks were trained doesn't matter",
    async (name) => {
      const [once, long] = await Promise.all(
        [1, 9].map((first) =>
          learned(
            newLearner(
              name,
              { epochs: [first, 3] },
              name === "joint" ? {} : { exemplars: "random" },
            ),
          ),
        ),
      );
      expect(once?.model).toEqual(long?.model);
    },
  );

  test("replay-distillation adds what old classes were to what replay trains", async () => {
    const loss = { name: "sum", of: [{ name: "cross-entropy" }, { name: "distillation" }] };
    const [own, added, plain] = await Promise.all([
      learned(newLearner("replay-distillation")),
      learned(newLearner("replay", {}, { loss })),
      learned(newLearner("replay")),
    ]);
    expect(own.model).toEqual(added.model);
    expect(own.model).not.toEqual(plain.model);
  });

  test("gdumb trains on the balanced memory alone", async () => {
    const learner = newLearner("gdumb", { epochs: 1 });
    const batches: number[] = [];
    const onProgress = (progress: { kind: string; batches?: number }) => {
      if (progress.kind === "batch") batches.push(progress.batches as number);
    };
    for (const task of trainTasks) await learner.learn(task, { onProgress });
    // 30 exemplars, of 2, 4 and 6 classes: 30, 28 and 30 samples in batches of 20.
    expect(batches).toEqual([2, 2, 2, 2, 2, 2]);
    expect(learner.memory.classes.map(({ length }) => length)).toEqual([5, 5, 5, 5, 5, 5]);
  });

  test("joint keeps every sample", async () => {
    const learner = await learned(newLearner("joint", { epochs: 1 }));
    expect(learner.memory.classes).toEqual(trainTasks.flat());
  });

  test("wa: rows of new classes are as long as those of old ones, on average", async () => {
    const learner = newLearner("wa");
    for (const task of trainTasks) {
      await learner.learn(task);
      const { classifiers } = learner.model;
      if (classifiers.length === 1) continue;
      const lengths = classifiers.map((rows) => rowLengths(rows, extractor.featureSize));
      const old = mean(lengths.slice(0, -1).flat());
      expect(mean(lengths.at(-1) as number[])).toBeCloseTo(old, 5);
    }
  });

  test("lwf: outputs of old classes stay nearer to the teacher's than fine-tuning's", async () => {
    const drift = async (name: MethodName) => {
      const learner = await learned(newLearner("lwf"), trainTasks.slice(0, 1));
      const saved = { model: copyModel(learner.model), memory: learner.memory, state: new Map() };
      const student = new Learner(methodOf(name), context, settings, saved);
      await student.learn(trainTasks[1] as number[][]);
      const indices = (trainTasks[0] as number[][]).flat();
      const probabilities = async (model: Model) => {
        const { data } = await inference.logits(taskModel(model, 0), source, indices);
        return data.map((logit) => 1 / (1 + Math.exp(-logit)));
      };
      return meanDistance(await probabilities(student.model), await probabilities(learner.model));
    };
    const taught = await drift("lwf");
    expect(taught).toBeGreaterThan(0);
    expect(taught).toBeLessThan(0.5 * (await drift("finetuning")));
  });

  test("icarl: nearest means take fewer old samples for new ones than rows that replay trained", async () => {
    const { model, memory } = await learned(newLearner("replay", {}, { memory: 12 }));
    const means = (await nearestMeanHead(model, memory, context)) as Head;
    const row = means.classifier.subarray(0, extractor.featureSize);
    expect(Math.hypot(...row)).toBeCloseTo(1, 5);
    const old = tasksOf(TEST).slice(0, 2).flat(2);
    const takenForNew = async (head: Head) => {
      const logits = await inference.logits(modelWithHead(model, head), testSource, old);
      return mean(old.map((_, row) => Number(predictClass(logits, row) >= 4)));
    };
    const trained = await takenForNew(trainedHead(model, extractor.featureSize));
    expect(await takenForNew(means)).toBeLessThan(0.7 * trained);
    const icarl = await learned(newLearner("icarl"));
    expect(await icarl.head()).toEqual(await nearestMeanHead(icarl.model, icarl.memory, context));
  });

  test("ewc: without strength fine-tuning; with it important parameters move less", async () => {
    const movement = async (lambda: number) => {
      const learner = await learned(newLearner("ewc", {}, { lambda }), trainTasks.slice(0, 1));
      const importances = (learner.state.get("importance.theta") as { data: Float32Array }).data;
      const before = learner.model.theta.slice();
      await learner.learn(trainTasks[1] as number[][]);
      const { theta } = learner.model;
      const weighted = importances.map(
        (f, j) => f * ((theta[j] as number) - (before[j] as number)) ** 2,
      );
      return { theta, weighted: mean(weighted) };
    };
    const free = await movement(0);
    const tuned = await learned(newLearner("finetuning"), trainTasks.slice(0, 2));
    expectClose(free.theta, tuned.model.theta);
    expect((await movement(100)).weighted).toBeLessThan(0.7 * free.weighted);
  });

  test("wa: rows may be as long as large pictures", () => {
    const size = 150_528;
    expect(rowLengths(new Float32Array(2 * size).fill(1), size)).toEqual([
      Math.sqrt(size),
      Math.sqrt(size),
    ]);
  });

  test("a class without samples is refused before anything is trained", async () => {
    const learner = newLearner("finetuning");
    await expect(learner.learn([[]])).rejects.toMatchObject({ code: "INPUT_INVALID" });
    expect(learner.model.classifiers).toEqual([]);
  });

  test("of held-out samples none of which can be read no accuracy is known", async () => {
    const learner = await learned(newLearner("finetuning"), trainTasks.slice(0, 1));
    const broken = { ...context, source: { ...source, read: async () => [0, 1] } };
    expect(await validationAccuracy(broken, learner.model, [[0], [TRAIN]], 1)).toBeUndefined();
    expect(await validationAccuracy(context, learner.model, [[0], [TRAIN]], 1)).toBe(1);
  });

  test("ewc: importances are the mean squared derivatives of single samples' losses", async () => {
    const learner = await learned(newLearner("finetuning"), trainTasks.slice(0, 1));
    const { model } = learner;
    const newClasses = [[0, 1, 2], [TRAIN]];
    const session = {
      ...{ context, task: 0, model, before: model, newClasses, more: new Map(), oldClasses: 0 },
      ...{ state: new Map(), samples: [], hooks: {} },
    };
    const hooks = { signal: AbortSignal.abort() };
    await expect(importancesOf({ ...session, hooks })).rejects.toThrow("ITAML_INTERRUPTED");
    const shown: unknown[] = [];
    const onProgress = (progress: unknown) => shown.push(progress);
    const found = await importancesOf({ ...session, hooks: { onProgress } });
    expect(shown.at(-1)).toEqual({ kind: "samples", task: 0, samples: 4, of: 4 });
    const samples = newClasses.flat();
    const whole = wholeModel(model);
    const { data: logits } = await inference.logits(whole, source, samples);
    const { data: features } = await inference.features(whole, source, samples);
    const { featureSize } = extractor;
    const expected = new Float32Array(2 * featureSize);
    samples.forEach((_, i) => {
      const [a, b] = [logits[2 * i] as number, logits[2 * i + 1] as number];
      const error = 1 / (1 + Math.exp(a - b)) - Number(i === 3);
      for (let j = 0; j < 2 * featureSize; j++) {
        const feature = features[i * featureSize + (j % featureSize)] as number;
        expected[j] = (expected[j] as number) + (error * feature) ** 2 / samples.length;
      }
    });
    expectClose(found.classifier, expected, { relative: 1e-3 });
  });
});

/** A model of three rows and a mini-batch of four samples. */
function madeStep(): { from: TaskModel; batch: MicroBatch } {
  const random = seededRandom("step");
  const from = {
    theta: extractor.initialParameters(random),
    statistics: new Float32Array(0),
    classifier: Float32Array.from({ length: 3 * extractor.featureSize }, () => random.normal()),
  };
  const targets = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0);
  const x = Float32Array.from({ length: 4 * SIZE }, () => random.normal());
  return { from, batch: { x, samples: 4, targets } };
}

async function stepOf(loss: Loss, from: TaskModel, batch: MicroBatch, learningRate: number) {
  const step = await TrainingStep.compile(runtime, extractor, sgd(), { loss });
  const training = await ModelTraining.start(from, step);
  const value = await training.train(batch, learningRate);
  const into = await training.read();
  training.release();
  await step.release();
  return { value, into };
}

describe("losses", () => {
  test("cross-entropy is −log of the class's probability", async () => {
    const { from, batch } = madeStep();
    const { value } = await stepOf(crossEntropy, from, batch, 0);
    const own = samplesInMemory(batch.x, SIZE);
    const { data } = await inference.logits(from, own, [0, 1, 2, 3]);
    const losses = [0, 1, 2, 0].map((label, i) => {
      const row = data.subarray(3 * i, 3 * i + 3);
      return Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - (row[label] as number);
    });
    expect(value).toBeCloseTo(mean(losses), 5);
  });

  test("the elastic penalty pulls each parameter by λ·F·(θ − θ*)", async () => {
    const { from, batch } = madeStep();
    const random = seededRandom("elastic");
    const some = (like: Float32Array) => like.map(() => random.uniform(0, 1));
    const [importances, anchors] = [0, 1].map(() => ({
      theta: some(from.theta),
      classifier: some(from.classifier),
    })) as [{ theta: Float32Array; classifier: Float32Array }, typeof from];
    const lossInputs = elasticInputs(importances, anchors, extractor.featureSize);
    const plain = await stepOf(crossEntropy, from, batch, 0.1);
    const held = await stepOf(elastic({ lambda: 3 }), from, { ...batch, lossInputs }, 0.1);
    let penalty = 0;
    for (const name of ["theta", "classifier"] as const) {
      const moved = from[name].map((value, j) => value - (anchors[name][j] as number));
      penalty += moved.reduce(
        (sum, d, j) => sum + 1.5 * (importances[name][j] as number) * d * d,
        0,
      );
      const expected = plain.into[name].map(
        (value, j) => value - 0.1 * 3 * (importances[name][j] as number) * (moved[j] as number),
      );
      expectClose(held.into[name], expected, { absolute: 1e-5 });
    }
    expect(held.value).toBeCloseTo(plain.value + penalty, 3);
  });

  test("distillation: of λ = 0 nothing; from a teacher that agrees, no movement of old rows", async () => {
    const { from, batch } = madeStep();
    const old = { ...from, classifier: from.classifier.slice(0, 2 * extractor.featureSize) };
    const own = samplesInMemory(batch.x, SIZE);
    const { data: logits } = await inference.logits(old, own, [0, 1, 2, 3]);
    const step = (lambda: number, teacher: Float32Array) => {
      const taught = Float32Array.from(
        [0, 2, 4, 6].flatMap((start) => [...softened(teacher.subarray(start, start + 2)), 0]),
      );
      const lossInputs = distillationInputs(taught, { old: 2, rows: 3, lambda });
      return stepOf(softmaxDistillation, from, { ...batch, lossInputs }, 0.1);
    };
    const plain = await stepOf(crossEntropy, from, batch, 0.1);
    expectClose((await step(0, logits)).into.theta, plain.into.theta);
    expectClose((await step(1, logits)).into.theta, from.theta);
    expectClose((await step(1, logits)).into.classifier, from.classifier);
    const other = await step(
      1,
      logits.map((logit) => -logit),
    );
    expect(meanDistance(other.into.theta, from.theta)).toBeGreaterThan(1e-4);
    // The row of the new class is none of the teacher's business.
    const { featureSize } = extractor;
    expect(other.into.classifier.slice(2 * featureSize)).toEqual(
      from.classifier.slice(2 * featureSize),
    );
  });
});

describe("meta-learning beside the paper's", () => {
  /** A model of two tasks with a mini-batch of both. */
  const made = () => {
    const random = seededRandom("meta");
    const rows = () =>
      Float32Array.from({ length: 2 * extractor.featureSize }, () => random.normal());
    const model: Model = {
      theta: extractor.initialParameters(random),
      statistics: new Float32Array(0),
      classifiers: [rows(), rows()],
    };
    const batches = [0, 1].map((task) => ({
      task,
      x: Float32Array.from({ length: 3 * SIZE }, () => random.normal()),
      samples: 3,
      targets: Float32Array.of(1, 0, 0, 1, 1, 0),
    }));
    return { model, batches };
  };
  type Batches = ReturnType<typeof made>["batches"];

  /** Φ_i after each of two steps of plain training. */
  const plain = async (step: TrainingStep, model: Model, batch: Batches[number]) => {
    const training = await ModelTraining.start(taskModel(model, batch.task), step);
    await training.train(batch, 0.1);
    const first = await training.read();
    await training.train(batch, 0.1);
    const second = await training.read();
    training.release();
    return { first, second };
  };

  const train = async (
    start: (model: Model, step: TrainingStep) => Promise<MetaUpdate>,
    present: readonly number[],
  ) => {
    const { model, batches } = made();
    const before = copyModel(model);
    const step = await TrainingStep.compile(runtime, extractor, sgd({ momentum: 0.9 }));
    const own = batches.filter(({ task }) => present.includes(task));
    const trained: Awaited<ReturnType<typeof plain>>[] = [];
    for (const batch of own) trained.push(await plain(step, before, batch));
    const update = await start(model, step);
    const losses = await update.train(own, 0.1);
    expect(losses).toHaveLength(2 * own.length);
    await update.read();
    await Promise.all([update.release(), step.release()]);
    return { model, before, trained };
  };

  const startReptile = (model: Model, step: TrainingStep) => reptile(model, step, 2);
  const startFomaml = (model: Model, step: TrainingStep) => FirstOrderMaml.start(model, step, 2);
  type Trained = Awaited<ReturnType<typeof train>>["trained"];
  const meanOf = (
    base: Float32Array,
    trained: Trained,
    move: (of: Trained[number], j: number) => number,
  ) => base.map((value, j) => value + mean(trained.map((of) => move(of, j))));

  test("Reptile with one task present is plain training", async () => {
    const { model, before, trained } = await train(startReptile, [1]);
    expect(model.theta).toEqual(trained[0]?.second.theta);
    expect(model.classifiers[1]).toEqual(trained[0]?.second.classifier);
    expect(model.classifiers[0]).toEqual(before.classifiers[0]);
  });

  test("Reptile moves everything by the mean of the tasks' displacements", async () => {
    const { model, before, trained } = await train(startReptile, [0, 1]);
    const { theta } = before;
    const move = ({ second }: Trained[number], j: number) =>
      (second.theta[j] as number) - (theta[j] as number);
    expectClose(model.theta, meanOf(theta, trained, move));
    model.classifiers.forEach((rows, task) => {
      const base = before.classifiers[task] as Float32Array;
      const own = trained[task]?.second.classifier as Float32Array;
      expectClose(
        rows,
        base.map((value, j) => value + ((own[j] as number) - value) / 2),
      );
    });
  });

  const startOuter = (innerSteps: number) => async (model: Model, inner: TrainingStep) =>
    OuterTraining.start(model, inner, {
      ...{ innerSteps, innerLearningRate: 0.1, optimizer: sgd() },
    });

  test("an outer step of gradient descent by the inner loop's rate is Reptile's", async () => {
    const descend = async (start: (model: Model, step: TrainingStep) => Promise<MetaUpdate>) => {
      const { model, batches } = made();
      const step = await TrainingStep.compile(runtime, extractor, sgd());
      const update = await start(model, step);
      for (let i = 0; i < 3; i++) await update.train(i === 1 ? batches.slice(1) : batches, 0.1);
      await update.read();
      await Promise.all([update.release(), step.release()]);
      return model;
    };
    const [outer, expected] = [await descend(startOuter(2)), await descend(startReptile)];
    expectClose(outer.theta, expected.theta, { absolute: 1e-5 });
    outer.classifiers.forEach((rows, task) => {
      expectClose(rows, expected.classifiers[task] as Float32Array, { absolute: 1e-5 });
    });
  });

  test("of one inner step, one pass over the mini-batch is the inner loops with an outer optimiser", async () => {
    const { model, batches } = made();
    const joined = {
      x: Float32Array.from(batches.flatMap(({ x }) => [...x])),
      ...{ samples: 6, indices: [], unreadable: 0 },
      targets: Float32Array.from(
        batches.flatMap(({ targets }, task) =>
          [0, 1, 2].flatMap((i) => {
            const own = targets.subarray(2 * i, 2 * i + 2);
            return task === 0 ? [...own, 0, 0] : [0, 0, ...own];
          }),
        ),
      ),
    };
    const inner = await TrainingStep.compile(runtime, extractor, sgd());
    const loops = await OuterTraining.start(model, inner, {
      ...{ innerSteps: 1, innerLearningRate: 1, optimizer: adam() },
    });
    for (let i = 0; i < 4; i++) await loops.train(batches, 0.01);
    await loops.read();

    const start = made().model;
    const loss = withinTask({ balance: "task" });
    const step = await TrainingStep.compile(runtime, extractor, adam(), { loss });
    const pass = await ModelTraining.start(wholeModel(start), step);
    const session = { model: start, context: { extractor } } as TrainingSession;
    const complete = (await loss.complete?.(session)) as Completion;
    for (let i = 0; i < 4; i++) {
      await pass.train({ ...joined, lossInputs: complete(joined) }, 0.01);
    }
    const { theta, classifier } = await pass.read();
    expectClose(model.theta, theta, { absolute: 1e-5 });
    expectClose(wholeModel(model).classifier, classifier, { absolute: 1e-5 });
    expect(meanDistance(theta, start.theta)).toBeGreaterThan(1e-3);
    pass.release();
    await Promise.all([loops.release(), inner.release(), step.release()]);
  });

  test("first-order MAML moves everything by the mean of the tasks' last steps", async () => {
    const { model, before, trained } = await train(startFomaml, [0, 1]);
    const move = ({ first, second }: Trained[number], j: number) =>
      (second.theta[j] as number) - (first.theta[j] as number);
    expectClose(model.theta, meanOf(before.theta, trained, move));
    model.classifiers.forEach((rows, task) => {
      const { first, second } = trained[task] as Trained[number];
      const expected = (before.classifiers[task] as Float32Array).map(
        (value, j) =>
          value + ((second.classifier[j] as number) - (first.classifier[j] as number)) / 2,
      );
      expectClose(rows, expected);
    });
  });
});

describe("configuration", () => {
  const base = {
    ...{ dataset: "strokes", classesPerTask: 2, optimizer: { name: "sgd" }, learningRate: 0.1 },
    ...{ epochs: 1, batchSize: 10 },
  };

  test("icarl takes herding and nearest means unless it is told otherwise", () => {
    const learner = (settings: object | string) =>
      resolveConfig({ ...base, learner: settings }, "test").learner;
    const icarl = { head: { name: "nearest-mean" }, exemplars: "herding" };
    expect(learner("icarl")).toMatchObject(icarl);
    expect(learner({ name: "icarl", exemplars: "first" })).toMatchObject({ exemplars: "first" });
    expect(learner("wa")).toMatchObject({ head: { name: "logits" }, exemplars: "random" });
  });

  test.each([
    [{ name: "itaml", update: { name: "fomaml", innerSteps: 1 } }, "learner.update.innerSteps"],
    [{ name: "itaml", update: { name: "reptile", beta: 1 } }, 'unknown key "learner.update.beta"'],
    [{ name: "gdumb", memory: 0 }, "learner.memory"],
    [{ name: "icarl", memory: 0 }, "learner.memory"],
    [{ name: "ewc", lambda: -1 }, "learner.lambda"],
  ])("%j is refused", (learner, message) => {
    expect(() => resolveConfig({ ...base, learner }, "test")).toThrow(message);
  });

  test("an adaptation of epochs and of steps is refused", () => {
    const adaptation = { name: "full", epochs: 1, steps: 1 };
    expect(() => methodOf("replay", { adaptation })).toThrow(
      "adaptation has both epochs and steps",
    );
  });
});
