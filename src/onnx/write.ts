import type { Attribute, Tensor } from "../graph/graph.js";
import type { Shape } from "../graph/shape.js";

/** A node of a lowered graph, which nobody differentiates. */
export function write(
  operator: string,
  inputs: readonly Tensor[],
  shape: Shape,
  attributes: Readonly<Record<string, Attribute>> = {},
  domain = "",
): Tensor {
  const [{ graph }] = inputs as [Tensor];
  const output = { shape, derivative: "not differentiable" } as const;
  return graph.node(operator, inputs, output, attributes, domain);
}
