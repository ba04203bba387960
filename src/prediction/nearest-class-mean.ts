import type { Judged } from "./calibration.js";
import type { LinearRule } from "./linear-rule.js";
import { multiplyTransposed } from "./matrix.js";
import type { Moments } from "./moments.js";

/**
 * The nearest class mean by the cosine. The length of a feature changes no order of classes: the means, made as long as
 * 1 / the features' own usual length, are the rows of a linear classifier.
 */
export const nearestClassMean: LinearRule = {
  fit(moments) {
    const { size, classes, centre, means, covariance } = moments;
    const whole = means.map((value, i) => value + (centre[i % size] as number));
    const squares = Array.from({ length: classes }, (_, k) =>
      whole.subarray(k * size, (k + 1) * size).reduce((sum, value) => sum + value ** 2, 0),
    );
    let usual = squares.reduce((sum, square) => sum + square / classes, 0);
    for (let j = 0; j < size; j++) usual += covariance[j * size + j] as number;
    const lengths = squares.map((square) => Math.sqrt(square * usual) || 1);
    const classifier = whole.map((value, i) => value / (lengths[Math.floor(i / size)] as number));
    return {
      classifier,
      bias: new Float64Array(classes),
      judged: leftOut(moments, whole, classifier, lengths),
    };
  },
};

/**
 * What means that lack one sample each say about it: without x = m + r, the mean of n samples is m − r/(n − 1). Its length
 * stays nearly as it is.
 */
function leftOut(
  { size, classes, counts, judges: { labels, residuals } }: Moments,
  means: Float64Array,
  rows: Float64Array,
  lengths: readonly number[],
): Judged {
  const products = multiplyTransposed(residuals, rows, size);
  const meanProducts = multiplyTransposed(means, rows, size);
  const logits = new Float64Array(labels.length * classes);
  labels.forEach((c, row) => {
    for (let k = 0; k < classes; k++) {
      logits[row * classes + k] =
        (meanProducts[c * classes + k] as number) + (products[row * classes + k] as number);
    }
    const own = row * classes + c;
    let square = 0;
    for (let j = row * size; j < (row + 1) * size; j++) square += (residuals[j] as number) ** 2;
    const lost = (products[own] as number) + square / (lengths[c] as number);
    logits[own] = (logits[own] as number) - lost / ((counts[c] as number) - 1);
  });
  return { logits, labels };
}
