import { part } from "../base/part.js";
import { convolution, relu } from "../graph/operators/index.js";
import { batchNormalizationLayer, convolutionLayer } from "./layers.js";
import type { Network } from "./network.js";
import { residualStages, type Shortcut } from "./residual-stages.js";

/** ResNet-32 for images of 32×32 (He et al. 2016, section 4.2; shortcuts of option A, without parameters). */
export function resnet32(): Network {
  return {
    name: "resnet32",
    features(scope, x) {
      const stem = { channels: 16, kernel: 3, padding: 1 };
      const convolved = convolutionLayer(scope, "conv1", x, stem);
      const first = relu(batchNormalizationLayer(scope, "bn1", convolved));
      return residualStages(scope, first, [16, 32, 64], 5, zeroPadded);
    },
  };
}

/** Every stride-th element, and zeros as further channels (option A): a 1×1 convolution with the identity. */
const zeroPadded: Shortcut = (_scope, _name, x, channels, stride) => {
  const inputs = x.shape[1] as number;
  const identity = new Float32Array(channels * inputs);
  for (let i = 0; i < inputs; i++) identity[i * inputs + i] = 1;
  return convolution(x, x.graph.constant(identity, [channels, inputs, 1, 1]), { stride });
};

/** `network: resnet32`, for pictures of 32×32. */
export const resnet32Part = part({
  name: "resnet32",
  title: "ResNet-32",
  source: "He et al. 2016, section 4.2, shortcuts of option A",
  settings: {},
  create: resnet32,
});
