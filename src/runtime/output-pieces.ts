import type { Tensor } from "../graph/graph.js";
import { splitVector } from "../graph/operators/index.js";
import type { Value } from "./runtime.js";

/**
 * Elements of a piece of an output. ONNX Runtime brings every output to JavaScript in new memory; blocks above 32 MB are
 * new to the process each time, and the system fills them page by page.
 */
const PIECE = 2 ** 22;

/** Sizes of the pieces of a vector. */
function pieceSizes(length: number): number[] {
  return Array.from({ length: Math.ceil(length / PIECE) }, (_, i) =>
    Math.min(PIECE, length - i * PIECE),
  );
}

function pieceName(name: string, piece: number): string {
  return piece === 0 ? name : `${name}.${piece}`;
}

/** Values of vectors, cut and named as {@link vectorOutput} does it; others as they are. */
export function outputsInPieces(values: Readonly<Record<string, Value>>): Record<string, Value> {
  const pieces = Object.entries(values).flatMap(([name, value]) =>
    value.shape.length === 1
      ? pieceSizes(value.data.length).map((size, i): [string, Value] => {
          const data = value.data.subarray(i * PIECE, i * PIECE + size);
          return [pieceName(name, i), { data, shape: [size] }];
        })
      : [[name, value] as [string, Value]],
  );
  return Object.fromEntries(pieces);
}

/** Names a vector, or the pieces of a long one, as results of its graph. */
export function vectorOutput(name: string, vector: Tensor): void {
  const sizes = pieceSizes(vector.shape[0] as number);
  const pieces =
    sizes.length === 1
      ? [vector]
      : splitVector(
          vector,
          sizes.map((size) => [size]),
        );
  pieces.forEach((piece, i) => {
    vector.graph.output(pieceName(name, i), piece);
  });
}
