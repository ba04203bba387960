import type { Tensor } from "../graph.js";
import { multiply, subtract } from "./arithmetic.js";
import { sumOver } from "./broadcast.js";

/**
 * exp(x_c) / Σ_k exp(x_k)
 *
 * @param x [batch, classes]
 */
export function softmax(x: Tensor): Tensor {
  const gradient = (dy: Tensor) => {
    const weighted = multiply(dy, y);
    return subtract(weighted, multiply(y, sumOver(weighted, [1], { keepDimensions: true })));
  };
  const output = { shape: x.shape, derivative: [gradient] };
  const y = x.graph.node("Softmax", [x], output, { axis: 1 });
  return y;
}

/**
 * x_c − log Σ_k exp(x_k)
 *
 * @param x [batch, classes]
 */
export function logSoftmax(x: Tensor): Tensor {
  const gradient = (dy: Tensor) =>
    subtract(dy, multiply(softmax(x), sumOver(dy, [1], { keepDimensions: true })));
  return x.graph.node("LogSoftmax", [x], { shape: x.shape, derivative: [gradient] }, { axis: 1 });
}
