import { calibratedScale, type Judged, lossAt } from "./calibration.js";
import { leftOneOut } from "./left-out.js";
import { type JudgedFit, type LinearRule, scaleByMeans, scaled } from "./linear-rule.js";
import { cholesky, solveLower, solveUpper } from "./matrix.js";
import {
  type LabelledFeatures,
  type LinearClassifier,
  type Moments,
  meanVariance,
  momentsOf,
  overAllClasses,
} from "./moments.js";
import { bestRegularisation } from "./regularisation.js";

/** A linear classifier whose softmax is the probability of each class, all of them being equally frequent. */
export interface Discriminant extends LinearClassifier {
  /** Share of the common variance in the covariance. */
  readonly shrinkage: number;
  /** Mean of −log p of a sample's class, by fits that lack the sample. */
  readonly loss: number;
  /** −log p of each of these samples. */
  readonly losses: Float64Array;
}

/** Shrinkages are tried from the first on, as long as they gain. */
const SHRINKAGES = [0.5, 0.1, 0.01, 1e-3, 1e-4] as const;

/**
 * Linear discriminant analysis: each class is normal about its mean, with one covariance for all,
 * (1 − shrinkage)·within-class covariance + shrinkage·mean variance·I. Shrinkage and temperature are those with the
 * smallest loss over samples that are left out one by one; so nothing is drawn and nothing has to be set.
 */
export function discriminantAnalysis(data: LabelledFeatures): Discriminant {
  const moments = momentsOf(data);
  const best = bestFit(SHRINKAGES, (shrinkage) => judgedFit(moments, shrinkage));
  return { ...best, ...overAllClasses(moments, best) };
}

/** With samples judged by a fit to all others; see {@link leftOut}. */
function judgedFit(moments: Moments, shrinkage: number): Discriminant {
  const { classes } = moments;
  const { classifier, bias, judged } = discriminantFit(moments, shrinkage);
  const scale =
    judged.labels.length > 0
      ? // At most 1: nobody is surer than the normal distribution.
        calibratedScale(judged, classes, 1)
      : scaleByMeans({ classifier, bias }, moments);
  const { loss, losses } = lossAt(scale, judged, classes);
  return { ...scaled({ classifier, bias }, scale), shrinkage, loss, losses };
}

/** The normal distributions' own logits. */
function discriminantFit(moments: Moments, shrinkage: number): JudgedFit {
  const { size, classes, centre, means } = moments;
  const factor = cholesky(shrunk(moments, shrinkage), size);
  const whiteMeans = solveLower(factor, size, means);
  const weights = solveUpper(factor, size, whiteMeans);
  const bias = new Float64Array(classes);
  for (let k = 0; k < classes; k++) {
    let sum = 0;
    for (let j = 0; j < size; j++) {
      const middle = (centre[j] as number) + (means[k * size + j] as number) / 2;
      sum -= (weights[k * size + j] as number) * middle;
    }
    bias[k] = sum;
  }
  const judged = leftOut(moments, shrinkage, factor, whiteMeans);
  return { classifier: weights, bias, judged };
}

/** Linear discriminant analysis of sums, where λ samples with the mean variance are added to those learned. */
export const discriminantRule: LinearRule = {
  fit: (moments, lambda = bestRegularisation(moments)) =>
    discriminantFit(moments, lambda / (moments.samples + lambda)),
};

/**
 * The covariance, shrunk; where samples don't differ from their classes' means at all, the identity, as large as the
 * means' own variance, so that the features' unit is of no matter.
 */
function shrunk({ covariance, size, means }: Moments, shrinkage: number): Float64Array {
  const variance = meanVariance(covariance, size);
  const between = means.reduce((sum, value) => sum + value ** 2, 0) / means.length;
  const added = variance > 0 ? shrinkage * variance : between || 1;
  const sum = covariance.map((value) => (1 - shrinkage) * value);
  for (let j = 0; j < size; j++) sum[j * size + j] = (sum[j * size + j] as number) + added;
  return sum;
}

/**
 * What fits that lack one sample each say about it. Without sample x of class c, one of n_c among n, whose mean is m,
 * x − m = r: the mean is m − r/(n_c − 1), and the covariance has lost (1 − shrinkage)·s/n·r·rᵀ with s = n_c/(n_c − 1), a
 * change of rank one (Sherman-Morrison). n, and the variance shrunk to, stay as they are.
 *
 * @param factor L of the covariance L·Lᵀ
 * @param whiteMeans L⁻¹·means
 */
function leftOut(
  moments: Moments,
  shrinkage: number,
  factor: Float64Array,
  whiteMeans: Float64Array,
): Judged {
  const { size, samples, counts, judges } = moments;
  const white = solveLower(factor, size, judges.residuals);
  return leftOneOut(moments, white, whiteMeans, whiteMeans, ({ own: c, square, ...products }) => {
    const { residual, mean } = products;
    const count = counts[c] as number;
    const s = count / (count - 1);
    const lost = ((1 - shrinkage) * s) / samples;
    const gain = lost / Math.max(1 - lost * square, Number.EPSILON);
    return (k) => {
      // From the mean of class k to the sample: along r, and squared.
      const towards = residual(c) - residual(k);
      const distance = mean(c, c) + mean(k, k) - 2 * mean(c, k);
      const along = k === c ? s * square : square + towards;
      const squared = k === c ? s * s * square : square + 2 * towards + distance;
      return -(squared + gain * along ** 2) / 2;
    };
  });
}

/** Fits for one setting after another, from the first on, as long as the loss falls; the best of them. */
function bestFit<Fit extends { readonly loss: number }>(
  settings: readonly number[],
  fitOf: (setting: number) => Fit,
): Fit {
  let best = fitOf(settings[0] as number);
  for (const setting of settings.slice(1)) {
    const next = fitOf(setting);
    if (!(next.loss < best.loss)) break;
    best = next;
  }
  return best;
}
