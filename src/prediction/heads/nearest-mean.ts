import { part } from "../../base/part.js";
import { type ExemplarMemory, normalized } from "../../incremental/exemplar-memory.js";
import type { LearnerContext } from "../../model/context.js";
import { readableRows } from "../../model/inference.js";
import { type Model, wholeModel } from "../../model/model.js";
import type { Head, HeadFitter } from "../head.js";

/**
 * Classification by the nearest mean of exemplars (Rebuffi et al. 2017, Algorithm 1), where features are normalised, and
 * so are their means. Between vectors of length 1 the nearest is that with the largest product, and the length of the
 * feature itself changes no order: the means are the rows of a linear classifier.
 */
export async function nearestMeanHead(
  model: Model,
  memory: ExemplarMemory,
  { inference, source, extractor: { featureSize } }: LearnerContext,
): Promise<Head | undefined> {
  if (memory.classes.every((exemplars) => exemplars.length === 0)) return undefined;
  const { length } = memory.classes;
  const classifier = new Float32Array(length * featureSize);
  for (const [position, exemplars] of memory.classes.entries()) {
    const features = await inference.features(wholeModel(model), source, exemplars);
    const mean = meanDirection(readableRows(features), featureSize);
    classifier.set(mean, position * featureSize);
  }
  return { classifier, bias: new Float32Array(length), taskEvidence: "maximum" };
}

/** The normalised mean of normalised rows. */
function meanDirection(rows: Float32Array, size: number): Float32Array {
  const sum = new Float32Array(size);
  for (let start = 0; start < rows.length; start += size) {
    normalized(rows.subarray(start, start + size)).forEach((value, j) => {
      sum[j] = (sum[j] as number) + value;
    });
  }
  return normalized(sum);
}

/** The nearest mean of exemplars. */
export const nearestMean: HeadFitter = { taskEvidence: "maximum", fit: nearestMeanHead };

/** `head: nearest-mean`. */
export const nearestMeanPart = part({
  name: "nearest-mean",
  title: "nearest mean of exemplars",
  source: "Rebuffi et al. 2017, Algorithm 1",
  settings: {},
  create: () => nearestMean,
});
