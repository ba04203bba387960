import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import { count } from "../base/settings.js";
import type { Tensor } from "../graph/graph.js";
import { add, generalizedMeanPooling, maxPooling, relu } from "../graph/operators/index.js";
import { batchNormalizationLayer, convolutionLayer } from "./layers.js";
import type { Network, Scope } from "./network.js";

/** The paper's "1/3". */
const REDUCED_WIDTHS = [21, 42, 85, 170] as const;

const BLOCKS = 2;

/**
 * The paper's network for images of 32×32 ("ResNet-18 (1/3)"), as the authors' program has it: no strides, a 2×2
 * maximum after the second and the third stage, convolutions with biases, generalised-mean pooling.
 *
 * @param widths channels of the four stages; thirds of ResNet-18's by default
 */
export function reducedResnet({
  widths = REDUCED_WIDTHS,
}: {
  widths?: readonly number[] | undefined;
} = {}): Network {
  return {
    name: "reduced-resnet18",
    features(scope, x) {
      const [first] = widths as readonly [number];
      let features = relu(normalizedConvolution(scope, "conv1", "bn1", x, first, 3));
      widths.forEach((channels, stage) => {
        for (let block = 0; block < BLOCKS; block++) {
          const pool = block === BLOCKS - 1 && (stage === 1 || stage === 2);
          const name = `layer${stage + 1}.${block}`;
          const sum = residualSum(scope, name, features, channels, {
            project: block === 0 && stage > 0,
          });
          features = relu(pool ? maxPooling(sum, 2) : sum);
        }
      });
      return generalizedMeanPooling(features);
    },
  };
}

function residualSum(
  scope: Scope,
  name: string,
  x: Tensor,
  channels: number,
  { project }: { project: boolean },
): Tensor {
  const convolved = (part: number, input: Tensor) =>
    normalizedConvolution(scope, `${name}.conv${part}`, `${name}.bn${part}`, input, channels, 3);
  const branch = convolved(2, relu(convolved(1, x)));
  const [convolutionName, normalizationName] = [`${name}.downsample.0`, `${name}.downsample.1`];
  const skip = project
    ? relu(normalizedConvolution(scope, convolutionName, normalizationName, x, channels, 1))
    : x;
  return add(branch, skip);
}

function normalizedConvolution(
  scope: Scope,
  convolutionName: string,
  normalizationName: string,
  x: Tensor,
  channels: number,
  kernel: number,
): Tensor {
  const padding = (kernel - 1) / 2;
  const convolved = convolutionLayer(scope, convolutionName, x, {
    ...{ channels, kernel, padding },
    bias: true,
  });
  return batchNormalizationLayer(scope, normalizationName, convolved);
}

/** `network: reduced-resnet18`, for pictures of 32×32. */
export const reducedResnetPart = part({
  name: "reduced-resnet18",
  title: "ResNet-18 (1/3)",
  source: "the paper's network for pictures of 32×32, as the authors' program has it",
  settings: {
    widths: z
      .array(count)
      .length(4)
      .default([...REDUCED_WIDTHS])
      .describe("Channels of the four stages."),
  },
  create: reducedResnet,
});
