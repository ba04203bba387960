import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import { taskSizes } from "../model/model.js";
import { BALANCES, type Balance, sampleWeights } from "./balance.js";
import type { Loss } from "./loss.js";
import { sigmoids, teacherOf } from "./teacher.js";
import { weightedBinaryCrossEntropy } from "./weighted-binary-cross-entropy.js";

/**
 * What the model before the task said of old classes is kept: the mean over them of the binary cross-entropy with its
 * sigmoids (Li and Hoiem 2016, in the form of Rebuffi et al. 2017). In the first task there is none.
 */
export function distillation({ balance }: { balance: Balance }): Loss {
  return weightedBinaryCrossEntropy(async (session) => {
    const { oldClasses: old, model, context } = session;
    const sizes = taskSizes(model, context.extractor);
    const teach = await teacherOf(session, sigmoids);
    return (batch) => {
      const targets = teach(batch);
      const weights = new Float32Array(targets.length);
      const rows = targets.length / batch.samples;
      sampleWeights(batch, sizes, balance).forEach((weight, i) => {
        for (let k = 0; k < old; k++) weights[i * rows + k] = weight / old;
      });
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
