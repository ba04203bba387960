import { ItamlError } from "../base/errors.js";

export type ElementType = "float32" | "uint8" | "int64" | "bool";

/** A size known when the graph is built, or the name of one that is fixed when it runs (`"batch"`). */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

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

/** Axes are counted from 0, in ascending order, each once: others mean something else to ONNX than here, or nothing. */
export function refuseOtherAxes(caller: string, axes: readonly number[], shape: Shape): void {
  if (axes.every((axis, i) => shape[axis] !== undefined && axis > (axes[i - 1] ?? -1))) return;
  throw new ItamlError("GRAPH_INVALID", `${caller}: no axes of the tensor`, {
    expected: `some of 0 to ${shape.length - 1}, in ascending order`,
    found: `${formatShape(axes)} of ${formatShape(shape)}`,
  });
}
