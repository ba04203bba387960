import { cholesky, gram, multiplyTransposed, solveLower, solveUpper, transpose } from "./matrix.js";

/** Samples as a head sees them. */
export interface LabelledFeatures {
  /** [samples, size] */
  readonly features: Float32Array;
  readonly size: number;
  /** The class of each sample, counted from 0. */
  readonly labels: readonly number[];
  readonly classes: number;
}

/** A linear classifier whose softmax is the probability of each class, all of them being equally frequent. */
export interface Discriminant {
  /** [classes, size] */
  readonly classifier: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
  /** Share of the common variance in the covariance. */
  readonly shrinkage: number;
  /** Mean of −log p of a sample's class, by fits that lack the sample. */
  readonly loss: number;
}

/** Shrinkages are tried from the first on, as long as they gain. */
const SHRINKAGES = [0.5, 0.1, 0.01, 1e-3, 1e-4] as const;

/** So many samples, evenly taken, judge a shrinkage and a temperature. */
const JUDGES = 500;

/** The bias of a class without samples: it is never the most probable. */
const NEVER = -1e30;

/**
 * Linear discriminant analysis: each class is normal about its mean, with one covariance for all,
 * (1 − shrinkage)·within-class covariance + shrinkage·mean variance·I. Shrinkage and temperature are those with the
 * smallest loss over samples that are left out one by one; so nothing is drawn and nothing has to be set.
 */
export function discriminantAnalysis(data: LabelledFeatures): Discriminant {
  const { size, labels, classes } = data;
  const present = [...new Set(labels)].sort((a, b) => a - b);
  const row = new Map(present.map((label, i) => [label, i]));
  const moments = momentsOf({
    ...data,
    labels: labels.map((label) => row.get(label) as number),
    classes: present.length,
  });
  let best = judgedFit(moments, SHRINKAGES[0]);
  for (const shrinkage of SHRINKAGES.slice(1)) {
    const next = judgedFit(moments, shrinkage);
    if (!(next.loss < best.loss)) break;
    best = next;
  }
  const classifier = new Float32Array(classes * size);
  const bias = new Float32Array(classes).fill(NEVER);
  present.forEach((label, i) => {
    classifier.set(best.classifier.subarray(i * size, (i + 1) * size), label * size);
    bias[label] = best.bias[i] as number;
  });
  return { ...best, classifier, bias };
}

interface Moments {
  readonly size: number;
  readonly classes: number;
  readonly labels: readonly number[];
  /** Samples of each class. */
  readonly counts: readonly number[];
  /** Mean of all samples, [size]. */
  readonly centre: Float64Array;
  /** Means of the classes from there, [classes, size]. */
  readonly means: Float64Array;
  /** What each sample differs by from its class, [samples, size]. */
  readonly residuals: Float64Array;
  /** Within-class covariance, [size, size], on and below the diagonal. */
  readonly covariance: Float64Array;
}

function momentsOf({ features, size, labels, classes }: LabelledFeatures): Moments {
  const samples = labels.length;
  const centre = new Float64Array(size);
  const means = new Float64Array(classes * size);
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  labels.forEach((label, i) => {
    const count = counts[label] as number;
    for (let j = 0; j < size; j++) {
      const value = features[i * size + j] as number;
      centre[j] = (centre[j] as number) + value / samples;
      means[label * size + j] = (means[label * size + j] as number) + value / count;
    }
  });
  const residuals = new Float64Array(features.length);
  for (let i = 0; i < features.length; i++) {
    const label = labels[Math.floor(i / size)] as number;
    residuals[i] = (features[i] as number) - (means[label * size + (i % size)] as number);
  }
  for (let i = 0; i < means.length; i++) {
    means[i] = (means[i] as number) - (centre[i % size] as number);
  }
  const covariance = gram(transpose(residuals, size), samples);
  for (let i = 0; i < covariance.length; i++) {
    covariance[i] = (covariance[i] as number) / samples;
  }
  return { size, classes, labels, counts, centre, means, residuals, covariance };
}

/** With samples judged by a fit to all others; see {@link leftOut}. */
function judgedFit(moments: Moments, shrinkage: number): Discriminant {
  const { size, classes, centre, means } = moments;
  const factor = cholesky(shrunk(moments, shrinkage), size);
  const whiteMeans = solveLower(factor, size, means);
  const weights = solveUpper(factor, size, whiteMeans);
  const judged = leftOut(moments, shrinkage, factor, whiteMeans);
  const scale = calibratedScale(judged, classes);
  const bias = new Float32Array(classes);
  for (let k = 0; k < classes; k++) {
    let sum = 0;
    for (let j = 0; j < size; j++) {
      const middle = (centre[j] as number) + (means[k * size + j] as number) / 2;
      sum -= (weights[k * size + j] as number) * middle;
    }
    bias[k] = scale * sum;
  }
  return {
    classifier: Float32Array.from(weights, (weight) => scale * weight),
    bias,
    shrinkage,
    loss: lossAt(scale, judged, classes).loss,
  };
}

/** The covariance, shrunk; where samples don't differ from their classes' means at all, the identity. */
function shrunk({ covariance, size }: Moments, shrinkage: number): Float64Array {
  let variance = 0;
  for (let j = 0; j < size; j++) variance += (covariance[j * size + j] as number) / size;
  const sum = covariance.map((value) => (1 - shrinkage) * value);
  for (let j = 0; j < size; j++) {
    sum[j * size + j] = (sum[j * size + j] as number) + (variance > 0 ? shrinkage * variance : 1);
  }
  return sum;
}

/** Logits [samples, classes] with the classes that are right. */
interface Judged {
  readonly logits: Float64Array;
  readonly labels: readonly number[];
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
  { size, classes, labels, counts, residuals }: Moments,
  shrinkage: number,
  factor: Float64Array,
  whiteMeans: Float64Array,
): Judged {
  const stride = Math.ceil(labels.length / JUDGES);
  // The only sample of a class can't be left out.
  const judges = labels.flatMap((label, i) =>
    i % stride === 0 && (counts[label] as number) > 1 ? [i] : [],
  );
  const own = new Float64Array(judges.length * size);
  judges.forEach((i, row) => {
    own.set(residuals.subarray(i * size, (i + 1) * size), row * size);
  });
  const white = solveLower(factor, size, own);
  const products = multiplyTransposed(white, whiteMeans, size);
  const meanProducts = multiplyTransposed(whiteMeans, whiteMeans, size);
  const distance = (c: number, k: number) =>
    (meanProducts[c * classes + c] as number) +
    (meanProducts[k * classes + k] as number) -
    2 * (meanProducts[c * classes + k] as number);

  const logits = new Float64Array(judges.length * classes);
  judges.forEach((i, row) => {
    const c = labels[i] as number;
    const count = counts[c] as number;
    const s = count / (count - 1);
    let square = 0;
    for (let j = row * size; j < (row + 1) * size; j++) square += (white[j] as number) ** 2;
    const lost = ((1 - shrinkage) * s) / labels.length;
    const gain = lost / Math.max(1 - lost * square, Number.EPSILON);
    for (let k = 0; k < classes; k++) {
      // From the mean of class k to the sample: along r, and squared.
      const towards =
        (products[row * classes + c] as number) - (products[row * classes + k] as number);
      const along = k === c ? s * square : square + towards;
      const squared = k === c ? s * s * square : square + 2 * towards + distance(c, k);
      logits[row * classes + k] = -(squared + gain * along ** 2) / 2;
    }
  });
  return { logits, labels: judges.map((i) => labels[i] as number) };
}

/**
 * The factor of logits with the smallest loss, at most 1: nobody is surer than the normal distribution. The loss is
 * convex, so that it lies where the slope changes its sign.
 */
function calibratedScale(judged: Judged, classes: number): number {
  if (judged.labels.length === 0) return 1;
  let [low, high] = [Math.log(1e-6), 0];
  while (high - low > 1e-3) {
    const middle = (low + high) / 2;
    if (lossAt(Math.exp(middle), judged, classes).slope > 0) high = middle;
    else low = middle;
  }
  return Math.exp(high);
}

/**
 * Mean cross-entropy where logits are multiplied by a factor, and its slope by the factor. Of n samples the right class
 * counts as certain up to 1/(n + 2), shared by the others (Platt 1999): n right answers don't promise the next.
 */
function lossAt(
  scale: number,
  { logits, labels }: Judged,
  classes: number,
): { loss: number; slope: number } {
  const doubt = classes > 1 ? 1 / (labels.length + 2) / (classes - 1) : 0;
  let [loss, slope] = [0, 0];
  labels.forEach((label, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    const largest = own.reduce((a, b) => Math.max(a, b));
    let [sum, weighted, all] = [0, 0, 0];
    for (const logit of own) {
      const weight = Math.exp(scale * (logit - largest));
      sum += weight;
      weighted += weight * logit;
      all += logit;
    }
    const target = (1 - classes * doubt) * (own[label] as number) + doubt * all;
    loss += (Math.log(sum) + scale * (largest - target)) / labels.length;
    slope += (weighted / sum - target) / labels.length;
  });
  return { loss, slope };
}
