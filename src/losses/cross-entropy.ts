import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import { share } from "../base/settings.js";
import { mean, multiply, softmaxCrossEntropyWithLogits, sum } from "../graph/operators/index.js";
import { taskSizes } from "../model/model.js";
import { BALANCES, type Balance, sampleWeights } from "./balance.js";
import type { Loss } from "./loss.js";

/** The softmax cross-entropy over all rows of the classifier, the mean over the samples. */
export const crossEntropy: Loss = {
  build: ({ logits, targets }) => mean(softmaxCrossEntropyWithLogits(logits, targets)),
};

/**
 * The same, where tasks or classes weigh alike in place of samples, and the targets leave something to other classes.
 *
 * @param smoothing the share of a target that goes to all classes alike (Szegedy et al. 2016, section 7)
 */
export function balancedCrossEntropy({
  balance,
  smoothing,
}: {
  balance: Balance;
  smoothing: number;
}): Loss {
  return {
    build({ logits, input }) {
      const targets = input("softmax.targets", logits.shape);
      const weights = input("softmax.weights", ["batch", 1]);
      return sum(multiply(softmaxCrossEntropyWithLogits(logits, targets), weights));
    },
    async complete({ model, context }) {
      const sizes = taskSizes(model, context.extractor);
      return (batch) => {
        const { samples, targets } = batch;
        const rows = targets.length / samples;
        const smoothed = targets.map((target) => (1 - smoothing) * target + smoothing / rows);
        const weights = sampleWeights(batch, sizes, balance);
        return {
          "softmax.targets": { data: smoothed, shape: [samples, rows] },
          "softmax.weights": { data: weights, shape: [samples, 1] },
        };
      };
    },
  };
}

/** `loss: cross-entropy`. */
export const crossEntropyPart = part({
  name: "cross-entropy",
  title: "cross-entropy",
  settings: {
    balance: z
      .enum(BALANCES)
      .default("sample")
      .describe("What weighs alike in a mini-batch: each `task`, `class` or `sample`."),
    smoothing: share
      .default(0)
      .describe("Share of a target that goes to all classes alike (Szegedy et al. 2016)."),
  },
  create: (settings) =>
    settings.balance === "sample" && settings.smoothing === 0
      ? crossEntropy
      : balancedCrossEntropy(settings),
});
