import { mean } from "../incremental/metrics.js";

/** A mean over runs with its 95 % confidence interval, mean ± halfWidth. */
export interface Estimate {
  readonly mean: number;
  /** Undefined for a single value, which says nothing about how far others lie. */
  readonly halfWidth: number | undefined;
  readonly n: number;
}

/** The mean of independent values, with the interval of Student's t distribution. */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  if (n < 2) return { mean: mean(values), halfWidth: undefined, n };
  const halfWidth = (studentQuantile(n - 1) * standardDeviation(values)) / Math.sqrt(n);
  return { mean: mean(values), halfWidth, n };
}

/** Of a sample: divided by n − 1. */
export function standardDeviation(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** The t with P(|T| ≤ t) = confidence, for T of Student's distribution. */
export function studentQuantile(degreesOfFreedom: number, confidence = 0.95): number {
  let [low, high] = [0, 1];
  while (studentProbability(high, degreesOfFreedom) < confidence) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (studentProbability(middle, degreesOfFreedom) < confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** P(|T| ≤ t) for whole degrees of freedom (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4). */
function studentProbability(t: number, degreesOfFreedom: number): number {
  const angle = Math.atan(t / Math.sqrt(degreesOfFreedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = degreesOfFreedom % 2;
  let term = odd ? cosine : 1;
  let sum = degreesOfFreedom > 1 ? term : 0;
  for (let k = 2 + odd; k < degreesOfFreedom; k += 2) {
    term *= (cosine ** 2 * (k - 1)) / k;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}
