import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { ExemplarMemory } from "../src/incremental/exemplar-memory.js";
import { exportOnnxModel } from "../src/learners/export.js";
import { Inference } from "../src/model/inference.js";
import { newClassifier, newModel } from "../src/model/model.js";
import { taskColumns } from "../src/model/task-columns.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { identityNetwork } from "../src/nn/identity.js";
import { mlp } from "../src/nn/mlp.js";
import { type Head, modelWithHead } from "../src/prediction/head.js";
import { headOfState, stateOfHead } from "../src/prediction/head-state.js";
import { discriminant, powerDiscriminant } from "../src/prediction/heads/discriminant.js";
import {
  measure,
  measureClasses,
  measureSizes,
  type Predictions,
  predict,
} from "../src/prediction/predictions.js";
import { taskEvidence, taskScores } from "../src/prediction/task-prediction.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { samplesInMemory } from "../src/samples/samples.js";
import { decodeLearnerState, encodeLearnerState } from "../src/storage/model-files.js";
import { expectClose } from "./support/close.js";

const input = { shape: [3], type: "float32", mean: [0], std: [1] } as const;
const extractor = new FeatureExtractor(mlp({ hidden: [4] }), input);
const samples = Float32Array.from({ length: 12 * 3 }, (_, i) => Math.sin(i));
const source = {
  ...{ length: 12, sampleSize: 3, type: "float32" as const },
  read: async (indices: readonly number[], target: Float32Array | Uint8Array) => {
    indices.forEach((index, i) => {
      target.set(samples.subarray(3 * index, 3 * index + 3), 3 * i);
    });
    return [];
  },
};

function madeModel() {
  const model = newModel(extractor, 1);
  for (const task of [0, 1]) model.classifiers.push(newClassifier(4, 2, { seed: 1, task }));
  return model;
}

const head: Head = {
  classifier: Float32Array.from({ length: 16 }, (_, i) => Math.cos(i)),
  bias: Float32Array.of(0.5, -1, 2, 0.25),
  taskEvidence: "probability",
};

test("the evidence of class probabilities is the log of the task's probability", () => {
  const logits = { data: Float32Array.of(1, 2, 3, 0, 90, 0, 0, -90), columns: 4, unreadable: [] };
  const { data } = taskEvidence(logits, taskColumns([1, 3]), "probability");
  const whole = Math.E + Math.E ** 2 + Math.E ** 3 + 1;
  expectClose(
    data.subarray(0, 2),
    [Math.E / whole, (whole - Math.E) / whole].map((p) => Math.log(p)),
  );
  expectClose(data.subarray(2), [0, Math.log(2) - 90]);
});

test("predictions and the exported model compare classes by the head", async () => {
  const runtime = createOnnxRuntime({ threads: 1 });
  const inference = await Inference.compile(runtime, extractor);
  const model = madeModel();
  const indices = Array.from({ length: 12 }, (_, i) => i);
  const features = await inference.features(modelWithHead(model, head), source, indices);
  const logits = await inference.logits(modelWithHead(model, head), source, indices);
  const expected = indices.flatMap((row) =>
    Array.from({ length: 4 }, (_, c) =>
      [0, 1, 2, 3].reduce(
        (sum, j) =>
          sum + (features.data[4 * row + j] as number) * (head.classifier[4 * c + j] as number),
        head.bias[c] as number,
      ),
    ),
  );
  expectClose(logits.data, expected);

  const session = await ort.InferenceSession.create(
    exportOnnxModel(model, head, extractor, ["a", "b", "c", "d"]),
  );
  const results = await session.run({ x: new ort.Tensor("float32", samples, [12, 3]) });
  expectClose(results.logits?.data as Float32Array, logits.data);
  const evidence = taskEvidence(logits, taskColumns([2, 2]), "probability");
  expectClose(results.task_scores?.data as Float32Array, taskScores(evidence, indices));

  const tasks = [
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
    [
      [6, 7, 8],
      [9, 10, 11],
    ],
  ];
  const predictions = await predict(model, inference, { source, tasks }, { head });
  expectClose(predictions.evidence.data, evidence.data);
  const { continuum } = measure(predictions, { p: 2, seed: 1 });
  expect(continuum.taskConfusion.map((row) => row.reduce((a, b) => a + b))).toEqual([3, 3]);
  const right = continuum.taskConfusion.reduce((sum, row, task) => sum + (row[task] as number), 0);
  expect(continuum.taskAccuracy).toBeCloseTo(right / 6, 10);
  expect(measureSizes(predictions, 1).map(({ p }) => p)).toEqual([1, 2, 5]);
  // Class by class they are the same: of as many samples each, their mean is the whole.
  const { classes, confused } = measureClasses(predictions, { p: 2, seed: 1 });
  expect(classes.map((own) => [own.class, own.testSamples])).toEqual(
    [0, 1, 2, 3].map((c) => [c, 3]),
  );
  const { single, oracle } = measure(predictions, { p: 2, seed: 1 });
  const average = (key: "continuum" | "single" | "oracle") =>
    classes.reduce((sum, own) => sum + own[key], 0) / 4;
  expect(average("continuum")).toBeCloseTo(continuum.classAccuracy, 10);
  expect(average("single")).toBeCloseTo(single.classAccuracy, 10);
  expect(average("oracle")).toBeCloseTo(oracle.classAccuracy, 10);
  const wrong = confused.reduce((sum, pair) => sum + pair.samples, 0);
  expect(wrong).toBe(Math.round(12 * (1 - single.classAccuracy)));
  for (const row of indices) {
    const own = logits.data.subarray(4 * row, 4 * row + 4);
    expect(predictions.singleClass[row]).toBe(own.indexOf(Math.max(...own)));
  }
  await session.release();
  await inference.release();
});

test("a head of the features' roots compares those, and so does its file", async () => {
  const runtime = createOnnxRuntime({ threads: 1 });
  // Its features have both signs.
  const own = new FeatureExtractor(identityNetwork(), { ...input, shape: [4] });
  const inference = await Inference.compile(runtime, own);
  const x = Float32Array.from({ length: 5 * 4 }, (_, i) => (i === 3 ? 0 : 3 * Math.sin(i)));
  const model = { ...newModel(own, 1), classifiers: madeModel().classifiers };
  const ofRoots = { ...head, ofRoots: true };
  const rows = [0, 1, 2, 3, 4];
  const whole = modelWithHead(model, ofRoots);
  const from = samplesInMemory(x, 4);
  const roots = x.map((value) => Math.sign(value) * Math.sqrt(Math.abs(value)));
  const logits = await inference.logits(whole, from, rows);
  const plain = await inference.logits(modelWithHead(model, head), samplesInMemory(roots, 4), rows);
  expectClose(logits.data, plain.data, { absolute: 1e-5 });

  const session = await ort.InferenceSession.create(
    exportOnnxModel(model, ofRoots, own, ["a", "b", "c", "d"]),
  );
  const results = await session.run({ x: new ort.Tensor("float32", x, [5, 4]) });
  expectClose(results.logits?.data as Float32Array, logits.data);
  const state = stateOfHead(new Map(), ofRoots);
  expect(headOfState(state, model, 4, "probability")).toEqual(ofRoots);
  expect(headOfState(stateOfHead(state, head), model, 4, "probability")?.ofRoots).toBeUndefined();
  await session.release();
  await inference.release();
});

test.each([
  ["normal", (x: number) => x, undefined],
  ["squares of normal ones", (x: number) => Math.sign(x) * x * x, true],
])(
  "of %s features the discriminant is that of the roots where those tell more",
  async (_, of, ofRoots) => {
    const runtime = createOnnxRuntime({ threads: 1 });
    const own = new FeatureExtractor(identityNetwork(), { ...input, shape: [4] });
    const inference = await Inference.compile(runtime, own);
    const random = seededRandom("power");
    const drawn = Array.from({ length: 3 * 200 }, (_, i) =>
      Array.from({ length: 4 }, (_, j) => of(3 + 3 * Number(j === i % 3) + random.normal())),
    );
    const context = {
      ...{ runtime, inference, extractor: own, seed: 1 },
      source: samplesInMemory(Float32Array.from(drawn.flat()), 4),
    };
    const model = { ...newModel(own, 1), classifiers: [newClassifier(4, 3, { seed: 1, task: 0 })] };
    const memory = new ExemplarMemory(450);
    const rows = (c: number, from: number, to: number) =>
      [...drawn.keys()].filter((i) => i % 3 === c && from <= i && i < to);
    memory.classes.push(...[0, 1, 2].map((c) => rows(c, 0, 450)));
    const fitted = (await powerDiscriminant.fit(model, memory, context, {})) as Head;
    expect(fitted.ofRoots).toBe(ofRoots);
    const plain = (await discriminant.fit(model, memory, context, {})) as Head;
    if (!ofRoots) expect(fitted).toEqual({ ...plain, backbone: undefined });
    const rest = [0, 1, 2].flatMap((c) => rows(c, 450, 600));
    const { data } = await inference.logits(modelWithHead(model, fitted), context.source, rest);
    const right = rest.filter((i, row) => {
      const logits = data.subarray(3 * row, 3 * row + 3);
      return logits.indexOf(Math.max(...logits)) === i % 3;
    });
    expect(right.length / rest.length).toBeGreaterThan(0.8);
    await inference.release();
  },
);

test("of ten thousand classes only the pairs that occur are kept", () => {
  const count = 10_000;
  const rows = Array.from({ length: 2 * count }, (_, row) => row);
  const right = Uint8Array.from(rows, (row) => row % 2);
  const predictions: Predictions = {
    ...{ top: 1, rows: [rows], oracleRight: right, singleRight: right },
    classes: Int32Array.from(rows, (row) => row >> 1),
    // The first of each class's two samples is taken for the class before it.
    singleClass: Int32Array.from(rows, (row) => ((row >> 1) + (row % 2 ? 0 : count - 1)) % count),
    singleTaskRight: new Uint8Array(rows.length).fill(1),
    evidence: { data: new Float32Array(rows.length), columns: 1, unreadable: [] },
  };
  const { classes, confused } = measureClasses(predictions, { p: 20, seed: 1 });
  expect(classes).toHaveLength(count);
  expect(classes[7]).toEqual({
    class: 7,
    testSamples: 2,
    continuum: 0.5,
    single: 0.5,
    oracle: 0.5,
  });
  expect(confused).toHaveLength(count);
  expect(confused[7]).toEqual({ class: 7, predicted: 6, samples: 1 });
});

test("what a learner knows beside its model comes back as it was", () => {
  const state = new Map([["importance.theta", { data: Float32Array.of(1, 2.5), shape: [2] }]]);
  expect(decodeLearnerState(encodeLearnerState(state), "made")).toEqual(state);
  const broken = new Map([["a", { data: Float32Array.of(Number.NaN), shape: [1] }]]);
  expect(() => decodeLearnerState(encodeLearnerState(broken), "made")).toThrow(
    'made: tensor "a" has values that are not finite',
  );
});
