import { differentiable, type Tensor } from "../tensor.js";
import { cast, multiply } from "./arithmetic.js";

/** max(x, 0), element by element; the gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  const { graph } = x;
  const y = graph.node("Relu", [x], { shape: x.shape });
  const positive = () =>
    graph.node("Greater", [y, graph.scalar(0)], { type: "bool", shape: y.shape });
  return differentiable(y, [x], [(dy) => multiply(dy, cast(positive(), "float32"))]);
}
