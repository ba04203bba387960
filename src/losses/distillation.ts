import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import { taskSizes } from "../model/model.js";
import { BALANCES, type Balance, sampleWeights } from "./balance.js";
import type { Loss } from "./loss.js";
import { sigmoid, teacherOf } from "./teacher.js";
import { weightedBinaryCrossEntropy } from "./weighted-binary-cross-entropy.js";

/**
 * What the model before the task said of old classes is kept: the mean over them of the binary cross-entropy with its
 * sigmoids (Li and Hoiem 2016, in the form of Rebuffi et al. 2017). In the first task there is none.
 */
export function distillation({ balance }: { balance: Balance }): Loss {
  return weightedBinaryCrossEntropy(async (session) => {
    const { oldClasses: old, model, context } = session;
    const sizes = taskSizes(model, context.extractor);
    const teach = await teacherOf(session);
    return (batch) => {
      const targets = new Float32Array(batch.targets.length);
      const weights = new Float32Array(batch.targets.length);
      const rows = targets.length / batch.samples;
      const logits = teach(batch);
      const ofSamples = sampleWeights(batch, sizes, balance);
      for (let i = 0; i < batch.samples && old > 0; i++) {
        targets.set(logits.subarray(i * old, (i + 1) * old).map(sigmoid), i * rows);
        weights.fill((ofSamples[i] as number) / old, i * rows, i * rows + old);
      }
      return { targets, weights };
    };
  });
}

/** `loss: distillation`. */
export const distillationPart = part({
  name: "distillation",
  title: "sigmoids of the model before",
  source: "Li and Hoiem 2016; Rebuffi et al. 2017",
  settings: {
    balance: z
      .enum(BALANCES)
      .default("sample")
      .describe("What weighs alike in a mini-batch: each `task`, `class` or `sample`."),
  },
  create: distillation,
});
