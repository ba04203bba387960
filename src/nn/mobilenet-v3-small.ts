import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import type { Tensor } from "../graph/graph.js";
import {
  add,
  globalAveragePooling,
  hardSigmoid,
  hardSwish,
  multiply,
  relu,
  reshape,
} from "../graph/operators/index.js";
import { batchNormalizationLayer, convolutionLayer } from "./layers.js";
import type { Network, Scope } from "./network.js";

interface Block {
  readonly kernel: number;
  /** Channels between its convolutions. */
  readonly expanded: number;
  readonly channels: number;
  /** Whether channels are weighted by squeeze and excitation. */
  readonly squeezed?: boolean;
  readonly activation: (x: Tensor) => Tensor;
  readonly stride?: number;
}

const [swish, twice, squeezed] = [{ activation: hardSwish }, { stride: 2 }, { squeezed: true }];

/** Howard et al. 2019, table 2. */
const BLOCKS: readonly Block[] = [
  { kernel: 3, expanded: 16, channels: 16, activation: relu, ...squeezed, ...twice },
  { kernel: 3, expanded: 72, channels: 24, activation: relu, ...twice },
  { kernel: 3, expanded: 88, channels: 24, activation: relu },
  { kernel: 5, expanded: 96, channels: 40, ...swish, ...squeezed, ...twice },
  { kernel: 5, expanded: 240, channels: 40, ...swish, ...squeezed },
  { kernel: 5, expanded: 240, channels: 40, ...swish, ...squeezed },
  { kernel: 5, expanded: 120, channels: 48, ...swish, ...squeezed },
  { kernel: 5, expanded: 144, channels: 48, ...swish, ...squeezed },
  { kernel: 5, expanded: 288, channels: 96, ...swish, ...squeezed, ...twice },
  { kernel: 5, expanded: 576, channels: 96, ...swish, ...squeezed },
  { kernel: 5, expanded: 576, channels: 96, ...swish, ...squeezed },
];

/**
 * MobileNetV3-Small (Howard et al. 2019) up to the mean over the image: 576 features. Parameters have the names that they
 * have in torchvision; pictures may have any size.
 *
 * @param weights what it starts from: `pretrained`, or a file
 */
export function mobilenetV3Small({ weights }: { weights?: string | undefined } = {}): Network {
  return {
    name: "mobilenet-v3-small",
    weights,
    features(scope, x) {
      const stem = { channels: 16, kernel: 3, stride: 2 };
      let features = hardSwish(normalizedConvolution(scope, "features.0", x, stem));
      BLOCKS.forEach((block, i) => {
        features = invertedResidual(scope, `features.${i + 1}.block`, features, block);
      });
      const last = { channels: 576, kernel: 1 };
      const name = `features.${BLOCKS.length + 1}`;
      return globalAveragePooling(hardSwish(normalizedConvolution(scope, name, features, last)));
    },
  };
}

/** Expansion, a convolution of each channel by itself, the channels' weights, and projection. */
function invertedResidual(scope: Scope, name: string, x: Tensor, block: Block): Tensor {
  const { kernel, expanded, channels, activation, stride = 1 } = block;
  const inputs = x.shape[1];
  let layers = 0;
  const next = () => `${name}.${layers++}`;
  let y = x;
  if (expanded !== inputs) {
    const expansion = { channels: expanded, kernel: 1 };
    y = activation(normalizedConvolution(scope, next(), y, expansion));
  }
  const depthwise = { channels: expanded, kernel, stride, groups: expanded };
  y = activation(normalizedConvolution(scope, next(), y, depthwise));
  if (block.squeezed) y = squeezeAndExcitation(scope, next(), y);
  y = normalizedConvolution(scope, next(), y, { channels, kernel: 1 });
  return stride === 1 && channels === inputs ? add(x, y) : y;
}

/** Channels weighted by what is in all of the image (Hu et al. 2018). */
function squeezeAndExcitation(scope: Scope, name: string, x: Tensor): Tensor {
  const [batch, channels] = x.shape as [string, number];
  const squeezed = reshape(globalAveragePooling(x), [batch, channels, 1, 1]);
  const layer = (part: string, input: Tensor, outputs: number) =>
    convolutionLayer(scope, `${name}.${part}`, input, { channels: outputs, kernel: 1, bias: true });
  const hidden = relu(layer("fc1", squeezed, divisibleByEight(channels / 4)));
  return multiply(x, hardSigmoid(layer("fc2", hidden, channels)));
}

/** The nearest multiple of 8 that is no less than 90 %. */
function divisibleByEight(channels: number): number {
  const nearest = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}

function normalizedConvolution(
  scope: Scope,
  name: string,
  x: Tensor,
  layer: { channels: number; kernel: number; stride?: number; groups?: number },
): Tensor {
  const padding = (layer.kernel - 1) / 2;
  const convolved = convolutionLayer(scope, `${name}.0`, x, { ...layer, padding });
  return batchNormalizationLayer(scope, `${name}.1`, convolved, { epsilon: 0.001, momentum: 0.01 });
}

/** `network: mobilenet-v3-small`, small and quick. */
export const mobilenetV3SmallPart = part({
  name: "mobilenet-v3-small",
  title: "MobileNetV3-Small",
  source: "Howard et al. 2019",
  settings: {
    weights: z
      .string()
      .optional()
      .describe(
        "What it starts from: `pretrained` ([features.md](features.md)), or a safetensors file with torchvision's names. Without: at random.",
      ),
  },
  create: mobilenetV3Small,
});
