import type { ReadMicroBatch } from "../model/micro-batch.js";
import { wholeModel } from "../model/model.js";
import { throwIfAborted } from "../model/progress.js";
import type { TrainingSession } from "../model/session.js";

/**
 * What the model before the task says of the samples to be trained on, in evaluation mode and without augmentation. It is
 * asked once, before training (Rebuffi et al. 2017, Algorithm 3): of a mini-batch it costs nothing.
 *
 * @param convert from its logits of a sample to what is asked for, likewise one number for each old class
 * @returns what gives these for a mini-batch's samples, [samples, rows of the classifier], 0 for new classes
 * @throws {ItamlError} INTERRUPTED
 */
export async function teacherOf(
  { context, task, before, oldClasses, samples, hooks }: TrainingSession,
  convert: (logits: Float32Array) => Float32Array,
): Promise<(batch: ReadMicroBatch) => Float32Array> {
  if (oldClasses === 0) return ({ targets }) => new Float32Array(targets.length);
  const { inference, source } = context;
  const indices = [...new Set(samples.map(({ index }) => index))];
  const places = new Map(indices.map((index, place) => [index, place * oldClasses]));
  const taught = new Float32Array(indices.length * oldClasses);
  let seen = 0;
  for await (const { data } of inference.logitsByBatch(wholeModel(before), source, indices)) {
    throwIfAborted(hooks.signal);
    for (let start = 0; start < data.length; start += oldClasses) {
      taught.set(convert(data.subarray(start, start + oldClasses)), seen++ * oldClasses);
    }
    hooks.onProgress?.({ kind: "samples", task, samples: seen, of: indices.length });
  }
  return (batch) => {
    const own = new Float32Array(batch.targets.length);
    const rows = own.length / batch.samples;
    batch.indices.forEach((index, i) => {
      const place = places.get(index) as number;
      // An element at a time: of so few that is faster than views of them.
      for (let k = 0; k < oldClasses; k++) own[i * rows + k] = taught[place + k] as number;
    });
    return own;
  };
}

/** 1 / (1 + exp(−logit)), element by element. */
export function sigmoids(logits: Float32Array): Float32Array {
  return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
}
