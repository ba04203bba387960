import type { Tensor } from "../graph/graph.js";
import {
  concatenateAlong,
  pad,
  reshape,
  slice,
  sumOver,
  transpose,
} from "../graph/operators/index.js";
import { type Window, windowOf } from "../graph/operators/window.js";
import { type Dimension, elementCount } from "../graph/shape.js";
import type { Rule } from "./lower.js";
import { transposeMatrices } from "./transpose-matrices.js";
import { write } from "./write.js";

/** A way to compute ∂/∂weight of a convolution from dy [batch, out, …] and x [batch, in, …]. */
export type WeightGradient = (dy: Tensor, x: Tensor, window: Window) => Tensor;

export function weightGradientBy(compute: WeightGradient): Rule {
  return (inputs, { attributes }) => {
    const [dy, x] = inputs as [Tensor, Tensor];
    const window = windowOf(attributes, x, dy);
    return "group" in attributes
      ? gradientOfGroups(dy, x, window, attributes.group as number)
      : compute(dy, x, window);
  };
}

/** As a convolution over the images, batch and channels swapped, in which dy is the kernel. */
export const convolutionOverImages: WeightGradient = (dy, x, window) =>
  overImages(transpose(x, [1, 0, 2, 3]), dy, window);

/** The same for each group by itself: the images of one group after those of another take the place of the channels. */
function gradientOfGroups(dy: Tensor, x: Tensor, window: Window, groups: number): Tensor {
  const [batch, channels] = x.shape as [Dimension, number];
  const perGroup = channels / groups;
  const cut = transpose(reshape(x, [batch, groups, perGroup, ...window.input]), [2, 1, 0, 3, 4]);
  const sizes = x.graph.integers([perGroup, -1, ...window.input]);
  const joined = write("Reshape", [cut, sizes], [perGroup, `${groups}·${batch}`, ...window.input]);
  return overImages(joined, dy, window, groups);
}

function overImages(left: Tensor, dy: Tensor, window: Window, groups = 1): Tensor {
  const { input, kernel, stride, padding, output } = window;
  const swap = (tensor: Tensor) => transpose(tensor, [1, 0, 2, 3]);
  const right = swap(dy);
  const places = ([0, 1] as const).map(
    (axis) => input[axis] + 2 * padding[axis] - stride[axis] * (output[axis] - 1),
  );
  const shape = [left.shape[0] as number, right.shape[0] as number, ...places];
  const pads = [...padding, ...padding];
  const all = write("Conv", [left, right], shape, {
    ...{ dilations: stride, pads },
    ...(groups > 1 && { group: groups }),
  });
  return swap(slice(slice(all, 2, 0, kernel[0]), 3, 0, kernel[1]));
}

/**
 * As a matrix product. Which one is fastest depends on the shapes (docs/performance.md); both are measured faster than
 * {@link convolutionOverImages}.
 */
export const matrixProduct: WeightGradient = (dy, x, window) => {
  const [, out] = dy.shape as [Dimension, number];
  const [, channels] = x.shape as [Dimension, number];
  const { kernel, stride, output } = window;
  const copies = (size: number, tensorChannels: number) => (size > 1 ? size * tensorChannels : 0);
  const shifted = copies(kernel[0], out) + copies(kernel[1], channels);
  const unfolded = elementCount(kernel) * channels + channels + out;
  const perImage =
    Math.max(...stride) === 1 && shifted <= unfolded && 2 * elementCount(output) >= channels + out;
  return perImage ? productPerImage(dy, x, window) : oneProduct(dy, x, window);
};

/**
 * With stride 1, large images and few channels: a product for each image, over all places of x, summed. Horizontal
 * shifts are copies of x and vertical shifts copies of dy: h + w copies in place of h·w.
 */
export const productPerImage: WeightGradient = (dy, x, window) => {
  const [batch, channels] = x.shape as [Dimension, number];
  const [, out] = dy.shape as [Dimension, number];
  const { input, kernel, output } = window;
  const [height, width] = [input[0], output[1]];
  const [rows, columns] = [out * kernel[0], kernel[1] * channels];
  const left = reshape(shiftedRows(dy, window), [batch, rows, height * width]);
  const inputs = reshape(shiftedColumns(x, window), [batch, columns, height * width]);
  const right = transpose(inputs, [0, 2, 1]);
  const products = write("MatMul", [left, right], [batch, rows, columns]);
  const sum = sumOver(products, [0], { keepDimensions: false });
  return reshape(transposeMatrices(reshape(sum, [out, elementCount(kernel), channels])), [
    out,
    channels,
    ...kernel,
  ]);
};

/**
 * For each column of the kernel a copy of x in which the columns stand where those of dy are that they are multiplied
 * with, zeros where there is none: a product with matrices of zeros and ones, in several threads, where padding and
 * joining have one.
 *
 * @returns [batch, kernel width, channels · height, width of dy]
 */
function shiftedColumns(x: Tensor, { input, kernel, padding, output }: Window): Tensor {
  const [batch, channels] = x.shape as [Dimension, number];
  const rows = reshape(x, [batch, 1, channels * input[0], input[1]]);
  const width = output[1];
  if (kernel[1] === 1 && padding[1] === 0) return rows;
  const choice = new Float32Array(kernel[1] * input[1] * width);
  for (let j = 0; j < kernel[1]; j++) {
    for (let column = 0; column < width; column++) {
      const own = column + j - padding[1];
      if (own >= 0 && own < input[1]) choice[(j * input[1] + own) * width + column] = 1;
    }
  }
  const { graph } = x;
  const shape = [batch, kernel[1], channels * input[0], width];
  return write("MatMul", [rows, graph.constant(choice, [kernel[1], input[1], width])], shape);
}

/**
 * For each row of the kernel a copy of dy in which the rows stand beside the rows of x that they are multiplied with,
 * zeros where there is none. Rows are gathered, in several threads, where padding has one.
 *
 * @returns [batch, out, kernel height · height of x, width]
 */
function shiftedRows(dy: Tensor, { input, kernel, padding, output }: Window): Tensor {
  if (kernel[0] === 1 && padding[0] === 0) return dy;
  const { graph } = dy;
  const [batch, out] = dy.shape as [Dimension, number];
  const [height, width] = output;
  const withZeros = pad(dy, 2, 0, 1);
  const rows = range(kernel[0]).flatMap((i) =>
    range(input[0]).map((row) => {
      const own = row - i + padding[0];
      return own >= 0 && own < height ? own : height;
    }),
  );
  const shape = [batch, out, rows.length, width];
  return write("Gather", [withZeros, graph.integers(rows)], shape, { axis: 2 });
}

/** Any stride: x unfolded to a row for each weight of a filter, and one product for the whole batch. */
export const oneProduct: WeightGradient = (dy, x, window) => {
  const [, out] = dy.shape as [Dimension, number];
  const [, channels] = x.shape as [Dimension, number];
  const { input, kernel } = window;
  const unfolded =
    elementCount(input) <= SMALL_IMAGE ? chosenPlaces(x, window) : everyPlace(x, window);
  const rows = channels * elementCount(kernel);
  const factors = [asMatrix(transpose(dy, [1, 0, 2, 3]), out), asMatrix(unfolded, rows)];
  return reshape(write("Gemm", factors, [out, rows], { transB: 1 }), [out, channels, ...kernel]);
};

/** Places up to which {@link chosenPlaces} is faster than {@link everyPlace}. */
const SMALL_IMAGE = 64;

/**
 * x unfolded by a product with a matrix of zeros and ones for each place of the kernel.
 *
 * @returns [channels, places of the kernel, batch, places of dy]
 */
function chosenPlaces(x: Tensor, window: Window): Tensor {
  const { graph } = x;
  const [batch, channels] = x.shape as [Dimension, number];
  const { input, stride, padding, output } = window;
  const [from, to] = [elementCount(input), elementCount(output)];
  const places = placesOf(window);
  const choice = new Float32Array(places.length * from * to);
  places.forEach(([i, j], place) => {
    for (let target = 0; target < to; target++) {
      const row = Math.floor(target / output[1]) * stride[0] + i - padding[0];
      const column = (target % output[1]) * stride[1] + j - padding[1];
      if (row < 0 || row >= input[0] || column < 0 || column >= input[1]) continue;
      choice[(place * from + row * input[1] + column) * to + target] = 1;
    }
  });
  const images = transpose(reshape(x, [batch, channels, from]), [1, 0, 2]);
  return write(
    "MatMul",
    [
      reshape(images, [channels, 1, batch, from]),
      graph.constant(choice, [1, places.length, from, to]),
    ],
    [channels, places.length, batch, to],
  );
}

/**
 * x unfolded by slices, one for each place of the kernel.
 *
 * @returns [channels, places of the kernel, batch, height of dy, width of dy]
 */
function everyPlace(x: Tensor, window: Window): Tensor {
  const { graph } = x;
  const [batch, channels] = x.shape as [Dimension, number];
  const { stride, padding, output } = window;
  const padded = pad(pad(x, 2, padding[0], padding[0]), 3, padding[1], padding[1]);
  const images = transpose(padded, [1, 0, 2, 3]);
  const slices = placesOf(window).map((place) => {
    const ends = ([0, 1] as const).map((a) => place[a] + stride[a] * (output[a] - 1) + 1);
    const bounds = [place, ends, [2, 3], stride].map((values) => graph.integers(values));
    const places = write("Slice", [images, ...bounds], [channels, batch, ...output]);
    return reshape(places, [channels, 1, batch, ...output]);
  });
  return concatenateAlong(1, slices);
}

/** Row and column of each place of the kernel. */
function placesOf({ kernel }: Window): (readonly [number, number])[] {
  return range(kernel[0]).flatMap((i) => range(kernel[1]).map((j) => [i, j] as const));
}

/** The elements as so many rows. */
function asMatrix(x: Tensor, rows: number): Tensor {
  return write("Reshape", [x, x.graph.integers([rows, -1])], [rows, `${x.name} columns`]);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
