import type { Judged } from "./calibration.js";
import { leftOneOut } from "./left-out.js";
import type { LinearRule } from "./linear-rule.js";
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
  moments: Moments,
  means: Float64Array,
  rows: Float64Array,
  lengths: readonly number[],
): Judged {
  const { counts, judges } = moments;
  return leftOneOut(moments, judges.residuals, means, rows, ({ own, square, residual, mean }) => {
    const lost =
      (residual(own) + square / (lengths[own] as number)) / ((counts[own] as number) - 1);
    return (k) => mean(own, k) + residual(k) - (k === own ? lost : 0);
  });
}
