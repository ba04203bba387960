import { calibratedScale, type Judged, lossAt } from "./calibration.js";
import { multiplyTransposed } from "./matrix.js";
import { type LinearClassifier, type Moments, overAllClasses } from "./moments.js";

/** Rows and biases of the classes that have samples, and what fits that lack a sample say about those that judge. */
export interface JudgedFit {
  /** [classes, size] */
  readonly classifier: Float64Array;
  /** [classes] */
  readonly bias: Float64Array;
  readonly judged: Judged;
}

/** How means and a covariance become a linear classifier. */
export interface LinearRule {
  /**
   * @param lambda of a rule that is regularised: so many samples with the features' mean variance are added to those that were
   *   learned. Default: the best, which takes most of the time
   */
  fit(moments: Moments, lambda?: number): JudgedFit;
}

/** Factors of logits: 2⁻⁸ to 2¹⁰. */
const SCALES = Array.from({ length: 37 }, (_, i) => 2 ** (i / 2 - 8));

/** How many losses there are: one for each factor. */
export const LOSSES = SCALES.length;

/** Sums of −log p over the samples that judge, by fits that lack them one by one: for each factor of the logits. */
export function judge(rule: LinearRule, moments: Moments): Float64Array {
  const { judged } = rule.fit(moments);
  const { length } = moments.judges.labels;
  return Float64Array.from(SCALES, (scale) => lossAt(scale, judged, moments.classes).loss * length);
}

/**
 * The classifier whose logits have the factor with the smallest loss; their softmax is the probability of each class.
 *
 * @param losses sums of what {@link judge} gave; where nobody judged, {@link scaleByMeans}
 */
export function calibratedClassifier(
  rule: LinearRule,
  moments: Moments,
  losses: Float64Array,
): LinearClassifier {
  const fitted = rule.fit(moments);
  const least = Math.min(...losses);
  // The only sample of a class judges nothing, and one class among itself is as good at any factor.
  const scale = losses.every((loss) => loss === least)
    ? scaleByMeans(fitted, moments)
    : (SCALES[losses.indexOf(least)] as number);
  return overAllClasses(moments, scaled(fitted, scale));
}

/**
 * The factor of logits by what the fit says of the classes' own means, where no sample can be left out: as sure as so many
 * right answers make it, and not surer.
 */
export function scaleByMeans(
  { classifier, bias }: Pick<JudgedFit, "classifier" | "bias">,
  { classes, size, means, centre }: Moments,
): number {
  const whole = means.map((value, i) => value + (centre[i % size] as number));
  const logits = multiplyTransposed(whole, classifier, size);
  const judged: Judged = {
    logits: logits.map((value, i) => value + (bias[i % classes] as number)),
    labels: [...bias.keys()],
  };
  // Where no sample differs from its class's mean, λ may be anything, and so may the logits' size.
  return calibratedScale(judged, classes, 2 ** 40);
}

/** The logits, multiplied by a factor. */
export function scaled(
  { classifier, bias }: Pick<JudgedFit, "classifier" | "bias">,
  scale: number,
): LinearClassifier {
  return {
    classifier: Float32Array.from(classifier, (value) => scale * value),
    bias: Float32Array.from(bias, (value) => scale * value),
  };
}
