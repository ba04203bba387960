import { gram, transpose } from "./matrix.js";

/** Samples as a head sees them. */
export interface LabelledFeatures {
  /** [samples, size] */
  readonly features: Float32Array;
  readonly size: number;
  /** The class of each sample, counted from 0. */
  readonly labels: readonly number[];
  readonly classes: number;
}

/** Means of the classes that have samples, and one covariance for all. */
export interface Moments {
  readonly size: number;
  /** How many have samples. */
  readonly classes: number;
  /** Which they are, among all classes. */
  readonly positions: readonly number[];
  /** Number of all classes. */
  readonly allClasses: number;
  /** Of all classes. */
  readonly samples: number;
  /** Samples of each class. */
  readonly counts: readonly number[];
  /** Where means are counted from, [size]. */
  readonly centre: Float64Array;
  /** Means of the classes from there, [classes, size]. */
  readonly means: Float64Array;
  /** Within-class covariance, [size, size], on and below the diagonal. */
  readonly covariance: Float64Array;
  readonly judges: Judges;
}

/** Samples that are left out of fits to judge them. */
export interface Judges {
  /** The class of each; it has another sample. */
  readonly labels: readonly number[];
  /** What each differs by from its class's mean, [judges, size]. */
  readonly residuals: Float64Array;
}

/** A float32 feature whose square within classes is less than this part of its whole square is the same, but for rounding. */
const ROUNDING = 2 ** -40;

/**
 * A covariance within classes, or a sum of products; exactly zero in the rows and columns of features that don't differ
 * from their classes' means by more than rounding.
 *
 * @param within [size, size], on and below the diagonal
 * @param squares mean, or sum, of the squares of each feature, [size]
 */
export function withoutRounding(within: Float64Array, squares: Float64Array): Float64Array {
  const size = squares.length;
  const isSame = Array.from(
    squares,
    (square, j) => !((within[j * size + j] as number) > ROUNDING * square),
  );
  if (!isSame.includes(true)) return within;
  return within.map((value, at) =>
    isSame[Math.floor(at / size)] || isSame[at % size] ? 0 : value,
  );
}

/** The mean of a matrix's diagonal. */
export function meanVariance(matrix: Float64Array, size: number): number {
  let sum = 0;
  for (let j = 0; j < size; j++) sum += matrix[j * size + j] as number;
  return sum / size;
}

/** So many samples judge, evenly taken. */
export const JUDGES = 500;

export function momentsOf(data: LabelledFeatures): Moments {
  const { features, size, classes: allClasses } = data;
  const positions = [...new Set(data.labels)].sort((a, b) => a - b);
  const row = new Map(positions.map((label, i) => [label, i]));
  const labels = data.labels.map((label) => row.get(label) as number);
  const classes = positions.length;
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
  const squares = new Float64Array(size);
  for (let i = 0; i < features.length; i++) {
    const label = labels[Math.floor(i / size)] as number;
    const j = i % size;
    const value = features[i] as number;
    residuals[i] = value - (means[label * size + j] as number);
    // The only sample of a class is its mean, exactly.
    if (counts[label] !== 1) squares[j] = (squares[j] as number) + value ** 2 / samples;
  }
  for (let i = 0; i < means.length; i++) {
    means[i] = (means[i] as number) - (centre[i % size] as number);
  }
  const covariance = withoutRounding(
    gram(transpose(residuals, size), samples).map((value) => value / samples),
    squares,
  );
  const stride = Math.ceil(samples / JUDGES);
  // The only sample of a class can't be left out.
  const judges = labels.flatMap((label, i) =>
    i % stride === 0 && (counts[label] as number) > 1 ? [i] : [],
  );
  const own = new Float64Array(judges.length * size);
  judges.forEach((i, row) => {
    own.set(residuals.subarray(i * size, (i + 1) * size), row * size);
  });
  return {
    ...{ size, classes, positions, allClasses, samples, counts, centre, means, covariance },
    judges: { labels: judges.map((i) => labels[i] as number), residuals: own },
  };
}

/** Rows of a classifier of the features, with biases. */
export interface LinearClassifier {
  /** [classes, size] */
  readonly classifier: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
}

/** The bias of a class without samples: it is never the most probable. */
const NEVER = -1e30;

/** A classifier of the classes that have samples, with rows for those that have none. */
export function overAllClasses(
  { positions, allClasses, size }: Moments,
  fitted: LinearClassifier,
): LinearClassifier {
  const classifier = new Float32Array(allClasses * size);
  const bias = new Float32Array(allClasses).fill(NEVER);
  positions.forEach((position, i) => {
    classifier.set(fitted.classifier.subarray(i * size, (i + 1) * size), position * size);
    bias[position] = fitted.bias[i] as number;
  });
  return { classifier, bias };
}
