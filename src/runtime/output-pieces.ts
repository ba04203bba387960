import type { Graph } from "../graph/graph.js";
import { splitVector } from "../graph/operators/index.js";
import type { Handles, Program, Value } from "./runtime.js";

/**
 * Elements of a piece of an output. ONNX Runtime brings every output to JavaScript in new memory; blocks above 32 MB are
 * new to the process each time, and the system fills them page by page.
 */
const PIECE = 2 ** 22;

/** The sizes of the pieces of vectors, by their names. */
export type Pieces = ReadonlyMap<string, readonly number[]>;

/** Cuts those of a graph's outputs that are long vectors. */
export function cutOutputs(graph: Graph, names: readonly string[]): Pieces {
  const cut = new Map<string, readonly number[]>();
  for (const name of names) {
    const vector = graph.outputs.get(name);
    const [length, ...others] = vector?.shape ?? [];
    if (!vector || typeof length !== "number" || others.length > 0 || length <= PIECE) continue;
    const sizes = Array.from({ length: Math.ceil(length / PIECE) }, (_, i) =>
      Math.min(PIECE, length - i * PIECE),
    );
    cut.set(name, sizes);
    graph.outputs.delete(name);
    splitVector(
      vector,
      sizes.map((size) => [size]),
    ).forEach((piece, i) => {
      graph.output(pieceName(name, i), piece);
    });
  }
  return cut;
}

function pieceName(name: string, piece: number): string {
  return `${name}.${piece}`;
}

/** A program some of whose outputs are cut. These are written, not asked for by name. */
export class PieceProgram implements Program {
  readonly #program: Program;
  readonly #pieces: Pieces;

  constructor(program: Program, pieces: Pieces) {
    this.#program = program;
    this.#pieces = pieces;
  }

  run<Name extends string = never>(
    inputs: Handles,
    outputs: readonly Name[] | Handles,
  ): Promise<Record<Name, Value>> {
    if (Array.isArray(outputs)) return this.#program.run(inputs, outputs as readonly Name[]);
    const cut = Object.entries(outputs as Readonly<Record<string, Value>>).flatMap(
      ([name, value]) => this.#cut(name, value),
    );
    return this.#program.run(inputs, Object.fromEntries(cut));
  }

  release(): Promise<void> {
    return this.#program.release();
  }

  #cut(name: string, value: Value): [string, Value][] {
    const sizes = this.#pieces.get(name);
    if (!sizes) return [[name, value]];
    let end = 0;
    return sizes.map((size, i) => {
      const start = end;
      end += size;
      return [pieceName(name, i), { data: value.data.subarray(start, end), shape: [size] }];
    });
  }
}
