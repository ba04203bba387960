import type { MicroBatch } from "../model/micro-batch.js";
import { wholeModel } from "../model/model.js";
import type { TaskSession } from "../model/session.js";
import { samplesInMemory } from "../samples/samples.js";

/**
 * The model before the task, in evaluation mode.
 *
 * @returns what gives its logits of a mini-batch's samples as they are trained on, [samples, old classes]
 */
export function teacherOf({
  context: { inference, source },
  before,
}: TaskSession): (batch: MicroBatch) => Promise<Float32Array> {
  const teacher = wholeModel(before);
  return async ({ x, samples }) => {
    const own = samplesInMemory(x, source.sampleSize);
    const indices = Array.from({ length: samples }, (_, i) => i);
    return (await inference.logitsOfOneView(teacher, own, indices)).data;
  };
}

export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
