import type { Tensor } from "../graph/graph.js";
import { add, alongChannels, multiply, reshape } from "../graph/operators/index.js";
import { elementCount } from "../graph/shape.js";
import type { Rule } from "./lower.js";
import { write } from "./write.js";

/** scale·x + shift with numbers for each channel, as it is written. */
export const affine: Rule = (inputs) => {
  const [x, scale, shift] = inputs as [Tensor, Tensor, Tensor];
  return add(multiply(x, alongChannels(scale, x)), alongChannels(shift, x));
};

/** The same in one pass, as a normalisation by mean 0 and variance 1. */
export const affineByNormalization: Rule = (inputs) => {
  const [x, scale, shift] = inputs as [Tensor, Tensor, Tensor];
  const { graph, shape } = x;
  const [channels] = scale.shape as [number];
  const filled = (value: number) =>
    graph.constant(new Float32Array(channels).fill(value), [channels]);
  const operands = [x, scale, shift, filled(0), filled(1)];
  return write("BatchNormalization", operands, shape, { epsilon: { float: 0 } });
};

/** Places of an image from which a convolution of each channel by itself is faster, in several threads. */
const LARGE_IMAGE = 256;

/** The same as a convolution of each channel where images are large. ONNX Runtime makes a ReLU that follows part of it. */
export const affineByConvolution: Rule = (inputs, node) => {
  const [x, scale, shift] = inputs as [Tensor, Tensor, Tensor];
  const { shape, rank } = x;
  if (rank !== 4 || elementCount(shape.slice(2)) < LARGE_IMAGE) {
    return affineByNormalization(inputs, node);
  }
  const [channels] = scale.shape as [number];
  const kernel = reshape(scale, [channels, 1, 1, 1]);
  return write("Conv", [x, kernel, shift], shape, { group: channels });
};
