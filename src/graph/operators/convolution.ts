import { ItamlError } from "../../errors.js";
import { type Dimension, differentiable, formatShape, type Tensor } from "../tensor.js";
import { sumToShapeOf } from "./broadcast.js";
import { weightGradient } from "./convolution-weight-gradient.js";
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
  const [out, channels, kernelHeight, kernelWidth] = weight.shape as number[];
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
  const y = x.graph.node(
    "Conv",
    [x, weight, ...(bias ? [bias] : [])],
    { shape: [x.shape[0] as Dimension, out as number, ...window.output] },
    windowAttributes(window),
  );
  return differentiable(
    y,
    [x, weight, ...(bias ? [bias] : [])],
    [
      (dy) => inputGradient(dy, x, weight, window),
      (dy) => weightGradient(dy, x, weight, window),
      ...(bias ? [(dy: Tensor) => sumOverImages(dy, bias)] : []),
    ],
  );
}

function sumOverImages(dy: Tensor, bias: Tensor): Tensor {
  return reshape(sumToShapeOf(reshape(bias, [...bias.shape, 1, 1]), dy), bias.shape);
}

/**
 * ∂/∂x. With stride 1 it is the convolution of dy with the kernel turned by 180°, which runs faster than a
 * transposed convolution; other strides need the latter.
 */
function inputGradient(dy: Tensor, x: Tensor, weight: Tensor, window: Window): Tensor {
  const { kernel, stride, padding } = window;
  const border = [kernel[0] - 1 - padding[0], kernel[1] - 1 - padding[1]] as const;
  if (stride[0] === 1 && stride[1] === 1 && Math.min(...border) >= 0) {
    return x.graph.node(
      "Conv",
      [dy, transpose(turn(weight), [1, 0, 2, 3])],
      { shape: x.shape },
      windowAttributes({ ...window, padding: border }),
    );
  }
  return x.graph.node(
    "ConvTranspose",
    [dy, weight],
    { shape: x.shape },
    { ...windowAttributes(window), output_padding: unreached(window) },
  );
}

/** The kernel turned by 180°. */
function turn(weight: Tensor): Tensor {
  const [out, channels, height, width] = weight.shape as [number, number, number, number];
  const size = height * width;
  if (size === 1) return weight;
  const { graph } = weight;
  const flat = reshape(weight, [out, channels, size]);
  const backwards = graph.integers(Array.from({ length: size }, (_, i) => size - 1 - i));
  const turned = graph.node("Gather", [flat, backwards], { shape: flat.shape }, { axis: 2 });
  return reshape(turned, weight.shape);
}
