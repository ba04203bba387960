import type { LearnerState, StateShapes } from "../model/model.js";
import { LOSSES } from "./linear-rule.js";
import { gram, transpose } from "./matrix.js";
import { type Moments, withoutRounding } from "./moments.js";

/**
 * What is kept of the features of all samples learned: enough for their means and one covariance, and nothing of a single
 * sample. Sums don't depend on the order in which samples, classes or tasks come.
 */
export interface FeatureSums {
  /** Of a feature vector. */
  readonly size: number;
  /** Samples of each class. */
  readonly counts: Float64Array;
  /** Sum over the samples of each class, [classes, size]. */
  readonly sums: Float64Array;
  /** Σ x·xᵀ over all samples, [size, size], on and below the diagonal. */
  readonly gram: Float64Array;
  /** What samples, each when it was learned, said of the factors of logits ({@link judge}). */
  readonly losses: Float64Array;
}

/** A sample that judges settings: it was learned, and is left out. */
export interface JudgingSample {
  /** Of its class. */
  readonly position: number;
  /** [size] */
  readonly features: Float32Array;
}

const NAMES = {
  counts: "sums.counts",
  sums: "sums.features",
  gram: "sums.gram",
  losses: "sums.losses",
} as const;

/** The sums in a learner's state; those of nothing, where there are none. */
export function sumsOf(state: LearnerState, size: number): FeatureSums {
  const take = (name: string, length: number) =>
    (state.get(name)?.data as Float64Array | undefined) ?? new Float64Array(length);
  return {
    size,
    counts: take(NAMES.counts, 0),
    sums: take(NAMES.sums, 0),
    gram: take(NAMES.gram, size * size),
    losses: take(NAMES.losses, LOSSES),
  };
}

/** What {@link withSums} adds. */
export function sumShapes(classes: number, size: number): StateShapes {
  return {
    [NAMES.counts]: [classes],
    [NAMES.sums]: [classes, size],
    [NAMES.gram]: [size, size],
    [NAMES.losses]: [LOSSES],
  };
}

/** Whether a learner's state has the sums of so many classes: all of them, or it never learned. */
export function hasSums(state: LearnerState, classes: number): boolean {
  return classes === 0 || Object.values(NAMES).every((name) => state.has(name));
}

/** A learner's state with these sums. */
export function withSums(
  state: LearnerState,
  { size, counts, sums, gram, losses }: FeatureSums,
): LearnerState {
  return new Map([
    ...state,
    [NAMES.counts, { data: counts, shape: [counts.length] }],
    [NAMES.sums, { data: sums, shape: [counts.length, size] }],
    [NAMES.gram, { data: gram, shape: [size, size] }],
    [NAMES.losses, { data: losses, shape: [losses.length] }],
  ]);
}

/**
 * The sums with further samples of one class.
 *
 * @param position of the class, which may be new
 * @param rows [samples, size]
 */
export function plusSamples(
  before: FeatureSums,
  position: number,
  rows: Float32Array,
): FeatureSums {
  const { size } = before;
  const samples = rows.length / size;
  const classes = Math.max(before.counts.length, position + 1);
  const counts = new Float64Array(classes);
  const sums = new Float64Array(classes * size);
  counts.set(before.counts);
  sums.set(before.sums);
  counts[position] = (counts[position] as number) + samples;
  rows.forEach((value, i) => {
    const at = position * size + (i % size);
    sums[at] = (sums[at] as number) + value;
  });
  if (samples === 0) return { ...before, counts, sums };
  const own = gram(transpose(Float64Array.from(rows), size), samples);
  return {
    ...before,
    counts,
    sums,
    gram: before.gram.map((value, i) => value + (own[i] as number)),
  };
}

/**
 * The sums without a class. Its mean goes wholly; of Σ x·xᵀ within the class only the share goes that it has in the common
 * covariance, which stays as it is: there is no covariance of its own. Added up of what stays, since a class of large
 * values would leave its rounding behind where it is subtracted.
 */
export function minusClass(before: FeatureSums, position: number): FeatureSums {
  const { size, counts, sums } = before;
  const classes = [...counts.keys()].filter((other) => other !== position);
  const total = sum(counts);
  const share = total === 0 ? 1 : 1 - (counts[position] as number) / total;
  const after = {
    ...before,
    counts: Float64Array.from(classes, (other) => counts[other] as number),
    sums: Float64Array.from(
      classes.flatMap((other) => [...sums.subarray(other * size, (other + 1) * size)]),
    ),
  };
  const between = betweenSums(after);
  const within = withinSums(before);
  return { ...after, gram: between.map((value, i) => value + share * (within[i] as number)) };
}

/** @param judges some of the samples that were learned; default: nobody judges */
export function momentsOfSums(all: FeatureSums, judges: readonly JudgingSample[] = []): Moments {
  const { size } = all;
  const samples = sum(all.counts);
  const positions = [...all.counts.keys()].filter((position) => all.counts[position] !== 0);
  const counts = positions.map((position) => all.counts[position] as number);
  const means = new Float64Array(positions.length * size);
  const centre = new Float64Array(size);
  positions.forEach((position, c) => {
    for (let j = 0; j < size; j++) {
      const mean = (all.sums[position * size + j] as number) / (counts[c] as number);
      means[c * size + j] = mean;
      centre[j] = (centre[j] as number) + mean / positions.length;
    }
  });
  for (let i = 0; i < means.length; i++)
    means[i] = (means[i] as number) - (centre[i % size] as number);
  const covariance = withinSums(all).map((value) => value / samples);
  return {
    ...{ size, positions, samples, counts, centre, means, covariance },
    classes: positions.length,
    allClasses: all.counts.length,
    judges: judgesOf(judges, { size, positions, counts, centre, means }),
  };
}

/** Σ (x − m)·(x − m)ᵀ over all samples, m being the mean of the sample's class; on and below the diagonal. */
function withinSums(all: FeatureSums): Float64Array {
  const { size, gram: whole } = all;
  const between = betweenSums(all);
  return withoutRounding(
    whole.map((value, i) => value - (between[i] as number)),
    Float64Array.from({ length: size }, (_, j) => whole[j * size + j] as number),
  );
}

/** Σ m·mᵀ over all samples. */
function betweenSums({ size, counts, sums }: FeatureSums): Float64Array {
  const scaled = Float64Array.from(sums, (value, i) => {
    const count = counts[Math.floor(i / size)] as number;
    return count === 0 ? 0 : value / Math.sqrt(count);
  });
  return gram(transpose(scaled, size), counts.length);
}

function judgesOf(
  samples: readonly JudgingSample[],
  {
    size,
    positions,
    counts,
    centre,
    means,
  }: Omit<Moments, "judges" | "covariance" | "samples" | "classes" | "allClasses">,
): Moments["judges"] {
  const row = new Map(positions.map((position, i) => [position, i]));
  // The only sample of a class can't be left out.
  const able = samples
    .map(({ position, features }) => ({ label: row.get(position) as number, features }))
    .filter(({ label }) => (counts[label] as number) > 1);
  const residuals = new Float64Array(able.length * size);
  able.forEach(({ label, features }, i) => {
    for (let j = 0; j < size; j++) {
      residuals[i * size + j] =
        (features[j] as number) - (centre[j] as number) - (means[label * size + j] as number);
    }
  });
  return { labels: able.map(({ label }) => label), residuals };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
