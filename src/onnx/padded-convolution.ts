import type { Tensor } from "../graph/graph.js";
import { pad } from "../graph/operators/index.js";
import { type Convolve, convolve } from "./convolution.js";

/**
 * ONNX Runtime 1.30 convolves wrongly on WebGPU where the channels going in are a multiple of 3 but not of 4, more than 3,
 * and those coming out are a multiple of 4. There channels of zeros go in besides.
 */
export const withPaddedChannels: Convolve = (tensors, shape, attributes) => {
  const [x, weight, ...bias] = tensors as [Tensor, Tensor, Tensor?];
  const [out, channels] = weight.shape as [number, number];
  const wrong = channels > 3 && channels % 3 === 0 && channels % 4 !== 0 && out % 4 === 0;
  if (!wrong) return convolve(tensors, shape, attributes);
  const zeros = 4 - (channels % 4);
  const padded = [x, weight].map((tensor) => pad(tensor, 1, 0, zeros));
  return convolve([...padded, ...(bias as Tensor[])], shape, attributes);
};
