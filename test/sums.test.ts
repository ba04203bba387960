import { describe, expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { Learner } from "../src/learners/learner.js";
import { createMethod } from "../src/learners/method.js";
import { learnerParts } from "../src/learners/parts.js";
import { predictWith } from "../src/learners/predict-with.js";
import { learnerShape } from "../src/learners/settings.js";
import { headOfSums } from "../src/learners/summation.js";
import { Inference } from "../src/model/inference.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { mlp } from "../src/nn/mlp.js";
import { randomFeatures } from "../src/nn/random-features.js";
import { constant } from "../src/optim/constant.js";
import { sgd } from "../src/optim/sgd.js";
import { discriminantRule } from "../src/prediction/discriminant-analysis.js";
import {
  type FeatureSums,
  minusClass,
  momentsOfSums,
  plusSamples,
  sumsOf,
  withSums,
} from "../src/prediction/feature-sums.js";
import { leastSquares } from "../src/prediction/least-squares.js";
import type { LinearRule } from "../src/prediction/linear-rule.js";
import type { Moments } from "../src/prediction/moments.js";
import { nearestClassMean } from "../src/prediction/nearest-class-mean.js";
import { measure } from "../src/prediction/predictions.js";
import { bestRegularisation } from "../src/prediction/regularisation.js";
import { createOnnxRuntime } from "../src/runtime/node/onnxruntime-node.js";
import { samplesInMemory } from "../src/samples/samples.js";
import { decodeLearnerState, encodeLearnerState } from "../src/storage/model-files.js";
import { expectClose } from "./support/close.js";

const RULES: Record<string, LinearRule> = {
  ncm: nearestClassMean,
  slda: discriminantRule,
  ridge: leastSquares,
};
const [SIZE, LAMBDA] = [6, 3];

/** Samples about a mean for each class, [samples, SIZE]. */
function cloud(label: number, samples: number, part: string): Float32Array {
  const centre = seededRandom("centre", label);
  const means = Array.from({ length: SIZE }, () => 2 + 1.5 * centre.normal());
  const noise = seededRandom(part, label);
  return Float32Array.from(
    { length: samples * SIZE },
    (_, i) => (means[i % SIZE] as number) + noise.normal(),
  );
}

function summed(classes: readonly Float32Array[]): FeatureSums {
  return classes.reduce(plusSamples3, sumsOf(new Map(), SIZE));
}

function plusSamples3(sums: FeatureSums, rows: Float32Array, position: number): FeatureSums {
  return plusSamples(sums, position, rows);
}

describe("rules", () => {
  const counts = [5, 9, 2];
  const classes = counts.map((count, label) => cloud(label, count, "train"));
  const rowOf = (label: number, i: number) =>
    (classes[label] as Float32Array).slice(i * SIZE, (i + 1) * SIZE);

  test("ridge: what is said of a left-out sample is what a fit without it says", () => {
    const judges = counts.flatMap((count, position) =>
      Array.from({ length: count }, (_, i) => ({ position, features: rowOf(position, i) })),
    );
    const whole = momentsOfSums(summed(classes), judges);
    const { judged } = leastSquares.fit(whole, LAMBDA);
    let row = 0;
    for (const [label, count] of counts.entries()) {
      for (let i = 0; i < count; i++, row++) {
        const without = classes.map((rows, other) =>
          other === label ? rows.filter((_, at) => Math.floor(at / SIZE) !== i) : rows,
        );
        const left = momentsOfSums(summed(without));
        // n, and what λ adds, stay those of all samples.
        const { samples } = whole;
        const covariance = left.covariance.map((value) => (value * left.samples) / samples);
        const moments = { ...left, samples, covariance };
        const lambda = (LAMBDA * variance(whole)) / variance(moments);
        const { classifier, bias } = leastSquares.fit(moments, lambda);
        const logits = [...bias].map((value, k) =>
          rowOf(label, i).reduce(
            (sum, x, j) => sum + x * (classifier[k * SIZE + j] as number),
            value,
          ),
        );
        expectClose(judged.logits.subarray(row * 3, row * 3 + 3), logits);
      }
    }
    expect(row).toBe(16);
  });

  test("λ has the smallest error of those about it, and the error is that of leaving out, but for the mean share", () => {
    const even = [0, 1, 2].map((label) => cloud(label, 30, "even"));
    const moments = momentsOfSums(summed(even));
    const judges = even.flatMap((rows, position) =>
      Array.from({ length: 30 }, (_, i) => ({
        position,
        features: rows.slice(i * SIZE, (i + 1) * SIZE),
      })),
    );
    const error = (lambda: number) => {
      const { judged } = leastSquares.fit(momentsOfSums(summed(even), judges), lambda);
      return judged.labels.reduce(
        (sum, label, row) =>
          sum +
          [0, 1, 2].reduce(
            (own, k) => own + ((judged.logits[row * 3 + k] as number) - Number(k === label)) ** 2,
            0,
          ),
        0,
      );
    };
    const found = bestRegularisation(moments);
    for (const factor of [0.03, 30]) expect(error(found)).toBeLessThan(error(found * factor));
  });

  test.each(Object.entries(RULES))(
    "%s: classes in another order are the same rows in that order",
    (_, rule) => {
      const setting = LAMBDA;
      const there = rule.fit(momentsOfSums(summed(classes)), setting);
      const order = [2, 0, 1];
      const back = rule.fit(
        momentsOfSums(summed(order.map((label) => classes[label] as Float32Array))),
        setting,
      );
      order.forEach((label, position) => {
        const rows = (all: Float64Array, at: number) => all.subarray(at * SIZE, (at + 1) * SIZE);
        expectClose(rows(back.classifier, position), rows(there.classifier, label));
      });
    },
  );

  test.each(Object.entries(RULES))(
    "%s: samples that come in parts give the same rows",
    (_, rule) => {
      const setting = LAMBDA;
      const whole = summed(classes);
      const first = summed(classes.map((rows) => rows.subarray(0, SIZE)));
      const both = classes.map((rows) => rows.subarray(SIZE)).reduce(plusSamples3, first);
      expectClose(
        rule.fit(momentsOfSums(both), setting).classifier,
        rule.fit(momentsOfSums(whole), setting).classifier,
      );
    },
  );

  test("a forgotten class is gone: rows of means and of the discriminant are the others' own", () => {
    const rest = minusClass(summed(classes), 1);
    expect([...rest.counts]).toEqual([5, 2]);
    for (const rule of [nearestClassMean, discriminantRule]) {
      const setting = 0;
      const before = rule.fit(momentsOfSums(summed(classes)), setting);
      const after = rule.fit(momentsOfSums(rest), setting);
      const relative = ({ classifier }: { classifier: Float64Array }, a: number, b: number) =>
        Array.from({ length: SIZE }, (_, j) =>
          rule === nearestClassMean
            ? (classifier[b * SIZE + j] as number) / (classifier[b * SIZE] as number)
            : (classifier[b * SIZE + j] as number) - (classifier[a * SIZE + j] as number),
        );
      expectClose(relative(after, 0, 1), relative(before, 0, 2));
    }
  });

  test("where classes differ in their means alone, forgetting one leaves what there was without it", () => {
    const same = [0, 1, 2].map((label) =>
      cloud(0, 7, "train").map((value) => value + 3 * Math.sin(label * 5)),
    );
    const [a, , c] = same as [Float32Array, Float32Array, Float32Array];
    const forgotten = minusClass(summed(same), 1);
    const never = summed([a, c]);
    expectClose(forgotten.sums, never.sums);
    const lower = (gram: Float64Array) =>
      gram.filter((_, at) => at % SIZE <= Math.floor(at / SIZE));
    expectClose(lower(forgotten.gram), lower(never.gram));
  });

  test("a class of which nothing could be read is never found", () => {
    const sums = summed([
      classes[0] as Float32Array,
      new Float32Array(0),
      classes[1] as Float32Array,
    ]);
    for (const rule of Object.values(RULES)) {
      const { bias } = headOfSums(rule, withSums(new Map(), sums), SIZE);
      expect(bias[1]).toBeLessThan(-1e29);
      expect(bias[0]).toBeGreaterThan(-1e3);
    }
  });
});

/** The mean variance that λ is a multiple of. */
function variance({ covariance, means, classes }: Moments): number {
  let sum = 0;
  for (let j = 0; j < SIZE; j++) {
    sum += covariance[j * SIZE + j] as number;
    for (let k = 0; k < classes; k++) sum += (means[k * SIZE + j] as number) ** 2 / classes;
  }
  return sum;
}

describe("learners", () => {
  const CLASSES = 6;
  const runtime = createOnnxRuntime({ threads: 1 });
  const input = { shape: [SIZE], type: "float32", mean: [0], std: [1] } as const;
  const settings = {
    ...{ optimizer: sgd({ momentum: 0.9 }), schedule: constant(), learningRate: 0.05 },
    ...{ epochs: 1, batchSize: 8, validation: 0, continuum: 5 },
  };
  const [PER, TESTS] = [20, 30];
  const train = Array.from({ length: CLASSES }, (_, label) => cloud(label, PER, "train"));
  const tests = Array.from({ length: CLASSES }, (_, label) => cloud(label, TESTS, "test"));
  const joined = (parts: readonly Float32Array[]) =>
    samplesInMemory(Float32Array.from(parts.flatMap((part) => [...part])), SIZE);
  const indices = (label: number, count: number) =>
    Array.from({ length: count }, (_, i) => label * count + i);

  async function learned(
    name: string,
    tasks: readonly (readonly number[])[],
    network = mlp({ hidden: [] }),
  ) {
    const extractor = new FeatureExtractor(network, input);
    const inference = await Inference.compile(runtime, extractor);
    const context = { runtime, extractor, inference, source: joined(train), seed: 1 };
    const chosen = learnerShape(learnerParts).learner.parse({ name });
    const learner = new Learner(
      createMethod(learnerParts.methods, chosen, learnerParts),
      context,
      settings,
    );
    for (const task of tasks) await learner.learn(task.map((label) => indices(label, PER)));
    return learner;
  }

  async function accuracies(learner: Learner, tasks: readonly (readonly number[])[]) {
    const test = {
      source: joined(tests),
      tasks: tasks.map((task) => task.map((label) => indices(label, TESTS))),
    };
    const { single, continuum } = measure(await predictWith(learner, test, { top: 1 }), {
      p: 5,
      seed: 1,
    });
    return { single: single.classAccuracy, continuum: continuum.classAccuracy };
  }

  test.each(Object.keys(RULES))(
    "%s learns in any order of tasks, to the same numbers",
    async (name) => {
      const orders = [
        [
          [0, 1],
          [2, 3],
          [4, 5],
        ],
        [
          [4, 5],
          [0, 1],
          [2, 3],
        ],
        [[3], [1, 5, 0], [4, 2]],
      ];
      const found = [];
      for (const tasks of orders) {
        const learner = await learned(name, tasks);
        const { classifier, bias } = await learner.head();
        const order = tasks.flat();
        const rows = order
          .map((label, position) => ({
            label,
            row: classifier.subarray(position * SIZE, (position + 1) * SIZE),
            bias: bias[position] as number,
          }))
          .sort((a, b) => a.label - b.label);
        const scale = Math.hypot(...classifier);
        found.push(rows.flatMap(({ row, bias }) => [...row, bias].map((value) => value / scale)));
        const { single, continuum } = await accuracies(learner, tasks);
        expect(single).toBeGreaterThan(0.75);
        expect(continuum).toBeGreaterThan(single - 0.02);
      }
      expectClose(found[1] as number[], found[0] as number[]);
      expectClose(found[2] as number[], found[0] as number[]);
    },
  );

  test("nothing of a sample is kept, and what is kept is stored to the bit", async () => {
    const learner = await learned("ridge", [[0, 1], [2]]);
    expect(learner.memory.classes).toEqual([[], [], []]);
    const { state } = learner;
    const names = ["sums.features", "sums.counts", "sums.gram", "sums.losses"];
    expect([...state.keys()].filter((name) => name.startsWith("sums.")).sort()).toEqual(
      names.sort(),
    );
    expect(decodeLearnerState(encodeLearnerState(state), "made")).toEqual(state);
    const rows = await learner.head();
    expect([...(learner.model.classifiers[1] as Float32Array)]).toEqual([
      ...rows.classifier.subarray(2 * SIZE),
    ]);
  });

  test("probabilities are right as often as they say", async () => {
    for (const name of Object.keys(RULES)) {
      const learner = await learned(name, [
        [0, 1, 2],
        [3, 4, 5],
      ]);
      const head = await learner.head();
      const { inference, extractor } = learner.context;
      const model = { ...learner.model, classifier: head.classifier, bias: head.bias };
      const all = Array.from({ length: CLASSES * TESTS }, (_, i) => i);
      const { data, columns } = await inference.logits(model, joined(tests), all);
      expect(extractor.featureSize).toBe(SIZE);
      let [right, sure] = [0, 0];
      for (const row of all) {
        const logits = [...data.subarray(row * columns, (row + 1) * columns)];
        const largest = Math.max(...logits);
        right += Number(logits.indexOf(largest) === Math.floor(row / TESTS)) / all.length;
        sure += 1 / logits.reduce((sum, value) => sum + Math.exp(value - largest), 0) / all.length;
      }
      expect(Math.abs(right - sure)).toBeLessThan(0.15);
    }
  });

  test("random features are features like any others", async () => {
    const learner = await learned(
      "ridge",
      [
        [0, 1],
        [2, 3],
      ],
      randomFeatures({ size: 64 }),
    );
    expect((await learner.head()).classifier).toHaveLength(4 * 64);
    const { single } = await accuracies(learner, [
      [0, 1],
      [2, 3],
    ]);
    expect(single).toBeGreaterThan(0.75);
  });

  test("a signal stops it, and what was learned stays", async () => {
    const learner = await learned("ridge", [[0, 1]]);
    const before = learner.state;
    const stopped = learner.learn([indices(2, PER)], { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toThrow("ITAML_INTERRUPTED");
    expect(learner.state).toBe(before);
    expect(learner.model.classifiers).toHaveLength(1);
  });
});
