import { cholesky, gram, solveLower, solveUpper, transpose } from "./matrix.js";
import { type Moments, meanVariance } from "./moments.js";

/** Factors between one λ that is tried and the next, and where the search begins. */
const [STEP, START] = [Math.sqrt(10), 300];

/** Steps at most, to either side. */
const STEPS = 8;

/**
 * λ of ridge regression: so many samples with the features' mean variance are added to those that were learned. It is the
 * one with the smallest error by generalised cross-validation (Golub, Heath, Wahba 1979), the form of leaving out one
 * sample after another that needs no samples: RSS / (1 − (1 + tr(S·(S + λ·I)⁻¹))/n)². It depends on sums alone.
 */
export function bestRegularisation(moments: Moments): number {
  const matrix = spread(moments);
  let [best, error] = [START, errorAt(moments, matrix, START)];
  for (const factor of [STEP, 1 / STEP]) {
    for (let i = 0; i < STEPS; i++) {
      const next = errorAt(moments, matrix, best * factor);
      if (!(next < error)) break;
      [best, error] = [best * factor, next];
    }
    // To the other side there is a smaller one only if there was none on this.
    if (best !== START) break;
  }
  return best;
}

/**
 * S: the covariance within classes plus that of their means, each class having the same weight, about their centre; on and
 * below the diagonal. Within classes samples have the same: there is one covariance for all.
 */
function spread({ size, classes, means, covariance }: Moments): Float64Array {
  const between = gram(transpose(means, size), classes);
  return covariance.map((value, i) => value + (between[i] as number) / classes);
}

/** What λ adds to the diagonal of S; where all samples are the same, 1. */
function addedBy(lambda: number, { size, samples }: Moments, matrix: Float64Array): number {
  const variance = meanVariance(matrix, size);
  return variance > 0 ? (lambda / samples) * variance : 1;
}

/** L of L·Lᵀ = S + λ·I, and what λ adds. */
function factorised(
  moments: Moments,
  matrix: Float64Array,
  lambda: number,
): { factor: Float64Array; added: number } {
  const { size } = moments;
  const added = addedBy(lambda, moments, matrix);
  const sum = matrix.slice();
  for (let j = 0; j < size; j++) sum[j * size + j] = (sum[j * size + j] as number) + added;
  return { factor: cholesky(sum, size), added };
}

/** L of L·Lᵀ = S + λ·I. */
export function regularisedFactor(moments: Moments, lambda: number): Float64Array {
  return factorised(moments, spread(moments), lambda).factor;
}

function errorAt(moments: Moments, matrix: Float64Array, lambda: number): number {
  const { size, classes, samples, means } = moments;
  const { factor, added } = factorised(moments, matrix, lambda);
  const white = solveLower(factor, size, means);
  const [whole, again] = [squares(white), squares(solveUpper(factor, size, white))];
  const residual = 1 - 1 / classes - (whole + added * again) / classes ** 2;
  const identity = new Float64Array(size * size);
  for (let j = 0; j < size; j++) identity[j * size + j] = 1;
  const freedom = 1 + size - added * squares(solveLower(factor, size, identity, (row) => row));
  return residual / (1 - freedom / samples) ** 2;
}

function squares(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}
