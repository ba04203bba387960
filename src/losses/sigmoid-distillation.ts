import { part } from "../base/part.js";
import { binaryCrossEntropy } from "./binary-cross-entropy.js";
import type { Loss } from "./loss.js";
import { sigmoid, teacherOf } from "./teacher.js";

/**
 * Binary cross-entropy over all classes seen, where the targets of old classes are the sigmoids of the model before the
 * task (Rebuffi et al. 2017, Algorithm 3; Li, Hoiem 2016).
 */
export const sigmoidDistillation: Loss = {
  ...binaryCrossEntropy,
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

/** `loss: sigmoid-distillation`. */
export const sigmoidDistillationPart = part({
  name: "sigmoid-distillation",
  title: "binary cross-entropy with distillation",
  source: "Rebuffi et al. 2017, Algorithm 3",
  settings: {},
  create: () => sigmoidDistillation,
});
