import { ItamlError } from "../../errors.js";
import { differentiable, elementCount, formatShape, type Shape, type Tensor } from "../tensor.js";

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
  return differentiable(
    x.graph.node("Reshape", [x, target], { type: x.type, shape }),
    [x],
    [(dy) => reshape(dy, x.shape)],
  );
}

/** [batch, …] as [batch, everything else]. */
export function flatten(x: Tensor): Tensor {
  return reshape(x, [x.shape[0] as number, elementCount(x.shape.slice(1))]);
}

/**
 * Cuts a vector into consecutive pieces, one for each shape. Has no gradient: differentiate by the pieces
 * and join what comes out with {@link concatenate}.
 */
export function splitVector(vector: Tensor, shapes: readonly (readonly number[])[]): Tensor[] {
  const lengths = shapes.map(elementCount);
  const pieces = vector.graph.nodeWithOutputs(
    "Split",
    [vector, vector.graph.integers(lengths)],
    lengths.map((length) => ({ shape: [length] })),
    { axis: 0 },
  );
  return pieces.map((piece, i) => reshape(piece, shapes[i] as readonly number[]));
}

/** Joins tensors, flattened, to one vector. Has no gradient. */
export function concatenate(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (!first) throw new ItamlError("GRAPH_INVALID", "concatenate: there are no tensors");
  const flat = tensors.map((tensor) => reshape(tensor, [elementCount(tensor.shape)]));
  const length = flat.reduce((sum, tensor) => sum + elementCount(tensor.shape), 0);
  return first.graph.node("Concat", flat, { shape: [length] }, { axis: 0 });
}
