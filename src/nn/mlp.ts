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
