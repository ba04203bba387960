import { ItamlError } from "../../base/errors.js";
import type { Tensor } from "../graph.js";
import {
  type Dimension,
  elementCount,
  formatShape,
  refuseOtherAxes,
  type Shape,
} from "../shape.js";

/** The same elements in another shape; at most one dimension of the new shape is symbolic. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const symbolic = (of: Shape) => of.filter((size) => typeof size === "string");
  const known = (of: Shape) => elementCount(of.filter((size) => typeof size === "number"));
  if (
    symbolic(shape).length > 1 ||
    symbolic(shape).join() !== symbolic(x.shape).join() ||
    known(shape) !== known(x.shape)
  ) {
    throw new ItamlError("GRAPH_INVALID", "reshape: the sizes differ", {
      found: `${formatShape(x.shape)} to ${formatShape(shape)}`,
    });
  }
  const target = x.graph.integers(shape.map((size) => (typeof size === "string" ? -1 : size)));
  return x.graph.node("Reshape", [x, target], {
    ...{ type: x.type, shape },
    derivative: [(dy) => reshape(dy, x.shape), "constant"],
  });
}

/** [batch, …] as [batch, everything else]. */
export function flatten(x: Tensor): Tensor {
  return reshape(x, [x.shape[0] as number, elementCount(x.shape.slice(1))]);
}

/** The axes in another order: axis i of the result is axis `order[i]` of x. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  if ([...order].sort((a, b) => a - b).join() !== x.shape.map((_, axis) => axis).join()) {
    throw new ItamlError("GRAPH_INVALID", "transpose: not an order of the axes", {
      found: `${formatShape(order)} for ${formatShape(x.shape)}`,
    });
  }
  const shape = order.map((axis) => x.shape[axis] as Dimension);
  const back = order.map((_, axis) => order.indexOf(axis));
  const derivative = [(dy: Tensor) => transpose(dy, back)];
  return x.graph.node("Transpose", [x], { shape, derivative }, { perm: order });
}

/** Elements `start` to `end` (exclusive) of an axis, whose size must be known. */
export function slice(x: Tensor, axis: number, start: number, end: number): Tensor {
  const size = x.shape[axis];
  if (typeof size !== "number" || start < 0 || end > size || start >= end) {
    throw new ItamlError("GRAPH_INVALID", "slice: outside of the tensor", {
      found: `${start} to ${end} of axis ${axis} of ${formatShape(x.shape)}`,
    });
  }
  const { graph } = x;
  const shape = x.shape.map((own, i) => (i === axis ? end - start : own));
  const bounds = [[start], [end], [axis]].map((values) => graph.integers(values));
  return graph.node("Slice", [x, ...bounds], {
    shape,
    derivative: [(dy) => pad(dy, axis, start, size - end), "constant", "constant", "constant"],
  });
}

/** The elements of an axis, whose size must be known, in the opposite order. */
export function reverse(x: Tensor, axis: number): Tensor {
  const size = x.shape[axis];
  if (typeof size !== "number") {
    throw new ItamlError("GRAPH_INVALID", "reverse: the axis has no known size", {
      found: `axis ${axis} of ${formatShape(x.shape)}`,
    });
  }
  const { graph, shape } = x;
  // The end is before the first element: -1 would be the last.
  const bounds = [[-1], [-size - 1], [axis], [-1]].map((values) => graph.integers(values));
  return graph.node("Slice", [x, ...bounds], {
    shape,
    derivative: [(dy) => reverse(dy, axis), ...bounds.map(() => "constant" as const)],
  });
}

/** Zeros before and after the elements of an axis, whose size must be known. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  const size = x.shape[axis];
  if (typeof size !== "number" || before < 0 || after < 0) {
    throw new ItamlError("GRAPH_INVALID", "pad: not possible", {
      found: `${before} before and ${after} after axis ${axis} of ${formatShape(x.shape)}`,
    });
  }
  if (before === 0 && after === 0) return x;
  const amounts = [before, after].flatMap((amount) =>
    x.shape.map((_, i) => (i === axis ? amount : 0)),
  );
  const shape = x.shape.map((own, i) => (i === axis ? before + size + after : own));
  return x.graph.node("Pad", [x, x.graph.integers(amounts)], {
    shape,
    derivative: [(dy) => slice(dy, axis, before, before + size), "constant"],
  });
}

/** Joins tensors along an axis, on which their sizes must be known; elsewhere they agree. */
export function concatenateAlong(axis: number, tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  const sizes = tensors.map(({ shape }) => shape[axis]);
  const others = ({ shape }: Tensor) => formatShape(shape.filter((_, i) => i !== axis));
  if (
    !first ||
    sizes.some((size) => typeof size !== "number") ||
    tensors.some((tensor) => others(tensor) !== others(first))
  ) {
    throw new ItamlError("GRAPH_INVALID", `concatenateAlong: can't join along axis ${axis}`, {
      found: tensors.map(({ shape }) => formatShape(shape)).join(", "),
    });
  }
  if (tensors.length === 1) return first;
  let end = 0;
  const ends = (sizes as number[]).map((size) => {
    end += size;
    return end;
  });
  const shape = first.shape.map((size, i) => (i === axis ? end : size));
  const derivative = ends.map(
    (end, i) => (dy: Tensor) => slice(dy, axis, end - (sizes[i] as number), end),
  );
  return first.graph.node("Concat", tensors, { shape, derivative }, { axis });
}

/** Cuts a vector into consecutive pieces, one for each shape. */
export function splitVector(vector: Tensor, shapes: readonly (readonly number[])[]): Tensor[] {
  const pieces = split(vector, shapes.map(elementCount));
  return pieces.map((piece, i) => reshape(piece, shapes[i] as readonly number[]));
}

/** Consecutive pieces of a vector, of these lengths, which are its own together. */
export function split(vector: Tensor, lengths: readonly number[]): Tensor[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (vector.rank !== 1 || vector.shape[0] !== total) {
    throw new ItamlError("GRAPH_INVALID", "split: the lengths don't fit", {
      expected: `a vector [${total}]`,
      found: formatShape(vector.shape),
    });
  }
  let end = 0;
  const outputs = lengths.map((length) => {
    end += length;
    const [before, after] = [end - length, total - end];
    const derivative = [(dy: Tensor) => pad(dy, 0, before, after), "constant" as const];
    return { shape: [length], derivative };
  });
  const inputs = [vector, vector.graph.integers(lengths)];
  return vector.graph.nodeWithOutputs("Split", inputs, outputs, { axis: 0 });
}

/** Joins tensors, flattened, to one vector. */
export function concatenate(tensors: readonly Tensor[]): Tensor {
  return concatenateAlong(
    0,
    tensors.map((tensor) => reshape(tensor, [elementCount(tensor.shape)])),
  );
}

/**
 * Without these axes of size 1.
 *
 * @throws {ItamlError} GRAPH_INVALID
 */
export function squeeze(x: Tensor, axes: readonly number[]): Tensor {
  refuseOtherAxes("squeeze", axes, x.shape);
  if (axes.some((axis) => x.shape[axis] !== 1)) {
    throw new ItamlError("GRAPH_INVALID", "squeeze: axes of other sizes than 1", {
      found: `${formatShape(axes)} of ${formatShape(x.shape)}`,
    });
  }
  // Without axes Squeeze takes all of size 1 away.
  if (axes.length === 0) return x;
  return x.graph.node("Squeeze", [x, x.graph.integers(axes)], {
    shape: x.shape.filter((_, axis) => !axes.includes(axis)),
    derivative: [(dy) => expandDimensions(dy, axes), "constant"],
  });
}

/**
 * With further axes of size 1, which are `axes` of the result, in ascending order.
 *
 * @throws {ItamlError} GRAPH_INVALID
 */
export function expandDimensions(x: Tensor, axes: readonly number[]): Tensor {
  const shape = [...x.shape];
  for (const axis of axes) shape.splice(axis, 0, 1);
  refuseOtherAxes("expandDimensions", axes, shape);
  if (axes.length === 0) return x;
  return x.graph.node("Unsqueeze", [x, x.graph.integers(axes)], {
    shape,
    derivative: [(dy) => squeeze(dy, axes), "constant"],
  });
}
