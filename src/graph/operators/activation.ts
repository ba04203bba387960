import { ABSTRACT, type Tensor } from "../graph.js";
import { multiply, subtract } from "./arithmetic.js";

/** 1 / (1 + exp(−x)), element by element. */
export function sigmoid(x: Tensor): Tensor {
  const { graph, shape } = x;
  const y = graph.node("Sigmoid", [x], {
    shape,
    derivative: [(dy) => multiply(dy, multiply(y, subtract(graph.scalar(1), y)))],
  });
  return y;
}

/** log(1 + exp(x)), element by element. */
export function softplus(x: Tensor): Tensor {
  const { graph, shape } = x;
  return graph.node("Softplus", [x], { shape, derivative: [(dy) => multiply(dy, sigmoid(x))] });
}

/** max(x, 0), element by element; the gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  const { graph, shape } = x;
  const y = graph.node("Relu", [x], {
    shape,
    derivative: [(dy) => multiply(dy, isPositive(y))],
  });
  return y;
}

/** 1 where an element is above 0, 0 elsewhere. */
export function isPositive(x: Tensor): Tensor {
  const { graph, shape } = x;
  return graph.node("IsPositive", [x], { shape, derivative: "constant" }, {}, ABSTRACT);
}
