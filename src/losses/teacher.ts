import type { ReadMicroBatch } from "../model/micro-batch.js";
import { wholeModel } from "../model/model.js";
import { throwIfAborted } from "../model/progress.js";
import type { TrainingSession } from "../model/session.js";

/**
 * What the model before the task says of the samples to be trained on, in evaluation mode and without augmentation. It is
 * asked once, before training (Rebuffi et al. 2017, Algorithm 3): of a mini-batch it costs nothing.
 *
 * @returns what gives its logits of a mini-batch's samples, [samples, old classes]
 * @throws {ItamlError} INTERRUPTED
 */
export async function teacherOf({
  context,
  task,
  before,
  oldClasses,
  samples,
  hooks,
}: TrainingSession): Promise<(batch: ReadMicroBatch) => Float32Array> {
  if (oldClasses === 0) return () => new Float32Array(0);
  const { inference, source } = context;
  const indices = [...new Set(samples.map(({ index }) => index))];
  const rows = new Map(indices.map((index, row) => [index, row]));
  const logits = new Float32Array(indices.length * oldClasses);
  let seen = 0;
  for await (const { data } of inference.logitsByBatch(wholeModel(before), source, indices)) {
    throwIfAborted(hooks.signal);
    logits.set(data, seen * oldClasses);
    seen += data.length / oldClasses;
    hooks.onProgress?.({ kind: "samples", task, samples: seen, of: indices.length });
  }
  return (batch) => {
    const own = new Float32Array(batch.samples * oldClasses);
    batch.indices.forEach((index, i) => {
      const start = (rows.get(index) as number) * oldClasses;
      own.set(logits.subarray(start, start + oldClasses), i * oldClasses);
    });
    return own;
  };
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
