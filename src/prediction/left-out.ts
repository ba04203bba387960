import type { Judged } from "./calibration.js";
import { multiplyTransposed } from "./matrix.js";
import type { Moments } from "./moments.js";

/** A sample that a fit lacks: it differs from the mean of its class by r. */
export interface LeftOutSample {
  /** The position of its class. */
  readonly own: number;
  /** r·r */
  readonly square: number;
  /** r·(row of class k) */
  residual(k: number): number;
  /** (mean of class j)·(row of class k) */
  mean(j: number, k: number): number;
}

/**
 * The logits of the samples that judge, each by a fit that lacks it.
 *
 * @param residuals those of the samples, in the fit's own coordinates, [samples, size]
 * @param means of the classes, there, [classes, size]
 * @param rows what logits are products with, [classes, size]
 * @param logits of one sample: for class k
 */
export function leftOneOut(
  { size, classes, judges: { labels } }: Moments,
  residuals: Float64Array,
  means: Float64Array,
  rows: Float64Array,
  logits: (sample: LeftOutSample) => (k: number) => number,
): Judged {
  const products = multiplyTransposed(residuals, rows, size);
  const meanProducts = multiplyTransposed(means, rows, size);
  const mean = (j: number, k: number) => meanProducts[j * classes + k] as number;
  const all = new Float64Array(labels.length * classes);
  labels.forEach((own, row) => {
    let square = 0;
    for (let j = row * size; j < (row + 1) * size; j++) square += (residuals[j] as number) ** 2;
    const residual = (k: number) => products[row * classes + k] as number;
    const logit = logits({ own, square, residual, mean });
    for (let k = 0; k < classes; k++) all[row * classes + k] = logit(k);
  });
  return { logits: all, labels };
}
