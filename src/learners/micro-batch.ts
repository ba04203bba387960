import { allocateSamples, type SampleSource } from "../data/samples.js";
import type { MicroBatch } from "./training-step.js";

/**
 * Reads samples and makes their targets.
 *
 * @param columns the row of the classifier for each sample
 * @param rows of the classifier
 */
export async function readMicroBatch(
  source: SampleSource,
  indices: readonly number[],
  columns: readonly number[],
  rows: number,
): Promise<MicroBatch> {
  const samples = indices.length;
  const x = allocateSamples(source, samples);
  await source.read(indices, x);
  const targets = new Float32Array(samples * rows);
  columns.forEach((column, i) => {
    targets[i * rows + column] = 1;
  });
  return { x, samples, targets };
}
