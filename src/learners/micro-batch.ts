import { allocateSamples, type SampleSource, type Variation } from "../data/samples.js";
import type { MicroBatch } from "./training-step.js";

/** Samples and their targets, without those that can't be read. */
export interface ReadMicroBatch extends MicroBatch {
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
    x: x.subarray(0, samples * sampleSize),
    unreadable: unreadable.size,
  };
}
