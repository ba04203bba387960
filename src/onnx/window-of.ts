import type { GraphNode, Tensor } from "../graph/graph.js";
import type { Window } from "../graph/operators/window.js";

/** The window that goes over images to places, from the attributes of its node. */
export function windowOf(
  images: Tensor,
  places: Tensor,
  attributes: GraphNode["attributes"],
): Window {
  const { kernel_shape: kernel, strides: stride, pads } = attributes as Record<string, number[]>;
  return {
    input: images.shape.slice(2),
    kernel,
    stride,
    padding: (pads as number[]).slice(0, 2),
    output: places.shape.slice(2),
  } as unknown as Window;
}
