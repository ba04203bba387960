import type { Tensor } from "../graph.js";
import { type Dimension, elementCount } from "../shape.js";
import { transposeMatrices } from "./linear.js";
import { pad, reshape, transpose } from "./shaping.js";
import { type Window, windowAttributes } from "./window.js";

/** ONNX Runtime's own operators for a layout in which blocks of channels stand innermost. */
const DOMAIN = "com.microsoft.nchwc";

/** Channels are brought into blocks only where their number is a multiple of this. */
const QUANTUM = 4;

/**
 * A convolution in ONNX Runtime's blocked layout [batch, channels / block, height, width, block], from and to the plain
 * one. Has no gradient.
 *
 * @param x [batch, in, height, width]
 * @param weight [out, in, kernel height, kernel width]
 * @param block channels in a block, as the runtime has it on this machine
 * @param bias [out]
 * @returns [batch, out, height', width']
 */
export function blockedConvolution(
  x: Tensor,
  weight: Tensor,
  window: Window,
  block: number,
  bias?: Tensor,
): Tensor {
  const { graph } = x;
  const [batch] = x.shape as [Dimension];
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
    { shape: [batch, outs, ...window.output] },
    windowAttributes(window),
    DOMAIN,
  );
  return graph.node(
    "ReorderOutput",
    [y],
    { shape: [batch, out, ...window.output] },
    { channels: out },
    DOMAIN,
  );
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
