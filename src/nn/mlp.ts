import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import { count } from "../base/settings.js";
import { flatten, linear, relu } from "../graph/operators/index.js";
import { uniformByFanIn } from "./initialization.js";
import type { Network } from "./network.js";

/**
 * Multi-layer perceptron: linear layers with ReLU. The paper's network for MNIST has `hidden` 400, 400
 * (its classifier, 400-10 without bias, is not part of the feature extractor).
 */
export function mlp({
  hidden = [400, 400],
}: {
  hidden?: readonly number[] | undefined;
} = {}): Network {
  return {
    name: "mlp",
    features(scope, x) {
      let features = flatten(x);
      hidden.forEach((size, i) => {
        const inputs = features.shape[1] as number;
        const initialize = uniformByFanIn(inputs);
        const weight = scope.parameter(`hidden${i + 1}.weight`, [size, inputs], initialize);
        const bias = scope.parameter(`hidden${i + 1}.bias`, [size], initialize);
        features = relu(linear(features, weight, bias));
      });
      return features;
    },
  };
}

/** `network: mlp`. */
export const mlpPart = part({
  name: "mlp",
  title: "multi-layer perceptron",
  source: "the paper's network for MNIST",
  settings: {
    hidden: z.array(count).max(100).default([400, 400]).describe("Units of each hidden layer."),
  },
  create: mlp,
});
