import { ItamlError } from "../../base/errors.js";
import { differentiable, type Tensor } from "../graph.js";
import { type Dimension, formatShape, type Shape } from "../shape.js";
import { sumsToZero } from "./batch-normalization.js";
import { weightGradient } from "./convolution-weight-gradient.js";
import { matrixMultiply } from "./linear.js";
import { reshape, transpose } from "./shaping.js";
import {
  unreached,
  type Window,
  type WindowOptions,
  windowAttributes,
  windowOver,
} from "./window.js";

/**
 * Convolution (cross-correlation, as networks have it).
 *
 * @param x [batch, in, height, width]
 * @param weight [out, in, kernel height, kernel width]
 * @param bias [out]
 * @returns [batch, out, height', width'], height' = ⌊(height + 2·padding − kernel) / stride⌋ + 1
 */
export function convolution(
  x: Tensor,
  weight: Tensor,
  { bias, ...options }: WindowOptions & { bias?: Tensor } = {},
): Tensor {
  const [, channels, kernelHeight, kernelWidth] = weight.shape as number[];
  if (weight.rank !== 4 || x.shape[1] !== channels) {
    throw new ItamlError("GRAPH_INVALID", "convolution: the shapes don't fit", {
      expected: "weight [out, in, kernel height, kernel width] with as many inputs as x has",
      found: `x ${formatShape(x.shape)} and weight ${formatShape(weight.shape)}`,
    });
  }
  const window = windowOver(
    "convolution",
    x,
    [kernelHeight as number, kernelWidth as number],
    options,
  );
  const y = convolve(x, weight, window, bias);
  return differentiable(
    y,
    [x, weight, ...(bias ? [bias] : [])],
    [
      (dy) => inputGradient(dy, x, weight, window),
      (dy) => weightGradient(dy, x, weight, window),
      ...(bias ? [(dy: Tensor) => sumOverImages(dy)] : []),
    ],
  );
}

function convolve(x: Tensor, weight: Tensor, window: Window, bias?: Tensor): Tensor {
  const { graph } = x;
  const [out] = weight.shape as [number];
  return graph.node(
    "Conv",
    [x, weight, ...(bias ? [bias] : [])],
    { shape: [x.shape[0] as Dimension, out, ...window.output] },
    windowAttributes(window),
  );
}

/** Over each image, then over the batch: twice as fast as both at once. */
function sumOverImages(dy: Tensor): Tensor {
  const { graph } = dy;
  const [batch, channels] = dy.shape as [Dimension, number];
  if (sumsToZero(dy)) return graph.constant(new Float32Array(channels), [channels]);
  const sum = (of: Tensor, axes: readonly number[], shape: Shape) =>
    graph.node("ReduceSum", [of, graph.integers(axes)], { shape }, { keepdims: 0 });
  return sum(sum(dy, [2, 3], [batch, channels]), [0], [channels]);
}

/**
 * ∂/∂x. With stride 1 it is the convolution of dy with the kernel turned by 180°, which runs faster than a
 * transposed convolution; other strides need the latter.
 */
function inputGradient(dy: Tensor, x: Tensor, weight: Tensor, window: Window): Tensor {
  const { kernel, stride, padding } = window;
  const border = [kernel[0] - 1 - padding[0], kernel[1] - 1 - padding[1]] as const;
  if (stride[0] === 1 && stride[1] === 1 && Math.min(...border) >= 0) {
    const turned = transpose(turn(weight), [1, 0, 2, 3]);
    return convolve(dy, turned, windowOver("convolution", dy, kernel, { padding: border }));
  }
  return x.graph.node(
    "ConvTranspose",
    [dy, weight],
    { shape: x.shape },
    { ...windowAttributes(window), output_padding: unreached(window) },
  );
}

/** The kernel turned by 180°: a product with the identity written backwards, five times as fast as gathering. */
function turn(weight: Tensor): Tensor {
  const [out, channels, height, width] = weight.shape as [number, number, number, number];
  const size = height * width;
  if (size === 1) return weight;
  const { graph } = weight;
  const backwards = new Float32Array(size * size);
  for (let i = 0; i < size; i++) backwards[i * size + size - 1 - i] = 1;
  const flat = reshape(weight, [out * channels, size]);
  const turned = matrixMultiply(flat, graph.constant(backwards, [size, size]));
  return reshape(turned, weight.shape);
}
