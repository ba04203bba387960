import type { Value } from "../runtime/runtime.js";
import {
  allocateSamples,
  type SampleData,
  type SampleSource,
  type Variation,
} from "../samples/samples.js";

/** Samples of one step, and what they should become. */
export interface MicroBatch {
  /** Samples, one after another. */
  readonly x: SampleData;
  readonly samples: number;
  /** [samples, rows of the classifier], 1 at a sample's class and 0 elsewhere. */
  readonly targets: Float32Array;
  /** [rows of the classifier]: 1 for each row that the loss is about, 0 for others. Default: all. */
  readonly columns?: Float32Array;
  /** What the loss knows beside samples and targets, where it does. */
  readonly lossInputs?: Readonly<Record<string, Value>> | undefined;
}

/** B_i: the samples of one task in a mini-batch. */
export interface TaskBatch extends MicroBatch {
  /** i, counted from 0. */
  readonly task: number;
}

/** Samples and their targets, without those that can't be read. */
export interface ReadMicroBatch extends MicroBatch {
  /** Where each sample is in its source. */
  readonly indices: readonly number[];
  /** How many can't. */
  readonly unreadable: number;
}

/**
 * Reads samples and makes their targets.
 *
 * @param columns the row of the classifier for each sample
 * @param rows of the classifier
 * @param variation how training varies the samples
 */
export async function readMicroBatch(
  source: SampleSource,
  indices: readonly number[],
  columns: readonly number[],
  rows: number,
  variation: Variation,
): Promise<ReadMicroBatch> {
  const x = allocateSamples(source, indices.length);
  const unreadable = new Set(await source.read(indices, x, variation));
  const { sampleSize } = source;
  const targets = new Float32Array((indices.length - unreadable.size) * rows);
  let samples = 0;
  columns.forEach((column, position) => {
    if (unreadable.has(position)) return;
    if (samples < position) {
      x.copyWithin(samples * sampleSize, position * sampleSize, (position + 1) * sampleSize);
    }
    targets[samples++ * rows + column] = 1;
  });
  return {
    ...{ samples, targets },
    indices: indices.filter((_, position) => !unreadable.has(position)),
    x: x.subarray(0, samples * sampleSize),
    unreadable: unreadable.size,
  };
}
