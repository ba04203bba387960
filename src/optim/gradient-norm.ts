import type { Tensor } from "../graph/graph.js";
import {
  add,
  divide,
  maximum,
  multiply,
  squareRoot,
  subtract,
  sum,
} from "../graph/operators/index.js";

/**
 * Gradients scaled by min(1, limit / norm), where the norm is that of all of them together (Pascanu et al. 2013).
 * Where the norm isn't finite, none of them is.
 *
 * @param gradients at least one
 */
export function limitNorm(gradients: readonly Tensor[], limit: number): Tensor[] {
  const { graph } = gradients[0] as Tensor;
  const squares = gradients.map((gradient) => sum(multiply(gradient, gradient)));
  const norm = squareRoot(squares.reduce(add));
  const largest = maximum(norm, graph.scalar(limit));
  // The difference is 0, or of a norm that isn't finite NaN: it would scale gradients to 0, and nobody would know.
  const scale = add(divide(graph.scalar(limit), largest), subtract(norm, norm));
  return gradients.map((gradient) => multiply(gradient, scale));
}
