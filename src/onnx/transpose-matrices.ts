import type { Tensor } from "../graph/graph.js";
import { transpose } from "../graph/operators/index.js";
import { write } from "./write.js";

/**
 * Every matrix transposed, by a product with the identity, which is several times as fast as ONNX Runtime's Transpose.
 *
 * @param matrices [matrices, rows, columns]; one of both should be small
 * @returns [matrices, columns, rows]
 */
export function transposeMatrices(matrices: Tensor): Tensor {
  const { graph } = matrices;
  const [count, rows, columns] = matrices.shape as [number, number, number];
  const size = Math.min(rows, columns);
  const identity = new Float32Array(size * size);
  for (let i = 0; i < size; i++) identity[i * size + i] = 1;
  // ONNX Runtime makes the transposition part of the product.
  const factors = [transpose(matrices, [0, 2, 1]), graph.constant(identity, [size, size])];
  if (size === columns) factors.reverse();
  return write("MatMul", factors, [count, columns, rows]);
}
