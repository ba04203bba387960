import type { Tensor } from "../graph.js";
import { cast, divide } from "./arithmetic.js";
import { stretch } from "./broadcast.js";

/** The sum of all elements, of shape []. */
export function sum(x: Tensor): Tensor {
  const derivative = [(dy: Tensor) => stretch(dy, x)];
  return x.graph.node("ReduceSum", [x], { shape: [], derivative }, { keepdims: 0 });
}

/** The mean of all elements, of shape []. */
export function mean(x: Tensor): Tensor {
  const size = x.graph.node("Size", [x], { type: "int64", shape: [], derivative: "constant" });
  return divide(sum(x), cast(size, "float32"));
}
