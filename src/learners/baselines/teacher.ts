import type { MicroBatch } from "../../model/micro-batch.js";
import { wholeModel } from "../../model/model.js";
import { samplesInMemory } from "../../samples/samples.js";
import type { Session } from "./method.js";

/**
 * The model before the task, in evaluation mode.
 *
 * @returns what gives its logits of a mini-batch's samples as they are trained on, [samples, old classes]
 */
export function teacherOf({
  context: { inference, source },
  before,
}: Session): (batch: MicroBatch) => Promise<Float32Array> {
  const teacher = wholeModel(before);
  return async ({ x, samples }) => {
    const own = samplesInMemory(x, source.sampleSize);
    const indices = Array.from({ length: samples }, (_, i) => i);
    return (await inference.logits(teacher, own, indices)).data;
  };
}
