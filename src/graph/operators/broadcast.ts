import { ItamlError } from "../../base/errors.js";
import type { Tensor } from "../graph.js";
import { type Dimension, formatShape, type Shape, sameShape } from "../shape.js";

/**
 * The shape of an element-wise result of two operands, by NumPy's rule: aligned at the last axis,
 * a size of 1 or a missing axis stretches to the other's.
 */
export function broadcastShape(caller: string, a: Tensor, b: Tensor): Shape {
  const rank = Math.max(a.rank, b.rank);
  const shape: Dimension[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a.shape[axis - rank + a.rank] ?? 1;
    const right = b.shape[axis - rank + b.rank] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ItamlError("GRAPH_INVALID", `${caller}: the shapes don't fit`, {
        found: `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      });
    }
    shape.push(left === 1 ? right : left);
  }
  return shape;
}

/** Sums a gradient over the axes along which `operand` was stretched, so that it has the operand's shape. */
export function sumToShapeOf(operand: Tensor, gradient: Tensor): Tensor {
  if (sameShape(operand.shape, gradient.shape)) return gradient;
  const { graph } = operand;
  const missing = gradient.rank - operand.rank;
  const axes = gradient.shape.flatMap((size, axis) => {
    const own = axis < missing ? undefined : operand.shape[axis - missing];
    return own === size ? [] : [axis];
  });
  const summed = graph.node(
    "ReduceSum",
    [gradient, graph.integers(axes)],
    { shape: gradient.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)) },
    { keepdims: 1 },
  );
  if (missing === 0) return summed;
  const leading = Array.from({ length: missing }, (_, axis) => axis);
  return graph.node("Squeeze", [summed, graph.integers(leading)], { shape: operand.shape });
}
