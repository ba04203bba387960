import { describe, expect, test } from "vitest";
import { createChosen } from "../src/base/part.js";
import { seededRandom } from "../src/base/random.js";
import * as z from "../src/base/schema.js";
import { type Balance, sampleWeights } from "../src/losses/balance.js";
import { binaryCrossEntropy } from "../src/losses/binary-cross-entropy.js";
import { balancedCrossEntropy, crossEntropy } from "../src/losses/cross-entropy.js";
import { distillation } from "../src/losses/distillation.js";
import { losses, withSum } from "../src/losses/index.js";
import type { Loss } from "../src/losses/loss.js";
import { sigmoidDistillation } from "../src/losses/sigmoid-distillation.js";
import { sumOf } from "../src/losses/sum.js";
import { sigmoids, teacherOf } from "../src/losses/teacher.js";
import { withinTask } from "../src/losses/within-task.js";
import { Inference } from "../src/model/inference.js";
import type { ReadMicroBatch } from "../src/model/micro-batch.js";
import { copyModel, type Model, taskModel, wholeModel } from "../src/model/model.js";
import type { TrainingSession } from "../src/model/session.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { mlp } from "../src/nn/mlp.js";
import { sgd } from "../src/optim/sgd.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { samplesInMemory } from "../src/samples/samples.js";
import { ModelTraining } from "../src/training/model-training.js";
import { TrainingStep } from "../src/training/training-step.js";
import { expectClose } from "./support/close.js";

const SIZE = 6;
const runtime = createOnnxRuntime({ threads: 1 });
const extractor = new FeatureExtractor(mlp({ hidden: [10] }), {
  ...{ shape: [SIZE], type: "float32", mean: [0], std: [1] },
});
const inference = await Inference.compile(runtime, extractor);

/** A task of two classes after one of three, with a mini-batch: two samples of class 0, one of 2, three of 3. */
function made() {
  const random = seededRandom("losses");
  const numbers = (length: number) => Float32Array.from({ length }, () => random.normal());
  const rows = (count: number) => numbers(count * extractor.featureSize);
  const model: Model = {
    theta: extractor.initialParameters(random),
    statistics: new Float32Array(0),
    classifiers: [rows(3), rows(2)],
  };
  const classes = [0, 0, 2, 3, 3, 3];
  const targets = new Float32Array(classes.length * 5);
  classes.forEach((own, i) => {
    targets[5 * i + own] = 1;
  });
  const x = numbers(classes.length * SIZE);
  const before = copyModel(model);
  before.classifiers.pop();
  const session: TrainingSession = {
    context: { ...{ runtime, extractor, inference, seed: 1 }, source: samplesInMemory(x, SIZE) },
    ...{ task: 1, model, before, newClasses: [[3], []], oldClasses: 3 },
    ...{ more: new Map(), state: new Map(), hooks: {} },
    samples: classes.map((position, index) => ({ index, position })),
  };
  const indices = classes.map((_, index) => index);
  return { session, classes, batch: { x, samples: 6, indices, targets, unreadable: 0 } };
}

/** The loss of a mini-batch, and the model after a step of gradient descent with rate 1. */
async function stepOf(
  loss: Loss,
  {
    session,
    batch,
  }: { session: TrainingSession; batch: ReadMicroBatch & { columns?: Float32Array } },
) {
  const step = await TrainingStep.compile(runtime, extractor, sgd(), { loss });
  const training = await ModelTraining.start(wholeModel(session.model), step);
  const lossInputs = (await loss.complete?.(session))?.(batch);
  const value = await training.train({ ...batch, lossInputs }, 1);
  const after = await training.read();
  training.release();
  await step.release();
  return { value, after };
}

const lossOf = async (loss: Loss) => (await stepOf(loss, made())).value;

describe("balance", () => {
  test.each<[Balance, number[]]>([
    ["sample", [1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6]],
    ["class", [1 / 6, 1 / 6, 1 / 3, 1 / 9, 1 / 9, 1 / 9]],
    ["task", [1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6]],
  ])("by %s", (balance, expected) => {
    expectClose(sampleWeights(made().batch, [3, 2], balance), Float32Array.from(expected));
  });

  test("by task, where one has more samples", () => {
    const weights = sampleWeights(made().batch, [2, 3], "task");
    expectClose(weights, Float32Array.of(1 / 4, 1 / 4, 1 / 8, 1 / 8, 1 / 8, 1 / 8));
  });
});

test("within tasks: the mean over tasks of the paper's loss of each", async () => {
  const { session, batch, classes } = made();
  const ofTasks = [];
  for (const [task, [start, size]] of [
    [0, [0, 3]],
    [1, [3, 2]],
  ] as const) {
    const own = classes.flatMap((label, i) =>
      label >= start && label < start + size ? [[label - start, i] as const] : [],
    );
    const targets = new Float32Array(own.length * size);
    own.forEach(([label], i) => {
      targets[size * i + label] = 1;
    });
    const x = Float32Array.from(
      own.flatMap(([, i]) => [...batch.x.subarray(i * SIZE, (i + 1) * SIZE)]),
    );
    const step = await TrainingStep.compile(runtime, extractor, sgd());
    const training = await ModelTraining.start(taskModel(session.model, task), step);
    ofTasks.push(await training.train({ x, samples: own.length, targets }, 0));
    training.release();
    await step.release();
  }
  const [first, second] = ofTasks as [number, number];
  expect(await lossOf(withinTask({ balance: "task" }))).toBeCloseTo((first + second) / 2, 5);
});

test("a sum is the sum of its losses, and its step the sum of their steps", async () => {
  const parts = [crossEntropy, withinTask({ balance: "class" }), distillation({ balance: "task" })];
  const weights = [1, 0.5, 2];
  const sum = sumOf(parts.map((loss, i) => ({ loss, weight: weights[i] as number })));
  const whole = await stepOf(sum, made());
  const each = await Promise.all(parts.map((loss) => stepOf(loss, made())));
  const { theta } = made().session.model;
  const total = each.reduce((value, part, i) => value + part.value * (weights[i] as number), 0);
  expect(whole.value).toBeCloseTo(total, 5);
  const moved = theta.map((start, j) =>
    each.reduce(
      (at, { after }, i) => at + (weights[i] as number) * ((after.theta[j] as number) - start),
      start,
    ),
  );
  expectClose(whole.after.theta, moved, { absolute: 1e-5 });
});

test("of one loss twice each has inputs of its own", async () => {
  const loss = withinTask({ balance: "task" });
  const other = withinTask({ balance: "class" });
  const both = sumOf([
    { loss, weight: 1 },
    { loss: other, weight: 1 },
  ]);
  expect(await lossOf(both)).toBeCloseTo((await lossOf(loss)) + (await lossOf(other)), 5);
  expect(await lossOf(loss)).not.toBeCloseTo(await lossOf(other), 3);
});

test("distillation from a model that still says the same moves nothing; iCaRL's loss holds its share", async () => {
  const { after } = await stepOf(distillation({ balance: "sample" }), made());
  const { session } = made();
  expectClose(after.theta, session.model.theta);
  expectClose(after.classifier, wholeModel(session.model).classifier);
  // Three of five columns are old ones. Of old classes iCaRL's targets are the teacher's.
  const oldColumns = await lossOf(distillation({ balance: "sample" }));
  const columns = Float32Array.of(0, 0, 0, 1, 1);
  const { batch } = made();
  const newColumns = (await stepOf(binaryCrossEntropy, { ...made(), batch: { ...batch, columns } }))
    .value;
  expect(await lossOf(sigmoidDistillation)).toBeCloseTo(0.6 * oldColumns + 0.4 * newColumns, 5);
});

test("the model before is asked once, about samples as they are; of a mini-batch it knows those", async () => {
  const { session, batch } = made();
  const variations: unknown[] = [];
  const { source } = session.context;
  const watched: typeof source = {
    ...source,
    read(indices, target, variation) {
      variations.push(variation);
      return source.read(indices, target, variation);
    },
  };
  const shown: unknown[] = [];
  const teach = await teacherOf(
    {
      ...{ ...session, context: { ...session.context, source: watched } },
      hooks: { onProgress: (progress) => shown.push(progress) },
    },
    (logits) => logits.map((logit) => 2 * logit),
  );
  expect(shown).toEqual([{ kind: "samples", task: 1, samples: 6, of: 6 }]);
  const { data } = await inference.logits(wholeModel(session.before), source, [4, 0]);
  // Three old classes of five.
  const [first, second] = [data.slice(0, 3), data.slice(3)].map((own) => own.map((x) => 2 * x));
  const withZeros = Float32Array.of(
    ...(first as Float32Array),
    0,
    0,
    ...(second as Float32Array),
    0,
    0,
  );
  const x = batch.x.map(() => 7);
  const targets = batch.targets.slice(0, 10);
  expect(teach({ ...batch, x, targets, samples: 2, indices: [4, 0] })).toEqual(withZeros);
  expect(variations).toEqual([undefined]);
});

test("a stopped session doesn't ask the model before to the end", async () => {
  const { session } = made();
  const hooks = { signal: AbortSignal.abort() };
  await expect(teacherOf({ ...session, hooks }, sigmoids)).rejects.toMatchObject({
    code: "INTERRUPTED",
  });
});

test("balanced cross-entropy: by sample and unsmoothed the plain one; smoothed between that and all classes", async () => {
  const plain = await lossOf(crossEntropy);
  expect(await lossOf(balancedCrossEntropy({ balance: "sample", smoothing: 0 }))).toBeCloseTo(
    plain,
    5,
  );
  const smoothed = (smoothing: number) =>
    lossOf(balancedCrossEntropy({ balance: "class", smoothing }));
  const [none, half, most] = [await smoothed(0), await smoothed(0.5), await smoothed(0.999)];
  expect(half).toBeCloseTo((none + most) / 2, 2);
  expect(none).not.toBeCloseTo(plain, 3);
});

test("a configuration adds losses up", async () => {
  const all = withSum(losses);
  const made = createChosen(all, {
    name: "sum",
    of: [
      { name: "cross-entropy", balance: "sample", smoothing: 0, weight: 2 },
      { name: "within-task", balance: "task", weight: 1 },
    ],
  });
  const expected =
    2 * (await lossOf(crossEntropy)) + (await lossOf(withinTask({ balance: "task" })));
  expect(await lossOf(made)).toBeCloseTo(expected, 4);
});

test.each(losses.map(({ name }) => name))("%s alone in a sum is itself", async (name) => {
  const settings = losses.find((part) => part.name === name)?.settings ?? {};
  const chosen = { name, ...z.object(settings).parse({}) };
  const alone = createChosen(losses, chosen);
  const [own, summed] = [
    await stepOf(alone, made()),
    await stepOf(sumOf([{ loss: alone, weight: 1 }]), made()),
  ];
  expect(summed.value).toBeCloseTo(own.value, 6);
  expectClose(summed.after.theta, own.after.theta);
  expectClose(summed.after.classifier, own.after.classifier);
});
