import { ItamlError } from "../base/errors.js";
import { dependencies, type Tensor } from "./graph.js";
import { add } from "./operators/arithmetic.js";
import { formatShape, sameShape } from "./shape.js";

/**
 * Reverse-mode differentiation: adds to the graph the nodes that compute ∂output/∂x for every x of `by`. They can be
 * differentiated again.
 *
 * @param output a scalar, shape []
 * @param by tensors that `output` depends on
 * @returns one gradient for each of `by`, of its shape
 * @throws {ItamlError} GRAPH_INVALID where an operator on the way from one of `by` to `output` is not differentiable
 */
export function gradients(output: Tensor, by: readonly Tensor[]): Tensor[] {
  const { graph } = output;
  if (output.rank !== 0) {
    throw new ItamlError("GRAPH_INVALID", "gradients: the output is not a scalar", {
      expected: "shape []",
      found: formatShape(output.shape),
    });
  }
  const order = dependants(output, new Set(by));
  const differentiated = new Set(order);
  const gradientOf = new Map<Tensor, Tensor>([[output, graph.scalar(1)]]);
  for (const tensor of order.reverse()) {
    const upstream = gradientOf.get(tensor) as Tensor;
    for (const { operand, gradient } of dependencies(tensor)) {
      if (!differentiated.has(operand)) continue;
      if (!gradient) {
        const operator = tensor.origin?.operator;
        throw new ItamlError("GRAPH_INVALID", `gradients: ${operator} is not differentiable`, {
          remedy: "Leave it out of what is differentiated, or declare its gradients with the node",
        });
      }
      const contribution = gradient(upstream);
      if (!sameShape(contribution.shape, operand.shape)) {
        throw new ItamlError("GRAPH_INVALID", `gradients: "${operand.name}" gets a wrong shape`, {
          expected: formatShape(operand.shape),
          found: formatShape(contribution.shape),
        });
      }
      const sum = gradientOf.get(operand);
      gradientOf.set(operand, sum ? add(sum, contribution) : contribution);
    }
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

/** `sources` and all tensors on a path from one of them to `output`, operands before results. */
function dependants(output: Tensor, sources: ReadonlySet<Tensor>): Tensor[] {
  const depends = new Map<Tensor, boolean>();
  const order: Tensor[] = [];
  const visit = (tensor: Tensor): boolean => {
    const known = depends.get(tensor);
    if (known !== undefined) return known;
    const operands = dependencies(tensor).map(({ operand }) => visit(operand));
    const reached = sources.has(tensor) || operands.includes(true);
    depends.set(tensor, reached);
    if (reached) order.push(tensor);
    return reached;
  };
  visit(output);
  return order;
}
