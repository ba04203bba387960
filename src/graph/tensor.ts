import { ItamlError } from "../errors.js";
import type { Graph } from "./graph.js";

export type ElementType = "float32" | "uint8" | "int64" | "bool";

/** A size known when the graph is built, or the name of one that is fixed when it runs (`"batch"`). */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

/**
 * Maps the gradient of the loss by an operator's output to the gradient by one of its operands
 * (same shape as that operand).
 */
export type Gradient = (upstream: Tensor) => Tensor;

/** A symbolic value: one output of a node, an input or a constant of a graph. */
export class Tensor {
  readonly graph: Graph;
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Shape;
  /** The operator that made it, as differentiation sees it; absent where nothing can be differentiated. */
  origin?: { operands: readonly Tensor[]; gradients: readonly Gradient[] };

  constructor(graph: Graph, name: string, type: ElementType, shape: Shape) {
    this.graph = graph;
    this.name = name;
    this.type = type;
    this.shape = shape;
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }
}

/** States how a tensor depends on its operands: one gradient for each of them, in the same order. */
export function differentiable(
  output: Tensor,
  operands: readonly Tensor[],
  gradients: readonly Gradient[],
): Tensor {
  output.origin = { operands, gradients };
  return output;
}

/** `[batch, 1, 28, 28]`, for messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Number of elements of a shape without symbolic dimensions. */
export function elementCount(shape: Shape): number {
  return shape.reduce<number>((product, size) => {
    if (typeof size === "string") {
      throw new ItamlError("GRAPH_INVALID", `the size of ${formatShape(shape)} is not known`, {
        expected: "numbers only",
        found: `"${size}"`,
      });
    }
    return product * size;
  }, 1);
}
