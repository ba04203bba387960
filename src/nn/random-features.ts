import { part } from "../base/part.js";
import { count } from "../base/settings.js";
import { flatten, matrixMultiply, relu } from "../graph/operators/index.js";
import { kaimingNormal } from "./initialization.js";
import type { Network } from "./network.js";

/**
 * A layer of so many random features, ReLU of normal projections of the input. Meant for methods that train nothing: by
 * `ridge` of a pretrained network's features it is RanPAC without its adapters.
 */
export function randomFeatures({ size }: { size: number }): Network {
  return {
    name: "random-features",
    features(scope, x) {
      const input = flatten(x);
      const inputs = input.shape[1] as number;
      const projection = scope.parameter("projection", [size, inputs], kaimingNormal(inputs));
      return relu(matrixMultiply(input, projection, { transposeB: true }));
    },
  };
}

/** `network: random-features`. */
export const randomFeaturesPart = part({
  name: "random-features",
  title: "random features",
  source: "McDonnell et al. 2023, RanPAC",
  settings: { size: count.max(4096).default(2000).describe("How many.") },
  create: randomFeatures,
});
