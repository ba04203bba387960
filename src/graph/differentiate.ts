import { ItamlError } from "../base/errors.js";
import type { Tensor } from "./graph.js";
import { add } from "./operators/arithmetic.js";
import { formatShape, sameShape } from "./shape.js";

/**
 * Reverse-mode differentiation: adds to the graph the nodes that compute ∂output/∂x for every x of `by`.
 *
 * @param output a scalar, shape []
 * @param by tensors that `output` depends on
 * @returns one gradient for each of `by`, of its shape
 */
export function gradients(output: Tensor, by: readonly Tensor[]): Tensor[] {
  const { graph } = output;
  if (output.rank !== 0) {
    throw new ItamlError("GRAPH_INVALID", "gradients: the output is not a scalar", {
      expected: "shape []",
      found: formatShape(output.shape),
    });
  }
  const sources = new Set(by);
  const order = dependants(output, sources);
  const differentiated = new Set([...order, ...by]);
  const gradientOf = new Map<Tensor, Tensor>([[output, graph.scalar(1)]]);
  for (const tensor of order.reverse()) {
    const upstream = gradientOf.get(tensor) as Tensor;
    tensor.origin?.operands.forEach((operand, i) => {
      if (!differentiated.has(operand)) return;
      const contribution = tensor.origin?.gradients[i]?.(upstream) as Tensor;
      if (!sameShape(contribution.shape, operand.shape)) {
        throw new ItamlError("GRAPH_INVALID", `gradients: "${operand.name}" gets a wrong shape`, {
          expected: formatShape(operand.shape),
          found: formatShape(contribution.shape),
        });
      }
      const sum = gradientOf.get(operand);
      gradientOf.set(operand, sum ? add(sum, contribution) : contribution);
    });
  }
  return by.map((tensor) => {
    const gradient = gradientOf.get(tensor);
    if (gradient) return gradient;
    throw new ItamlError(
      "GRAPH_INVALID",
      `gradients: "${output.name}" doesn't depend on "${tensor.name}"`,
    );
  });
}

/** All tensors on a path from one of `sources` (exclusive) to `output` (inclusive), operands before results. */
function dependants(output: Tensor, sources: ReadonlySet<Tensor>): Tensor[] {
  const depends = new Map<Tensor, boolean>();
  const order: Tensor[] = [];
  const visit = (tensor: Tensor): boolean => {
    if (sources.has(tensor)) return true;
    const known = depends.get(tensor);
    if (known !== undefined) return known;
    const reached = (tensor.origin?.operands ?? []).map(visit).some(Boolean);
    depends.set(tensor, reached);
    if (reached) order.push(tensor);
    return reached;
  };
  visit(output);
  return order;
}
