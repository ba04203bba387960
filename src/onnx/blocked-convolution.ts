import type { Tensor } from "../graph/graph.js";
import { pad, reshape, transpose } from "../graph/operators/index.js";
import { type Dimension, elementCount } from "../graph/shape.js";
import { type Convolve, convolve } from "./convolution.js";
import { transposeMatrices } from "./transpose-matrices.js";
import { write } from "./write.js";

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
export function inBlocksOfChannels(block: number): Convolve {
  return (inputs, shape, attributes) => {
    const [out, , ...kernel] = (inputs[1] as Tensor).shape as [number, ...number[]];
    const faster = elementCount(kernel) > 1 && out > elementCount(shape.slice(2));
    return (faster ? blocked(block) : convolve)(inputs, shape, attributes);
  };
}

const blocked =
  (block: number): Convolve =>
  (tensors, shape, attributes) => {
    const [x, weight, bias] = tensors as [Tensor, Tensor, Tensor?];
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
    const y = write(
      "Conv",
      [input, filters, ...(bias ? [pad(bias, 0, 0, outs - out)] : [])],
      [batch, outs, ...image],
      attributes,
      DOMAIN,
    );
    return write("ReorderOutput", [y], shape, { channels: out }, DOMAIN);
  };

/** Images in the blocked layout, with as many channels as whole blocks have. */
export function reorderInput(x: Tensor, blockedChannels: number): Tensor {
  const [batch, channels, ...image] = x.shape as [Dimension, number, number, number];
  return write(
    "ReorderInput",
    [pad(x, 1, 0, roundUp(channels, QUANTUM) - channels)],
    [batch, blockedChannels, ...image],
    {},
    DOMAIN,
  );
}

function roundUp(size: number, multiple: number): number {
  return Math.ceil(size / multiple) * multiple;
}
