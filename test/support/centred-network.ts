import { add, channelMean, linear, multiply, subtract } from "../../src/graph/operators/index.js";
import { FeatureExtractor } from "../../src/nn/feature-extractor.js";
import { uniformByFanIn } from "../../src/nn/initialization.js";
import type { Network } from "../../src/nn/network.js";

/** The smallest that has statistics: three numbers less their running means, and a layer. */
const network: Network = {
  name: "centred",
  features(scope, x) {
    const { graph } = x;
    const weight = scope.parameter("weight", [3, 3], uniformByFanIn(3));
    const running = scope.statistic("mean", [3], 1);
    if (!scope.training) return linear(subtract(x, running), weight);
    const batchMean = channelMean(x);
    const kept = multiply(running, graph.scalar(0.9));
    scope.updateStatistic("mean", add(kept, multiply(batchMean, graph.scalar(0.1))));
    return linear(subtract(x, batchMean), weight);
  },
};

export const centred = new FeatureExtractor(network, {
  ...{ shape: [3], type: "float32", mean: [0], std: [1] },
});
