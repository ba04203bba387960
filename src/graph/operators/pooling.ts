import { ItamlError } from "../../base/errors.js";
import { differentiable, type Tensor } from "../graph.js";
import { type Dimension, formatShape } from "../shape.js";
import { cast, divide, multiply } from "./arithmetic.js";
import { reshape } from "./shaping.js";
import {
  type Pair,
  unreached,
  type Window,
  type WindowOptions,
  windowAttributes,
  windowOver,
} from "./window.js";

/**
 * The largest element of every window.
 *
 * @param x [batch, channels, height, width]
 * @param kernel size of the window
 * @param options by default windows stand side by side (stride = kernel, no padding)
 * @returns [batch, channels, height', width']
 */
export function maxPooling(x: Tensor, kernel: Pair, options: WindowOptions = {}): Tensor {
  const window = windowOver("maxPooling", x, kernel, { stride: kernel, ...options });
  const { input, stride, padding, output } = window;
  const sideBySide = [0, 1].every(
    (axis) => stride[axis] === window.kernel[axis] && padding[axis] === 0,
  );
  const covered = [0, 1].every(
    (a) => (output[a] as number) * (stride[a] as number) === (input[a] as number),
  );
  return sideBySide && covered ? maximaOfBlocks(x, window) : maximaOfWindows(x, window);
}

/**
 * Windows side by side: an element is a maximum where it equals its window's, spread back over the window. Equal maxima
 * share the gradient.
 */
function maximaOfBlocks(x: Tensor, window: Window): Tensor {
  const { graph } = x;
  const shape = [...x.shape.slice(0, 2), ...window.output];
  const pooled = (operator: string, from: Tensor) =>
    graph.node(operator, [from], { shape }, windowAttributes(window));
  const y = pooled("MaxPool", x);
  return differentiable(
    y,
    [x],
    [
      (dy) => {
        const equal = graph.node("Equal", [x, repeated(y, window)], {
          type: "bool",
          shape: x.shape,
        });
        const isLargest = cast(equal, "float32");
        const area = graph.scalar(window.kernel[0] * window.kernel[1]);
        const winners = multiply(pooled("AveragePool", isLargest), area);
        return multiply(isLargest, repeated(divide(dy, winners), window));
      },
    ],
  );
}

/** Every element as often as its window has places. */
function repeated(x: Tensor, { kernel, input }: Window): Tensor {
  const { graph } = x;
  const scales = graph.constant(Float32Array.of(1, 1, ...kernel), [4]);
  return graph.node(
    "Resize",
    [x, graph.constant(new Float32Array(0), [0]), scales],
    { shape: [...x.shape.slice(0, 2), ...input] },
    { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
  );
}

/** Any windows: of equal maxima the first gets the gradient. */
function maximaOfWindows(x: Tensor, window: Window): Tensor {
  const { graph } = x;
  const [batch, channels] = x.shape as [Dimension, number];
  const shape = [batch, channels, ...window.output];
  const [y, places] = graph.nodeWithOutputs(
    "MaxPool",
    [x],
    [{ shape }, { type: "int64", shape }],
    windowAttributes(window),
  ) as [Tensor, Tensor];
  const flat = (tensor: Tensor) =>
    graph.node("Reshape", [tensor, graph.integers([-1])], {
      type: tensor.type,
      shape: [tensor.shape.join("·")],
    });
  return differentiable(
    y,
    [x],
    [
      (dy) => {
        const zeros = multiply(flat(x), graph.scalar(0));
        const scattered = graph.node(
          "ScatterElements",
          [zeros, flat(places), flat(dy)],
          { shape: zeros.shape },
          { axis: 0, reduction: "add" },
        );
        const target = graph.integers([-1, ...(x.shape.slice(1) as number[])]);
        return graph.node("Reshape", [scattered, target], { shape: x.shape });
      },
    ],
  );
}

/**
 * The mean of every window; zeros of the padding count.
 *
 * @param x [batch, channels, height, width]
 * @param kernel size of the window
 * @param options by default windows stand side by side (stride = kernel, no padding)
 * @returns [batch, channels, height', width']
 */
export function averagePooling(x: Tensor, kernel: Pair, options: WindowOptions = {}): Tensor {
  const { graph } = x;
  const window = windowOver("averagePooling", x, kernel, { stride: kernel, ...options });
  const [batch, channels] = x.shape as [Dimension, number];
  const y = graph.node(
    "AveragePool",
    [x],
    { shape: [batch, channels, ...window.output] },
    { ...windowAttributes(window), count_include_pad: 1 },
  );
  const area = window.kernel[0] * window.kernel[1];
  return differentiable(
    y,
    [x],
    [
      (dy) =>
        graph.node(
          "ConvTranspose",
          [
            dy,
            graph.constant(new Float32Array(channels * area).fill(1 / area), [
              channels,
              1,
              ...window.kernel,
            ]),
          ],
          { shape: x.shape },
          { ...windowAttributes(window), output_padding: unreached(window), group: channels },
        ),
    ],
  );
}

/**
 * The mean of every channel of every image.
 *
 * @param x [batch, channels, height, width]
 * @returns [batch, channels]
 */
export function globalAveragePooling(x: Tensor): Tensor {
  const area = imageArea("globalAveragePooling", x);
  return differentiable(
    meanOverImage(x),
    [x],
    [(dy) => spreadOverImage(multiply(dy, x.graph.scalar(1 / area)), x)],
  );
}

/**
 * Generalised mean of every channel of every image, (mean x^power)^(1/power), with elements below `minimum` raised
 * to it (Radenović et al. 2018).
 *
 * @param x [batch, channels, height, width]
 * @returns [batch, channels]
 */
export function generalizedMeanPooling(x: Tensor, { power = 3, minimum = 1e-6 } = {}): Tensor {
  const { graph } = x;
  const area = imageArea("generalizedMeanPooling", x);
  const raise = (base: Tensor, exponent: number) =>
    graph.node("Pow", [base, graph.scalar(exponent)], { shape: base.shape });
  const clamped = graph.node("Clip", [x, graph.scalar(minimum)], { shape: x.shape });
  const mean = meanOverImage(raise(clamped, power));
  const y = raise(mean, 1 / power);
  return differentiable(
    y,
    [x],
    [
      (dy) => {
        const above = graph.node("Greater", [x, graph.scalar(minimum)], {
          type: "bool",
          shape: x.shape,
        });
        const slope = multiply(raise(clamped, power - 1), cast(above, "float32"));
        const perImage = multiply(dy, multiply(divide(y, mean), graph.scalar(1 / area)));
        return multiply(slope, spreadOverImage(perImage, x));
      },
    ],
  );
}

function imageArea(caller: string, x: Tensor): number {
  const [, , height, width] = x.shape;
  if (x.rank === 4 && typeof height === "number" && typeof width === "number") {
    return height * width;
  }
  throw new ItamlError("GRAPH_INVALID", `${caller}: no batch of images`, {
    expected: "x [batch, channels, height, width]",
    found: formatShape(x.shape),
  });
}

function meanOverImage(x: Tensor): Tensor {
  return x.graph.node(
    "ReduceMean",
    [x],
    { shape: x.shape.slice(0, 2) },
    { axes: [2, 3], keepdims: 0 },
  );
}

/** [batch, channels] repeated to the shape of `x`. */
function spreadOverImage(values: Tensor, x: Tensor): Tensor {
  const [height, width] = x.shape.slice(2) as [number, number];
  const ones = x.graph.constant(new Float32Array(height * width).fill(1), [1, 1, height, width]);
  return multiply(reshape(values, [...values.shape, 1, 1]), ones);
}
