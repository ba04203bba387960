import { differentiable, type Tensor } from "../graph.js";
import { multiply } from "./arithmetic.js";

/** As a slope of {@link relu}'s mask: carries every normal number above 0 beyond 1. */
const STEEP = 3e38;

/** max(x, 0), element by element; the gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  const { graph } = x;
  const y = graph.node("Relu", [x], { shape: x.shape });
  // min(max(y·steep, 0), 1): one pass, where a comparison and its conversion to numbers are two.
  const isPositive = () =>
    graph.node(
      "HardSigmoid",
      [y],
      { shape: y.shape },
      { alpha: { float: STEEP }, beta: { float: 0 } },
    );
  return differentiable(y, [x], [(dy) => multiply(dy, isPositive())]);
}
