import { binaryCrossEntropy } from "../../losses/binary-cross-entropy.js";
import type { Method } from "./method.js";
import { teacherOf } from "./teacher.js";

/**
 * Learning without Forgetting (Li, Hoiem 2016) as LwF.MC, its class-incremental form (Rebuffi et al. 2017, section 4):
 * binary cross-entropy on the new task, where the targets of old classes are the sigmoids of the model before. No
 * memory.
 */
export const lwf: Method = {
  name: "lwf",
  trainsOn: "new",
  keeps: "nothing",
  startsFrom: "before",
  loss: binaryCrossEntropy,
  complete(session) {
    const { oldClasses } = session;
    if (oldClasses === 0) return (batch) => batch;
    const teach = teacherOf(session);
    return async (batch) => {
      const logits = await teach(batch);
      const targets = batch.targets.slice();
      const rows = targets.length / batch.samples;
      for (let i = 0; i < batch.samples; i++) {
        const own = logits.subarray(i * oldClasses, (i + 1) * oldClasses);
        targets.set(own.map(sigmoid), i * rows);
      }
      return { ...batch, targets };
    };
  },
};

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
