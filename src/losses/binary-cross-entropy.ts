import { part } from "../base/part.js";
import { binaryCrossEntropyWithLogits, multiply, sum } from "../graph/operators/index.js";
import type { Loss } from "./loss.js";

/** The mean binary cross-entropy over the samples and those rows of the classifier that a micro-batch is about. */
export const binaryCrossEntropy: Loss = {
  build({ logits, targets, input }) {
    const weights = input("weights", ["rows"]);
    return sum(multiply(binaryCrossEntropyWithLogits(logits, targets), weights));
  },
  inputs({ samples, targets, columns }) {
    const rows = targets.length / samples;
    const weights = columns ? columns.slice() : new Float32Array(rows).fill(1);
    const weighted = weights.reduce((total, weight) => total + weight, 0) * samples;
    return { weights: { data: weights.map((weight) => weight / weighted), shape: [rows] } };
  },
};

/** `loss: binary-cross-entropy`. */
export const binaryCrossEntropyPart = part({
  name: "binary-cross-entropy",
  title: "binary cross-entropy",
  source: "the paper's loss, over all classes seen",
  settings: {},
  create: () => binaryCrossEntropy,
});
