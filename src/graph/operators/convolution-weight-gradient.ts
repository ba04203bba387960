import { type Dimension, elementCount, type Tensor } from "../tensor.js";
import { concatenateAlong, reshape, transpose } from "./shaping.js";
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
  const { input, kernel, padding, output } = window;
  const [height, width] = [input[0], output[1]];
  const inputs = concatenateAlong(
    1,
    range(kernel[1]).map((j) => window2d(x, { top: 0, left: j - padding[1], height, width })),
  );
  const [rows, columns] = [out * kernel[0], kernel[1] * channels];
  const left = reshape(shiftedRows(dy, window), [batch, rows, height * width]);
  const right = transpose(reshape(inputs, [batch, columns, height * width]), [0, 2, 1]);
  const products = graph.node("MatMul", [left, right], { shape: [batch, rows, columns] });
  const sum = graph.node(
    "ReduceSum",
    [products, graph.integers([0])],
    { shape: [rows, columns] },
    { keepdims: 0 },
  );
  return transpose(reshape(sum, [out, kernel[0], kernel[1], channels]), [0, 3, 1, 2]);
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
  const withZeros = window2d(dy, { top: 0, left: 0, height: height + 1, width });
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
  const { input, kernel, padding } = window;
  const byChannel = transpose(
    window2d(x, {
      top: -padding[0],
      left: -padding[1],
      height: input[0] + 2 * padding[0],
      width: input[1] + 2 * padding[1],
    }),
    [1, 0, 2, 3],
  );
  const places = range(kernel[0]).flatMap((i) => range(kernel[1]).map((j) => [i, j] as const));
  const unfolded = concatenateAlong(
    0,
    places.map((place) => everyWindow(byChannel, place, window)),
  );
  const product = graph.node(
    "Gemm",
    [asMatrix(transpose(dy, [1, 0, 2, 3])), asMatrix(unfolded)],
    { shape: [out, places.length * channels] },
    { transB: 1 },
  );
  return transpose(reshape(product, [out, ...kernel, channels]), [0, 3, 1, 2]);
}

/** The element at one place of every window, in the windows' order. */
function everyWindow(
  x: Tensor,
  place: readonly [number, number],
  { stride, output }: Window,
): Tensor {
  const { graph } = x;
  const ends = ([0, 1] as const).map((a) => place[a] + stride[a] * (output[a] - 1) + 1);
  return graph.node(
    "Slice",
    [x, ...[place, ends, [2, 3], stride].map((values) => graph.integers(values))],
    { shape: [...x.shape.slice(0, 2), ...output] },
  );
}

/** A window of images, zeros outside of them: one node, since ONNX's padding may be negative. */
function window2d(
  x: Tensor,
  { top, left, height, width }: Record<"top" | "left" | "height" | "width", number>,
): Tensor {
  const { graph } = x;
  const [batch, channels, ownHeight, ownWidth] = x.shape as [Dimension, Dimension, number, number];
  const pads = [0, 0, -top, -left, 0, 0, top + height - ownHeight, left + width - ownWidth];
  if (pads.every((amount) => amount === 0)) return x;
  return graph.node("Pad", [x, graph.integers(pads)], { shape: [batch, channels, height, width] });
}

/** [rows, batch, height, width] as [rows, everything else]. */
function asMatrix(x: Tensor): Tensor {
  const [rows, ...rest] = x.shape as [number, ...Dimension[]];
  const columns = rest.join("·");
  return x.graph.node("Reshape", [x, x.graph.integers([rows, -1])], { shape: [rows, columns] });
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
