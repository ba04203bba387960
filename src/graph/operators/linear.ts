import { ItamlError } from "../../base/errors.js";
import type { Tensor } from "../graph.js";
import { formatShape } from "../shape.js";
import { add } from "./arithmetic.js";

/** a·b of two matrices, either of them transposed first. */
export function matrixMultiply(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false } = {},
): Tensor {
  const [rows, innerA] = transposeA ? [a.shape[1], a.shape[0]] : a.shape;
  const [innerB, columns] = transposeB ? [b.shape[1], b.shape[0]] : b.shape;
  if (a.rank !== 2 || b.rank !== 2 || innerA !== innerB) {
    throw new ItamlError("GRAPH_INVALID", "matrixMultiply: the shapes don't fit", {
      found: `${formatShape(a.shape)}${transposeA ? "ᵀ" : ""} and ${formatShape(b.shape)}${transposeB ? "ᵀ" : ""}`,
    });
  }
  return a.graph.node(
    "Gemm",
    [a, b],
    {
      shape: [rows as number, columns as number],
      derivative: [
        (dy) =>
          transposeA
            ? matrixMultiply(b, dy, { transposeA: transposeB, transposeB: true })
            : matrixMultiply(dy, b, { transposeB: !transposeB }),
        (dy) =>
          transposeB
            ? matrixMultiply(dy, a, { transposeA: true, transposeB: transposeA })
            : matrixMultiply(a, dy, { transposeA: !transposeA }),
      ],
    },
    { transA: Number(transposeA), transB: Number(transposeB) },
  );
}

/**
 * x·weightᵀ + bias.
 *
 * @param x [batch, in]
 * @param weight [out, in]
 * @param bias [out]
 * @returns [batch, out]
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  if (x.rank !== 2 || weight.rank !== 2 || x.shape[1] !== weight.shape[1]) {
    throw new ItamlError("GRAPH_INVALID", "linear: the shapes don't fit", {
      found: `x ${formatShape(x.shape)} and weight ${formatShape(weight.shape)}`,
    });
  }
  const product = matrixMultiply(x, weight, { transposeB: true });
  return bias ? add(product, bias) : product;
}
