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

export interface ConvolutionOptions extends WindowOptions {
  /** [out] */
  readonly bias?: Tensor;
  /** Inputs and outputs are cut into so many groups, each convolved by itself; as many as inputs: depthwise. Default: 1. */
  readonly groups?: number;
}

/**
 * Convolution (cross-correlation, as networks have it).
 *
 * @param x [batch, in, height, width]
 * @param weight [out, in / groups, kernel height, kernel width]
 * @returns [batch, out, height', width'], height' = ⌊(height + 2·padding − kernel) / stride⌋ + 1
 */
export function convolution(
  x: Tensor,
  weight: Tensor,
  { bias, groups = 1, ...options }: ConvolutionOptions = {},
): Tensor {
  const [out, channels, kernelHeight, kernelWidth] = weight.shape as [
    number,
    number,
    number,
    number,
  ];
  if (weight.rank !== 4 || x.shape[1] !== channels * groups || out % groups !== 0) {
    throw new ItamlError("GRAPH_INVALID", "convolution: the shapes don't fit", {
      expected:
        "weight [out, in / groups, kernel height, kernel width] with as many inputs as x has, and outputs for every group",
      found: `x ${formatShape(x.shape)}, weight ${formatShape(weight.shape)}, groups ${groups}`,
    });
  }
  const window = windowOver("convolution", x, [kernelHeight, kernelWidth], options);
  return convolve(x, weight, window, groups, bias);
}

/** ONNX's attributes of a convolution; a rule of a lowering that knows no groups sees that there are none. */
function attributesOf(window: Window, groups: number) {
  return { ...windowAttributes(window), ...(groups > 1 && { group: groups }) };
}

function convolve(
  x: Tensor,
  weight: Tensor,
  window: Window,
  groups: number,
  bias?: Tensor,
): Tensor {
  const [batch] = x.shape as [Dimension];
  const [out] = weight.shape as [number];
  return x.graph.node(
    "Conv",
    [x, weight, ...(bias ? [bias] : [])],
    {
      shape: [batch, out, ...window.output],
      derivative: [
        (dy) => inputGradient(dy, weight, window, groups),
        (dy) => weightGradient(dy, x, window, groups),
        ...(bias ? [channelSum] : []),
      ],
    },
    attributesOf(window, groups),
  );
}

/** ∂/∂x of a convolution, the transposed convolution. */
function inputGradient(dy: Tensor, weight: Tensor, window: Window, groups: number): Tensor {
  const [batch] = dy.shape as [Dimension];
  const [, channels] = weight.shape as [number, number];
  return dy.graph.node(
    "ConvTranspose",
    [dy, weight],
    {
      shape: [batch, channels * groups, ...window.input],
      derivative: [
        (upstream) => convolve(upstream, weight, window, groups),
        (upstream) => weightGradient(dy, upstream, window, groups),
      ],
    },
    { ...attributesOf(window, groups), output_padding: unreached(window) },
  );
}

/** ∂/∂weight of a convolution: of each place of the kernel the sum of dy·x over all images and places. */
function weightGradient(dy: Tensor, x: Tensor, window: Window, groups: number): Tensor {
  const [[, out], [, channels]] = [dy.shape, x.shape] as [[Dimension, number], [Dimension, number]];
  return dy.graph.node(
    "ConvolutionWeightGradient",
    [dy, x],
    {
      shape: [out, channels / groups, ...window.kernel],
      derivative: [
        (upstream) => convolve(x, upstream, window, groups),
        (upstream) => inputGradient(dy, upstream, window, groups),
      ],
    },
    attributesOf(window, groups),
    ABSTRACT,
  );
}
