import { ItamlError } from "../../base/errors.js";
import type { Attribute, Tensor } from "../graph.js";
import { formatShape } from "../shape.js";

/** One number for both axes, or [vertical, horizontal]. */
export type Pair = number | readonly [number, number];

export interface WindowOptions {
  /** Default: 1. */
  readonly stride?: Pair;
  /** Zeros around the input. Default: 0. */
  readonly padding?: Pair;
}

/** How a window goes over an image: all sizes are [vertical, horizontal]. */
export interface Window {
  readonly input: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly output: readonly [number, number];
}

/** @throws {ItamlError} GRAPH_INVALID where `x` is no batch of images or the window doesn't fit into them */
export function windowOver(
  caller: string,
  x: Tensor,
  kernel: Pair,
  { stride = 1, padding = 0 }: WindowOptions,
): Window {
  const pair = (value: Pair): readonly [number, number] =>
    typeof value === "number" ? [value, value] : value;
  const [, , height, width] = x.shape;
  const fail = (found: string): never => {
    throw new ItamlError("GRAPH_INVALID", `${caller}: the window doesn't fit`, {
      expected: "x [batch, channels, height, width], larger with its padding than the window",
      found,
    });
  };
  if (x.rank !== 4 || typeof height !== "number" || typeof width !== "number") {
    return fail(`x ${formatShape(x.shape)}`);
  }
  const [input, k, s, p] = [[height, width] as const, pair(kernel), pair(stride), pair(padding)];
  const along = (axis: 0 | 1) => Math.floor((input[axis] + 2 * p[axis] - k[axis]) / s[axis]) + 1;
  const output = [along(0), along(1)] as const;
  if (Math.min(...output, ...s) < 1 || Math.min(...p) < 0) {
    fail(`x ${formatShape(x.shape)}, kernel ${k.join("×")}, stride ${s}, padding ${p}`);
  }
  return { input, kernel: k, stride: s, padding: p, output };
}

/** ONNX's attributes of a window. */
export function windowAttributes({ kernel, stride, padding: [vertical, horizontal] }: Window) {
  return {
    kernel_shape: kernel,
    strides: stride,
    pads: [vertical, horizontal, vertical, horizontal],
  };
}

/** The window of a node with these attributes, from images to places or back. */
export function windowOf(
  attributes: Readonly<Record<string, Attribute>>,
  images: Tensor,
  places: Tensor,
): Window {
  const pair = (sizes: unknown) => (sizes as readonly number[]).slice(0, 2) as [number, number];
  return {
    input: pair(images.shape.slice(2)),
    kernel: pair(attributes.kernel_shape),
    stride: pair(attributes.strides),
    padding: pair(attributes.pads),
    output: pair(places.shape.slice(2)),
  };
}

/** Rows and columns at the end of the input that no window reaches: ONNX's `output_padding` on the way back. */
export function unreached({ input, kernel, stride, padding, output }: Window): number[] {
  return ([0, 1] as const).map(
    (axis) => input[axis] - (stride[axis] * (output[axis] - 1) + kernel[axis] - 2 * padding[axis]),
  );
}
