import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import {
  type Discriminant,
  discriminantAnalysis,
} from "../src/prediction/discriminant-analysis.js";
import {
  cholesky,
  gram,
  multiplyTransposed,
  solveLower,
  solveUpper,
  transpose,
} from "../src/prediction/matrix.js";
import type { LabelledFeatures } from "../src/prediction/moments.js";
import { expectClose } from "./support/close.js";

describe("matrices", () => {
  const sizes = fc.record({
    rows: fc.integer({ min: 1, max: 9 }),
    columns: fc.integer({ min: 1, max: 7 }),
    inner: fc.integer({ min: 1, max: 6 }),
  });
  const matrix = (length: number, key: number) => {
    const random = seededRandom("matrix", key);
    return Float64Array.from({ length }, () => random.normal());
  };
  const naive = (a: Float64Array, b: Float64Array, inner: number) =>
    Array.from({ length: a.length / inner }, (_, i) =>
      Array.from({ length: b.length / inner }, (_, j) =>
        Array.from({ length: inner }, (_, k) => at(a, inner, i, k) * at(b, inner, j, k)).reduce(
          (sum, value) => sum + value,
        ),
      ),
    );

  test("products, of every size", () =>
    fc.assert(
      fc.property(sizes, ({ rows, columns, inner }) => {
        const [a, b] = [matrix(rows * inner, 1), matrix(columns * inner, 2)];
        expectClose(multiplyTransposed(a, b, inner), naive(a, b, inner).flat());
        expect(transpose(transpose(a, inner), rows)).toEqual(a);
      }),
    ));

  test("the Gram matrix of more rows than a block has", () => {
    const a = matrix(70 * 3, 3);
    const product = gram(a, 3);
    const expected = naive(a, a, 3);
    for (let i = 0; i < 70; i++) {
      expectClose(
        product.subarray(70 * i, 70 * i + i + 1),
        (expected[i] as number[]).slice(0, i + 1),
      );
    }
  });

  test("the two solutions with a Cholesky factor undo the matrix", () =>
    fc.assert(
      fc.property(sizes, ({ rows, inner: size }) => {
        const a = matrix(size * size, 4);
        const positive = multiplyTransposed(a, a, size);
        for (let j = 0; j < size; j++) positive[j * size + j] = at(positive, size, j, j) + 1;
        const x = matrix(rows * size, 5);
        const factor = cholesky(positive, size);
        const solved = solveUpper(factor, size, solveLower(factor, size, x));
        expectClose(multiplyTransposed(solved, positive, size), x);
      }),
    ));
});

describe("discriminant analysis", () => {
  /** Classes with means on a circle, and features that vary together. */
  function madeData(seed: number, counts = [9, 12, 7], distance = 1.5, size = 4): LabelledFeatures {
    const random = seededRandom("discriminants", seed);
    const labels = counts.flatMap((count, label) => new Array<number>(count).fill(label));
    const features = new Float32Array(labels.length * size);
    labels.forEach((label, i) => {
      const common = random.normal();
      for (let j = 0; j < size; j++) {
        features[i * size + j] =
          10 + distance * Math.cos(label + j) + common + (1 + j) * 0.3 * random.normal();
      }
    });
    return { features, size, labels, classes: counts.length };
  }

  test("classifier, bias and loss are those of fits that lack a sample, one by one", () => {
    const data = madeData(1);
    const found = discriminantAnalysis(data);
    const { classifier, bias, scale, loss } = bruteForce(data, found.shrinkage);
    expect(found.loss).toBeCloseTo(loss, 6);
    expectClose(
      found.classifier,
      classifier.map((weight) => scale * weight),
      { relative: 3e-3 },
    );
    expectClose(
      found.bias,
      bias.map((value) => scale * value),
      { relative: 3e-3 },
    );
    for (const other of [0.3, 0.1, 0.01, 0.001]) {
      expect(bruteForce(data, other).loss).toBeGreaterThanOrEqual(loss - 1e-6);
    }
  });

  test("probabilities are as sure as they are right", () => {
    const data = madeData(2, [150, 150, 150, 150], 0.8);
    const fresh = madeData(3, [500, 500, 500, 500], 0.8);
    const rows = probabilities(discriminantAnalysis(data), fresh);
    const sure = rows.map((row) => Math.max(...row));
    const right = rows.map((row, i) => row.indexOf(Math.max(...row)) === fresh.labels[i]);
    for (const [low, high] of [
      [0, 0.6],
      [0.6, 0.9],
      [0.9, 1],
    ] as const) {
      const chosen = [...sure.keys()].filter((i) => low < at1(sure, i) && at1(sure, i) <= high);
      const share = chosen.filter((i) => right[i]).length / chosen.length;
      const stated = chosen.reduce((sum, i) => sum + at1(sure, i), 0) / chosen.length;
      expect(chosen.length).toBeGreaterThan(100);
      expect(Math.abs(share - stated)).toBeLessThan(0.05);
    }
  });

  test("neither shift nor unit of the features changes a probability", () => {
    const data = madeData(4);
    const changed = { ...data, features: data.features.map((value) => 7 * value - 20) };
    const before = probabilities(discriminantAnalysis(data), data);
    const after = probabilities(discriminantAnalysis(changed), changed);
    expectClose(after.flat(), before.flat(), { relative: 1e-3 });
  });

  test("with the classes in another order the rows are", () => {
    const data = madeData(5);
    const order = [2, 0, 1];
    const found = discriminantAnalysis(data);
    const renamed = discriminantAnalysis({
      ...data,
      labels: data.labels.map((label) => at1(order, label)),
    });
    order.forEach((to, from) => {
      expect(renamed.bias[to]).toBeCloseTo(at1(found.bias, from), 4);
    });
  });

  test("the same samples give the same numbers", () => {
    expect(discriminantAnalysis(madeData(6))).toEqual(discriminantAnalysis(madeData(6)));
  });

  test("classes that lie far apart are told apart, with samples of fewer kinds than features", () => {
    const data = madeData(7, [3, 3, 3], 200, 40);
    const rows = probabilities(discriminantAnalysis(data), data);
    expect(rows.map((row) => row.indexOf(Math.max(...row)))).toEqual(data.labels);
  });

  test("one sample of each class: the nearest one counts", () => {
    const data = { features: Float32Array.of(0, 0, 4, 0), size: 2, labels: [0, 1], classes: 2 };
    const found = discriminantAnalysis(data);
    const asked = { features: Float32Array.of(1.9, 3, 2.1, -3), size: 2, labels: [0, 1] };
    const rows = probabilities(found, { ...asked, classes: 2 });
    expect(rows.map((row) => row.indexOf(Math.max(...row)))).toEqual([0, 1]);
  });

  test("a class without samples is never found", () => {
    const data = { ...madeData(8), classes: 4 };
    const rows = probabilities(discriminantAnalysis(data), data);
    for (const row of rows) expect(row[3]).toBe(0);
    const without = probabilities(discriminantAnalysis(madeData(8)), data);
    expectClose(
      rows.flatMap((row) => row.slice(0, 3)),
      without.flat(),
    );
  });

  test("one class alone is certain", () => {
    const data = madeData(9, [5]);
    expect(probabilities(discriminantAnalysis(data), data)).toEqual(data.labels.map(() => [1]));
  });
});

function at(matrix: ArrayLike<number>, columns: number, i: number, j: number): number {
  return matrix[i * columns + j] as number;
}

function at1(values: ArrayLike<number>, i: number): number {
  return values[i] as number;
}

function probabilities({ classifier, bias }: Discriminant, data: LabelledFeatures): number[][] {
  return data.labels.map((_, i) => {
    const logits = Array.from(bias, (value, k) =>
      Array.from({ length: data.size }, (_, j) => j).reduce(
        (sum, j) => sum + at(classifier, data.size, k, j) * at(data.features, data.size, i, j),
        value,
      ),
    );
    return softmax(logits);
  });
}

function softmax(logits: readonly number[]): number[] {
  const weights = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

/** The definition, with an inverse for each sample that is left out. */
function bruteForce({ features, size, labels, classes }: LabelledFeatures, shrinkage: number) {
  const row = (i: number) => Array.from(features.subarray(i * size, (i + 1) * size));
  const mean = (rows: number[][]) =>
    row(0).map((_, j) => rows.reduce((sum, x) => sum + at1(x, j), 0) / rows.length);
  const all = labels.map((_, i) => i);
  const moments = (kept: number[]) => {
    const means = Array.from({ length: classes }, (_, k) =>
      mean(kept.filter((i) => labels[i] === k).map(row)),
    );
    const scatter = Array.from({ length: size }, (_, a) =>
      Array.from({ length: size }, (_, b) =>
        kept.reduce((sum, i) => {
          const own = means[at1(labels, i)] as number[];
          return sum + (at1(row(i), a) - at1(own, a)) * (at1(row(i), b) - at1(own, b));
        }, 0),
      ),
    );
    return { means, covariance: scatter.map((r) => r.map((value) => value / labels.length)) };
  };
  const whole = moments(all);
  const variance = whole.covariance.reduce((sum, r, j) => sum + at1(r, j) / size, 0);
  const fitted = ({ means, covariance }: ReturnType<typeof moments>) => {
    const shrunk = covariance.map((r, a) =>
      r.map((value, b) => (1 - shrinkage) * value + (a === b ? shrinkage * variance : 0)),
    );
    const weights = means.map((m) => solve(shrunk, m));
    return { weights, bias: weights.map((w, k) => -dot(w, means[k] as number[]) / 2) };
  };
  const logits = all.map((i) => {
    const { weights, bias } = fitted(moments(all.filter((other) => other !== i)));
    return weights.map((w, k) => dot(w, row(i)) + at1(bias, k));
  });
  const doubt = 1 / (labels.length + 2);
  const lossAt = (scale: number) =>
    logits.reduce((sum, own, i) => {
      const p = softmax(own.map((logit) => scale * logit));
      const crossEntropy = p.map((value, k) => {
        const target = k === labels[i] ? 1 - doubt : doubt / (classes - 1);
        return -target * Math.log(value);
      });
      return sum + crossEntropy.reduce((a, b) => a + b) / labels.length;
    }, 0);
  const scales = Array.from({ length: 4001 }, (_, i) => 0.001 * 1000 ** (i / 4000));
  const scale = scales.reduce((best, other) => (lossAt(other) < lossAt(best) ? other : best));
  // Of the whole fit, from the common mean, as far as rows may differ by a constant vector.
  const centre = mean(all.map(row));
  const { weights } = fitted({
    ...whole,
    means: whole.means.map((m) => m.map((value, j) => value - at1(centre, j))),
  });
  const bias = weights.map((w, k) => {
    const m = whole.means[k] as number[];
    return -dot(
      w,
      m.map((value, j) => (value + at1(centre, j)) / 2),
    );
  });
  return { classifier: weights.flat(), bias, scale, loss: lossAt(scale) };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, j) => sum + value * at1(b, j), 0);
}

/** Gauss's elimination. */
function solve(matrix: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = matrix.map((r, i) => [...r, at1(b, i)]);
  rows.forEach((pivot, i) => {
    for (const [other, r] of rows.entries()) {
      if (other === i) continue;
      const factor = at1(r, i) / at1(pivot, i);
      for (let j = i; j <= rows.length; j++) r[j] = at1(r, j) - factor * at1(pivot, j);
    }
  });
  return rows.map((r, i) => at1(r, rows.length) / at1(r, i));
}
