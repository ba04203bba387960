import type { Tensor } from "../graph/graph.js";
import { add, globalAveragePooling, relu } from "../graph/operators/index.js";
import { batchNormalizationLayer, convolutionLayer } from "./layers.js";
import type { Scope } from "./network.js";

/** Brings the input of a block to the shape of its output, where these differ. */
export type Shortcut = (
  scope: Scope,
  name: string,
  x: Tensor,
  channels: number,
  stride: number,
) => Tensor;

/** Stages of basic blocks, each after the first at half the resolution, and the mean over the image. */
export function residualStages(
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
