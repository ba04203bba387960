import { part } from "../base/part.js";
import { binaryCrossEntropy } from "./binary-cross-entropy.js";
import type { Loss } from "./loss.js";
import { sigmoids, teacherOf } from "./teacher.js";

/**
 * Binary cross-entropy over all classes seen, where the targets of old classes are the sigmoids of the model before the
 * task (Rebuffi et al. 2017, Algorithm 3; Li, Hoiem 2016).
 */
export const sigmoidDistillation: Loss = {
  ...binaryCrossEntropy,
  build: (tensors) =>
    binaryCrossEntropy.build({
      ...tensors,
      targets: tensors.input("taught.targets", tensors.logits.shape),
    }),
  async complete(session) {
    const { oldClasses, more } = session;
    const teach = await teacherOf(session, sigmoids);
    return (batch) => {
      const taught = teach(batch);
      const targets = batch.targets.slice();
      const rows = targets.length / batch.samples;
      for (let i = 0; i < batch.samples; i++) {
        for (let k = 0; k < oldClasses; k++) {
          // Of a class that more is learned of, the teacher knows less than the labels.
          if (!more.has(k)) targets[i * rows + k] = taught[i * rows + k] as number;
        }
      }
      return { "taught.targets": { data: targets, shape: [batch.samples, rows] } };
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
