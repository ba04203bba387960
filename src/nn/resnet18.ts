import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import { maxPooling, relu } from "../graph/operators/index.js";
import { batchNormalizationLayer, convolutionLayer } from "./layers.js";
import type { Network } from "./network.js";
import { residualStages, type Shortcut } from "./residual-stages.js";

/**
 * ResNet-18 (He et al. 2016) for larger images, parameter by parameter the common one without its classifier.
 *
 * @param weights what it starts from: a file
 */
export function resnet18({ weights }: { weights?: string | undefined } = {}): Network {
  return {
    name: "resnet18",
    weights,
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

/** A 1×1 convolution with batch normalisation (option B). */
const projection: Shortcut = (scope, name, x, channels, stride) =>
  batchNormalizationLayer(
    scope,
    `${name}.1`,
    convolutionLayer(scope, `${name}.0`, x, { channels, kernel: 1, stride }),
  );

/** `network: resnet18`, for larger pictures. */
export const resnet18Part = part({
  name: "resnet18",
  title: "ResNet-18",
  source: "He et al. 2016",
  settings: {
    weights: z
      .string()
      .regex(/^(?!pretrained$)/, "expected a file: only mobilenet-v3-small is built in")
      .optional()
      .describe(
        "What it starts from: a safetensors file with torchvision's names. Without: at random.",
      ),
  },
  create: resnet18,
});
