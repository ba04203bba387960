import type { Attribute, Tensor } from "../graph/graph.js";
import { matrixMultiply, reshape, transpose } from "../graph/operators/index.js";
import { windowAttributes, windowOf, windowOver } from "../graph/operators/window.js";
import type { Shape } from "../graph/shape.js";
import type { Rule } from "./lower.js";
import { write } from "./write.js";

/** A way to compute a convolution: its inputs (the bias may be missing), the shape of its result and its window. */
export type Convolve = (
  inputs: readonly Tensor[],
  shape: Shape,
  attributes: Readonly<Record<string, Attribute>>,
) => Tensor;

/** As ONNX has it. */
export const convolve: Convolve = (inputs, shape, attributes) =>
  write("Conv", inputs, shape, attributes);

/** @param convolve how a convolution without groups and dilations is computed */
export function convolutionBy(convolve: Convolve): Rule {
  return (inputs, { outputs, attributes }) =>
    "group" in attributes || "dilations" in attributes
      ? undefined
      : convolve(inputs, (outputs[0] as Tensor).shape, attributes);
}

/**
 * ∂/∂x. With stride 1 it is the convolution of dy with the kernel turned by 180°, which runs faster than a
 * transposed convolution; other strides need the latter.
 *
 * @param convolve how that convolution is computed
 */
export function inputGradientBy(convolve: Convolve): Rule {
  return (inputs, node) => {
    const [dy, weight] = inputs as [Tensor, Tensor];
    const [dx] = node.outputs as [Tensor];
    const { kernel, stride, padding } = windowOf(node.attributes, dx, dy);
    const border = [kernel[0] - 1 - padding[0], kernel[1] - 1 - padding[1]] as const;
    const turnable = stride[0] === 1 && stride[1] === 1 && Math.min(...border) >= 0;
    if (!turnable || "group" in node.attributes) return undefined;
    const turned = transpose(turn(weight), [1, 0, 2, 3]);
    const window = windowOver("convolution", dy, kernel, { padding: border });
    return convolve([dy, turned], dx.shape, windowAttributes(window));
  };
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
