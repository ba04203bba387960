import type { Head } from "../src/prediction/head.js";
import { multiplyTransposed, transpose } from "../src/prediction/matrix.js";
import type { LabelledFeatures } from "../src/prediction/moments.js";

/** Corrections that are remembered. */
const MEMORY = 10;

/**
 * Multinomial logistic regression with an L2 penalty on the weights of standardised features, by L-BFGS from zero until no
 * element of the gradient is larger than 2e-4: the rival that discriminant analysis is measured against.
 */
export function softmaxRegression(data: LabelledFeatures, penalty: number): Head {
  const { size, labels, classes } = data;
  const { features, centre, deviation } = standardized(data);
  const columns = transpose(features, size);
  const samples = labels.length;
  const length = classes * size;
  let x: Float64Array = new Float64Array(length + classes);
  let { loss, gradient } = evaluate(x);
  const corrections: { step: Float64Array; change: Float64Array }[] = [];
  while (gradient.some((value) => Math.abs(value) > 2e-4)) {
    const direction = towards(gradient);
    const slope = dot(gradient, direction);
    let rate = corrections.length > 0 ? 1 : 1 / Math.max(1, Math.sqrt(dot(gradient, gradient)));
    let next = moved(x, direction, -rate);
    let found = evaluate(next);
    while (found.loss > loss - 1e-4 * rate * slope && rate > 1e-8) {
      rate /= 2;
      next = moved(x, direction, -rate);
      found = evaluate(next);
    }
    corrections.push({ step: moved(next, x, -1), change: moved(found.gradient, gradient, -1) });
    if (corrections.length > MEMORY) corrections.shift();
    [x, loss, gradient] = [next, found.loss, found.gradient];
    if (rate <= 1e-8) break;
  }
  const classifier = new Float32Array(length);
  const bias = Float32Array.from(x.subarray(length));
  for (let i = 0; i < length; i++) {
    classifier[i] = (x[i] as number) / (deviation[i % size] as number);
    const row = Math.floor(i / size);
    bias[row] = (bias[row] as number) - (classifier[i] as number) * (centre[i % size] as number);
  }
  return { classifier, bias, taskEvidence: "probability" };

  function evaluate(at: Float64Array): { loss: number; gradient: Float64Array } {
    const logits = multiplyTransposed(features, at.subarray(0, length), size);
    const residuals = new Float64Array(classes * samples);
    let value = 0;
    for (let i = 0; i < samples; i++) {
      const own = Array.from(
        { length: classes },
        (_, k) => (logits[i * classes + k] as number) + (at[length + k] as number),
      );
      const largest = Math.max(...own);
      const weights = own.map((logit) => Math.exp(logit - largest));
      const sum = weights.reduce((a, b) => a + b);
      const label = labels[i] as number;
      value += (Math.log(sum) + largest - (own[label] as number)) / samples;
      weights.forEach((weight, k) => {
        residuals[k * samples + i] = (weight / sum - Number(k === label)) / samples;
      });
    }
    const slopes = new Float64Array(length + classes);
    slopes.set(multiplyTransposed(residuals, columns, samples));
    for (let i = 0; i < length; i++) {
      slopes[i] = (slopes[i] as number) + penalty * (at[i] as number);
      value += (penalty / 2) * (at[i] as number) ** 2;
    }
    for (let k = 0; k < classes; k++) {
      slopes[length + k] = residuals
        .subarray(k * samples, (k + 1) * samples)
        .reduce((a, b) => a + b);
    }
    return { loss: value, gradient: slopes };
  }

  /** The gradient times an estimate of the inverse of the Hessian matrix (Nocedal 1980). */
  function towards(from: Float64Array): Float64Array {
    let direction = from;
    const along: number[] = [];
    for (const { step, change } of [...corrections].reverse()) {
      const share = dot(step, direction) / dot(step, change);
      along.unshift(share);
      direction = moved(direction, change, -share);
    }
    const last = corrections.at(-1);
    if (last) {
      const scale = dot(last.step, last.change) / dot(last.change, last.change);
      direction = direction.map((value) => scale * value);
    }
    corrections.forEach(({ step, change }, i) => {
      const share = (along[i] as number) - dot(change, direction) / dot(step, change);
      direction = moved(direction, step, share);
    });
    return direction;
  }
}

function standardized({ features, size }: LabelledFeatures) {
  const samples = features.length / size;
  const centre = new Float64Array(size);
  const deviation = new Float64Array(size);
  features.forEach((value, i) => {
    centre[i % size] = (centre[i % size] as number) + value / samples;
  });
  features.forEach((value, i) => {
    const difference = value - (centre[i % size] as number);
    deviation[i % size] = (deviation[i % size] as number) + difference ** 2 / samples;
  });
  for (let j = 0; j < size; j++) deviation[j] = Math.sqrt(deviation[j] as number) || 1;
  const scaled = Float64Array.from(
    features,
    (value, i) => (value - (centre[i % size] as number)) / (deviation[i % size] as number),
  );
  return { features: scaled, centre, deviation };
}

/** a + factor·b */
function moved(a: Float64Array, b: Float64Array, factor: number): Float64Array {
  return a.map((value, i) => value + factor * (b[i] as number));
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}
