import { ItamlError } from "../../base/errors.js";
import { ABSTRACT, type Tensor } from "../graph.js";
import { type Dimension, formatShape } from "../shape.js";
import { channelSum } from "./channels.js";
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
  return convolve(x, weight, window, bias);
}

function convolve(x: Tensor, weight: Tensor, window: Window, bias?: Tensor): Tensor {
  const [batch] = x.shape as [Dimension];
  const [out] = weight.shape as [number];
  return x.graph.node(
    "Conv",
    [x, weight, ...(bias ? [bias] : [])],
    {
      shape: [batch, out, ...window.output],
      derivative: [
        (dy) => inputGradient(dy, weight, window),
        (dy) => weightGradient(dy, x, window),
        ...(bias ? [channelSum] : []),
      ],
    },
    windowAttributes(window),
  );
}

/** ∂/∂x of a convolution, the transposed convolution. */
function inputGradient(dy: Tensor, weight: Tensor, window: Window): Tensor {
  const [batch] = dy.shape as [Dimension];
  const [, channels] = weight.shape as [number, number];
  return dy.graph.node(
    "ConvTranspose",
    [dy, weight],
    {
      shape: [batch, channels, ...window.input],
      derivative: [
        (upstream) => convolve(upstream, weight, window),
        (upstream) => weightGradient(dy, upstream, window),
      ],
    },
    { ...windowAttributes(window), output_padding: unreached(window) },
  );
}

/** ∂/∂weight of a convolution: of each place of the kernel the sum of dy·x over all images and places. */
function weightGradient(dy: Tensor, x: Tensor, window: Window): Tensor {
  const [[, out], [, channels]] = [dy.shape, x.shape] as [[Dimension, number], [Dimension, number]];
  return dy.graph.node(
    "ConvolutionWeightGradient",
    [dy, x],
    {
      shape: [out, channels, ...window.kernel],
      derivative: [
        (upstream) => convolve(x, upstream, window),
        (upstream) => inputGradient(dy, upstream, window),
      ],
    },
    windowAttributes(window),
    ABSTRACT,
  );
}
