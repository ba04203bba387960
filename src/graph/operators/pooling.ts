import { ItamlError } from "../../base/errors.js";
import { differentiable, type Tensor } from "../graph.js";
import { type Dimension, formatShape, type Shape } from "../shape.js";
import { atLeast, cast, divide, isAbove, multiply, power as raise } from "./arithmetic.js";
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
  const area = graph.scalar(window.kernel[0] * window.kernel[1]);
  const gradient = (dy: Tensor) => {
    const equal = graph.node("Equal", [x, repeated(y, window)], {
      ...{ type: "bool", shape: x.shape },
      derivative: "constant",
    });
    const isLargest = cast(equal, "float32");
    const winners = multiply(averages(isLargest, window), area);
    return multiply(isLargest, repeated(divide(dy, winners), window));
  };
  const output = { shape: pooledShape(x, window), derivative: [gradient] };
  const y = graph.node("MaxPool", [x], output, windowAttributes(window));
  return y;
}

/** Every element as often as its window has places. */
function repeated(x: Tensor, window: Window): Tensor {
  const { graph } = x;
  const { kernel, input } = window;
  const area = graph.scalar(kernel[0] * kernel[1]);
  const scales = graph.constant(Float32Array.of(1, 1, ...kernel), [4]);
  return graph.node(
    "Resize",
    [x, graph.constant(new Float32Array(0), [0]), scales],
    {
      shape: [...x.shape.slice(0, 2), ...input],
      derivative: [(dy) => multiply(averages(dy, window), area), "constant", "constant"],
    },
    { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
  );
}

/** Any windows: of equal maxima the first gets the gradient. */
function maximaOfWindows(x: Tensor, window: Window): Tensor {
  const { graph } = x;
  const shape = pooledShape(x, window);
  const gradient = (dy: Tensor) => {
    const zeros = multiply(flat(x), graph.scalar(0));
    return unflatten(scatter(zeros, flat(places), flat(dy)), x.shape);
  };
  const [y, places] = graph.nodeWithOutputs(
    "MaxPool",
    [x],
    [
      { shape, derivative: [gradient] },
      { type: "int64", shape, derivative: "constant" },
    ],
    windowAttributes(window),
  ) as [Tensor, Tensor];
  return y;
}

function flat(x: Tensor): Tensor {
  return x.graph.node("Reshape", [x, x.graph.integers([-1])], {
    ...{ type: x.type, shape: [x.shape.join("·")] },
    derivative: [(dy) => unflatten(dy, x.shape), "constant"],
  });
}

/** Back from {@link flat} to a shape of which the first dimension may be symbolic. */
function unflatten(x: Tensor, shape: Shape): Tensor {
  const target = x.graph.integers([-1, ...(shape.slice(1) as number[])]);
  return x.graph.node("Reshape", [x, target], { shape, derivative: [flat, "constant"] });
}

/** Adds values to those zeros that are at their places. */
function scatter(zeros: Tensor, places: Tensor, values: Tensor): Tensor {
  return zeros.graph.node(
    "ScatterElements",
    [zeros, places, values],
    {
      shape: zeros.shape,
      derivative: ["constant", "constant", (dy) => gather(dy, places, zeros)],
    },
    { axis: 0, reduction: "add" },
  );
}

/** The values at places: {@link scatter} the other way. */
function gather(values: Tensor, places: Tensor, zeros: Tensor): Tensor {
  return values.graph.node(
    "GatherElements",
    [values, places],
    { shape: places.shape, derivative: [(dy) => scatter(zeros, places, dy), "constant"] },
    { axis: 0 },
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
  return averages(x, windowOver("averagePooling", x, kernel, { stride: kernel, ...options }));
}

function averages(x: Tensor, window: Window): Tensor {
  return x.graph.node(
    "AveragePool",
    [x],
    { shape: pooledShape(x, window), derivative: [(dy) => shares(dy, window)] },
    { ...windowAttributes(window), count_include_pad: 1 },
  );
}

/** Of each place its shares of the windows that it is in: the gradient of {@link averages}. */
function shares(dy: Tensor, window: Window): Tensor {
  const { graph } = dy;
  const { kernel, input } = window;
  const [batch, channels] = dy.shape as [Dimension, number];
  const area = kernel[0] * kernel[1];
  const equal = new Float32Array(channels * area).fill(1 / area);
  return graph.node(
    "ConvTranspose",
    [dy, graph.constant(equal, [channels, 1, ...kernel])],
    {
      shape: [batch, channels, ...input],
      derivative: [(upstream) => averages(upstream, window), "constant"],
    },
    { ...windowAttributes(window), output_padding: unreached(window), group: channels },
  );
}

function pooledShape({ shape: [batch, channels] }: Tensor, { output }: Window): Shape {
  return [batch as Dimension, channels as number, ...output];
}

/**
 * The mean of every channel of every image.
 *
 * @param x [batch, channels, height, width]
 * @returns [batch, channels]
 */
export function globalAveragePooling(x: Tensor): Tensor {
  imageArea("globalAveragePooling", x);
  return meanOverImage(x);
}

/** So many of its reciprocal add up to a float32 number, too. */
const SMALLEST = 2 ** -100;

/**
 * Generalised mean of every channel of every image, (mean x^power)^(1/power), with elements below `minimum` raised
 * to it, or to the smallest number whose power float32 can tell from 0 (Radenović et al. 2018).
 *
 * @param x [batch, channels, height, width]
 * @returns [batch, channels]
 */
export function generalizedMeanPooling(x: Tensor, { power = 3, minimum = 1e-6 } = {}): Tensor {
  const { graph } = x;
  const area = imageArea("generalizedMeanPooling", x);
  // Slopes divide by the mean.
  const least = Math.max(minimum, SMALLEST ** (1 / Math.abs(power)));
  const clamped = atLeast(x, least);
  const mean = meanOverImage(raise(clamped, power));
  const y = raise(mean, 1 / power);
  return differentiable(
    y,
    [x],
    [
      (dy) => {
        const slope = multiply(raise(clamped, power - 1), isAbove(x, least));
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
  const [height, width] = x.shape.slice(2) as [number, number];
  const share = x.graph.scalar(1 / (height * width));
  return x.graph.node(
    "ReduceMean",
    [x],
    {
      shape: x.shape.slice(0, 2),
      derivative: [(dy) => spreadOverImage(multiply(dy, share), x)],
    },
    { axes: [2, 3], keepdims: 0 },
  );
}

/** [batch, channels] repeated to the shape of `x`. */
function spreadOverImage(values: Tensor, x: Tensor): Tensor {
  const [height, width] = x.shape.slice(2) as [number, number];
  const ones = x.graph.constant(new Float32Array(height * width).fill(1), [1, 1, height, width]);
  return multiply(reshape(values, [...values.shape, 1, 1]), ones);
}
