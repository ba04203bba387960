import type { Tensor } from "../graph.js";
import { type Dimension, elementCount } from "../shape.js";
import { transposeMatrices } from "./linear.js";
import { concatenateAlong, pad, reshape, transpose } from "./shaping.js";
import type { Window } from "./window.js";

/**
 * ∂/∂weight of a convolution as a matrix product. Which one is fastest depends on the shapes
 * (docs/performance.md); both are measured faster than a convolution with batch and channels swapped.
 */
export function weightGradient(dy: Tensor, x: Tensor, weight: Tensor, window: Window): Tensor {
  const [out, channels] = weight.shape as [number, number];
  const { kernel, stride, output } = window;
  const copies = (size: number, tensorChannels: number) => (size > 1 ? size * tensorChannels : 0);
  const shifted = copies(kernel[0], out) + copies(kernel[1], channels);
  const unfolded = elementCount(kernel) * channels + channels + out;
  const perImage =
    Math.max(...stride) === 1 && shifted <= unfolded && 2 * elementCount(output) >= channels + out;
  return perImage ? productPerImage(dy, x, weight, window) : oneProduct(dy, x, weight, window);
}

/**
 * With stride 1, large images and few channels: a product for each image, over all places of x, summed. Horizontal
 * shifts are copies of x and vertical shifts copies of dy: h + w copies in place of h·w.
 */
export function productPerImage(dy: Tensor, x: Tensor, weight: Tensor, window: Window): Tensor {
  const { graph } = x;
  const [batch] = x.shape as [Dimension];
  const [out, channels] = weight.shape as [number, number];
  const { input, kernel, output } = window;
  const [height, width] = [input[0], output[1]];
  const [rows, columns] = [out * kernel[0], kernel[1] * channels];
  const left = reshape(shiftedRows(dy, window), [batch, rows, height * width]);
  const inputs = reshape(shiftedColumns(x, window), [batch, columns, height * width]);
  const right = transpose(inputs, [0, 2, 1]);
  const products = graph.node("MatMul", [left, right], { shape: [batch, rows, columns] });
  const sum = graph.node(
    "ReduceSum",
    [products, graph.integers([0])],
    { shape: [rows, columns] },
    { keepdims: 0 },
  );
  return reshape(
    transposeMatrices(reshape(sum, [out, elementCount(kernel), channels])),
    weight.shape,
  );
}

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
  return graph.node("MatMul", [rows, graph.constant(choice, [kernel[1], input[1], width])], {
    shape: [batch, kernel[1], channels * input[0], width],
  });
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
  return graph.node(
    "Gather",
    [withZeros, graph.integers(rows)],
    { shape: [batch, out, rows.length, width] },
    { axis: 2 },
  );
}

/** Any stride: x unfolded to a row for each weight of a filter, and one product for the whole batch. */
export function oneProduct(dy: Tensor, x: Tensor, weight: Tensor, window: Window): Tensor {
  const { graph } = x;
  const [out, channels] = weight.shape as [number, number];
  const { input, kernel } = window;
  const unfolded =
    elementCount(input) <= SMALL_IMAGE ? chosenPlaces(x, window) : everyPlace(x, window);
  const rows = channels * elementCount(kernel);
  const product = graph.node(
    "Gemm",
    [asMatrix(transpose(dy, [1, 0, 2, 3]), out), asMatrix(unfolded, rows)],
    { shape: [out, rows] },
    { transB: 1 },
  );
  return reshape(product, weight.shape);
}

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
  return graph.node(
    "MatMul",
    [
      reshape(images, [channels, 1, batch, from]),
      graph.constant(choice, [1, places.length, from, to]),
    ],
    { shape: [channels, places.length, batch, to] },
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
    const slice = graph.node(
      "Slice",
      [images, ...[place, ends, [2, 3], stride].map((values) => graph.integers(values))],
      { shape: [channels, batch, ...output] },
    );
    return reshape(slice, [channels, 1, batch, ...output]);
  });
  return concatenateAlong(1, slices);
}

/** Row and column of each place of the kernel. */
function placesOf({ kernel }: Window): (readonly [number, number])[] {
  return range(kernel[0]).flatMap((i) => range(kernel[1]).map((j) => [i, j] as const));
}

/** The elements as so many rows. */
function asMatrix(x: Tensor, rows: number): Tensor {
  const shape = [rows, `${x.name} columns`];
  return x.graph.node("Reshape", [x, x.graph.integers([rows, -1])], { shape });
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
