import { differentiable, type Tensor } from "../graph.js";
import { cast, divide, multiply } from "./arithmetic.js";

/** The sum of all elements, of shape []. */
export function sum(x: Tensor): Tensor {
  const { graph } = x;
  const total = graph.node("ReduceSum", [x], { shape: [] }, { keepdims: 0 });
  return differentiable(total, [x], [(dy) => multiply(dy, onesLike(x))]);
}

/** The mean of all elements, of shape []. */
export function mean(x: Tensor): Tensor {
  const size = x.graph.node("Size", [x], { type: "int64", shape: [] });
  return divide(sum(x), cast(size, "float32"));
}

function onesLike(x: Tensor): Tensor {
  const { graph } = x;
  const shape = graph.node("Shape", [x], { type: "int64", shape: [x.rank] });
  return graph.node("Expand", [graph.scalar(1), shape], { shape: x.shape });
}
