import type { Tensor } from "../graph/graph.js";
import {
  add,
  convolution,
  globalAveragePooling,
  maxPooling,
  relu,
} from "../graph/operators/index.js";
import { batchNormalizationLayer, convolutionLayer } from "./layers.js";
import type { Network, Scope } from "./network.js";

/** Brings the input of a block to the shape of its output, where these differ. */
type Shortcut = (scope: Scope, name: string, x: Tensor, channels: number, stride: number) => Tensor;

/** ResNet-18 (He et al. 2016) for larger images, parameter by parameter the common one without its classifier. */
export function resnet18(): Network {
  return {
    name: "resnet18",
    features(scope, x) {
      const stem = { channels: 64, kernel: 7, stride: 2, padding: 3 };
      const convolved = convolutionLayer(scope, "conv1", x, stem);
      const small = maxPooling(relu(batchNormalizationLayer(scope, "bn1", convolved)), 3, {
        ...{ stride: 2, padding: 1 },
      });
      return residualStages(scope, small, [64, 128, 256, 512], 2, projection);
    },
  };
}

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

/** Stages of basic blocks, each after the first at half the resolution, and the mean over the image. */
function residualStages(
  scope: Scope,
  x: Tensor,
  widths: readonly number[],
  blocks: number,
  shortcut: Shortcut,
): Tensor {
  let features = x;
  widths.forEach((channels, stage) => {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const name = `layer${stage + 1}.${block}`;
      features = basicBlock(scope, name, features, channels, stride, shortcut);
    }
  });
  return globalAveragePooling(features);
}

function basicBlock(
  scope: Scope,
  name: string,
  x: Tensor,
  channels: number,
  stride: number,
  shortcut: Shortcut,
): Tensor {
  const convolved = (part: number, input: Tensor, partStride: number) => {
    const layer = { channels, kernel: 3, stride: partStride, padding: 1 };
    return batchNormalizationLayer(
      scope,
      `${name}.bn${part}`,
      convolutionLayer(scope, `${name}.conv${part}`, input, layer),
    );
  };
  const branch = convolved(2, relu(convolved(1, x, stride)), 1);
  const same = stride === 1 && x.shape[1] === channels;
  return relu(add(branch, same ? x : shortcut(scope, `${name}.downsample`, x, channels, stride)));
}

/** A 1×1 convolution with batch normalisation (option B). */
const projection: Shortcut = (scope, name, x, channels, stride) =>
  batchNormalizationLayer(
    scope,
    `${name}.1`,
    convolutionLayer(scope, `${name}.0`, x, { channels, kernel: 1, stride }),
  );

/** Every stride-th element, and zeros as further channels (option A): a 1×1 convolution with the identity. */
const zeroPadded: Shortcut = (_scope, _name, x, channels, stride) => {
  const inputs = x.shape[1] as number;
  const identity = new Float32Array(channels * inputs);
  for (let i = 0; i < inputs; i++) identity[i * inputs + i] = 1;
  return convolution(x, x.graph.constant(identity, [channels, inputs, 1, 1]), { stride });
};
