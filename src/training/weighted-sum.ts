import { Graph } from "../graph/graph.js";
import { matrixMultiply } from "../graph/operators/index.js";
import type { Program, Runtime } from "../runtime/runtime.js";

/** Σ_i weight_i · vector_i of large vectors in one pass over memory: a matrix product with one row. */
export class WeightedSum {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  static async compile(runtime: Runtime): Promise<WeightedSum> {
    const graph = new Graph("weighted sum");
    const weights = graph.input("weights", "float32", [1, "vectors"]);
    const vectors = graph.input("vectors", "float32", ["vectors", "size"]);
    graph.output("sum", matrixMultiply(weights, vectors));
    // One thread: those of the training step still spin, ready for its next run, and would be in the way of more.
    return new WeightedSum(await runtime.compile(graph, { threads: 1 }));
  }

  /**
   * @param vectors [weights, size], one after another
   * @param into [size]; must not overlap the vectors
   */
  async run(weights: readonly number[], vectors: Float32Array, into: Float32Array): Promise<void> {
    await this.#program.run(
      {
        weights: { data: Float32Array.from(weights), shape: [1, weights.length] },
        vectors: { data: vectors, shape: [weights.length, into.length] },
      },
      { sum: { data: into, shape: [1, into.length] } },
    );
  }

  release(): Promise<void> {
    return this.#program.release();
  }
}
