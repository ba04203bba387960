import { part } from "../base/part.js";
import { mean, softmaxCrossEntropyWithLogits } from "../graph/operators/index.js";
import type { Loss } from "./loss.js";

/** The softmax cross-entropy over all rows of the classifier, the mean over the samples. */
export const crossEntropy: Loss = {
  build: ({ logits, targets }) => mean(softmaxCrossEntropyWithLogits(logits, targets)),
  inputs: () => ({}),
};

/** `loss: cross-entropy`. */
export const crossEntropyPart = part({
  name: "cross-entropy",
  title: "cross-entropy",
  settings: {},
  create: () => crossEntropy,
});
