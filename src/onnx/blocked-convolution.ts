import type { GraphNode, Tensor } from "../graph/graph.js";
import { pad, reshape, transpose } from "../graph/operators/index.js";
import { transposeMatrices } from "../graph/operators/linear.js";
import { type Dimension, elementCount, type Shape } from "../graph/shape.js";
import type { Rule } from "./lower.js";

/** ONNX Runtime's own operators for a layout in which blocks of channels stand innermost. */
const DOMAIN = "com.microsoft.nchwc";

/** Channels are brought into blocks only where their number is a multiple of this. */
const QUANTUM = 4;

/**
 * Convolutions in ONNX Runtime's blocked layout [batch, channels / block, height, width, block], from and to the plain
 * one, where that is faster: of an image with fewer places than filters ONNX Runtime otherwise unfolds one after
 * another, in one thread.
 *
 * @param block channels in a block, as the runtime has it on this machine
 */
export function inBlocksOfChannels(block: number): Rule {
  return (inputs, { attributes, outputs: [y] }) => {
    const [x, weight, bias] = inputs as [Tensor, Tensor, Tensor?];
    const [out, , ...kernel] = weight.shape as number[];
    const [, , ...places] = (y as Tensor).shape;
    const faster = elementCount(kernel) > 1 && (out as number) > elementCount(places);
    if (!faster || "group" in attributes) return undefined;
    return blockedConvolution(x, weight, bias, block, (y as Tensor).shape, attributes);
  };
}

function blockedConvolution(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  block: number,
  shape: Shape,
  attributes: GraphNode["attributes"],
): Tensor {
  const { graph } = x;
  const [batch, , ...image] = shape as [Dimension, number, number, number];
  const [out, channels, ...kernel] = weight.shape as [number, number, number, number];
  const [outs, inputs] = [roundUp(out, block), roundUp(channels, block)];
  const input = reorderInput(x, inputs);
  const filled = pad(pad(weight, 0, 0, outs - out), 1, 0, inputs - channels);
  // In two steps, of which the second transposes matrices: in one it takes five times as long.
  const places = elementCount(kernel);
  const blocks = reshape(filled, [outs / block, block, inputs / block, block, places]);
  const pairs = [(outs / block) * (inputs / block), block ** 2, places];
  const matrices = reshape(transpose(blocks, [0, 2, 3, 1, 4]), pairs);
  const filters = reshape(transposeMatrices(matrices), [outs, inputs, ...kernel]);
  const y = graph.node(
    "Conv",
    [input, filters, ...(bias ? [pad(bias, 0, 0, outs - out)] : [])],
    { shape: [batch, outs, ...image] },
    attributes,
    DOMAIN,
  );
  return graph.node("ReorderOutput", [y], { shape }, { channels: out }, DOMAIN);
}

/** Images in the blocked layout, with as many channels as whole blocks have. */
export function reorderInput(x: Tensor, blockedChannels: number): Tensor {
  const [batch, channels, ...image] = x.shape as [Dimension, number, number, number];
  return x.graph.node(
    "ReorderInput",
    [pad(x, 1, 0, roundUp(channels, QUANTUM) - channels)],
    { shape: [batch, blockedChannels, ...image] },
    {},
    DOMAIN,
  );
}

function roundUp(size: number, multiple: number): number {
  return Math.ceil(size / multiple) * multiple;
}
