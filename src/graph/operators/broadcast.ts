import { ItamlError } from "../../base/errors.js";
import type { Tensor } from "../graph.js";
import { type Dimension, formatShape, refuseOtherAxes, type Shape, sameShape } from "../shape.js";
import { expandDimensions, squeeze } from "./shaping.js";

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
  const missing = gradient.rank - operand.rank;
  const axes = gradient.shape.flatMap((size, axis) => {
    const own = axis < missing ? undefined : operand.shape[axis - missing];
    return own === size ? [] : [axis];
  });
  const summed = sumOver(gradient, axes, { keepDimensions: true });
  if (missing === 0) return summed;
  return squeeze(
    summed,
    Array.from({ length: missing }, (_, axis) => axis),
  );
}

/**
 * Sums over some axes.
 *
 * @param axes from 0 on; none: nothing is summed
 * @param keepDimensions whether the axes stay, of size 1
 * @throws {ItamlError} GRAPH_INVALID
 */
export function sumOver(
  x: Tensor,
  axes: readonly number[],
  { keepDimensions }: { keepDimensions: boolean },
): Tensor {
  const { graph } = x;
  refuseOtherAxes("sumOver", axes, x.shape);
  // Without axes ReduceSum sums over all of them.
  if (axes.length === 0) return x;
  const shape = keepDimensions
    ? x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : x.shape.filter((_, axis) => !axes.includes(axis));
  const kept = (dy: Tensor) => (keepDimensions ? dy : expandDimensions(dy, axes));
  return graph.node(
    "ReduceSum",
    [x, graph.integers(axes)],
    { shape, derivative: [(dy) => stretch(kept(dy), x), "constant"] },
    { keepdims: Number(keepDimensions) },
  );
}

/** `x` stretched to the shape of `like`, which broadcasting gives both. */
export function stretch(x: Tensor, like: Tensor): Tensor {
  const { graph, rank, shape } = like;
  const sizes = graph.node("Shape", [like], {
    ...{ type: "int64", shape: [rank] },
    derivative: "constant",
  });
  return graph.node("Expand", [x, sizes], {
    shape,
    derivative: [(dy) => sumToShapeOf(x, dy), "constant"],
  });
}
