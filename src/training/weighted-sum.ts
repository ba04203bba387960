import { Graph } from "../graph/graph.js";
import { matrixMultiply } from "../graph/operators/index.js";
import { elementCount } from "../graph/shape.js";
import type { Handle, Placement, Program, Runtime, Stack } from "../runtime/runtime.js";

/** Weighted sums of large vectors in one pass over memory: a matrix product with one row. */
export class WeightedSum {
  readonly #runtime: Runtime;
  readonly #program: Program;

  private constructor(runtime: Runtime, program: Program) {
    this.#runtime = runtime;
    this.#program = program;
  }

  static async compile(runtime: Runtime): Promise<WeightedSum> {
    const graph = new Graph("weighted sum");
    const weights = graph.input("weights", "float32", [1, "vectors"]);
    const vectors = graph.input("vectors", "float32", ["vectors", "size"]);
    graph.output("sum", matrixMultiply(weights, vectors));
    // One thread: those of the training step still spin, ready for its next run, and would be in the way of more.
    const options = { threads: 1, resident: ["sum"] };
    return new WeightedSum(runtime, await runtime.compile(graph, options));
  }

  /** Memory for a base and others beside it, of zeros. */
  vectors(others: number, shape: readonly number[], placement?: Placement): SummedVectors {
    return new SummedVectors(this.#runtime, this.#program, others, shape, placement);
  }

  release(): Promise<void> {
    return this.#program.release();
  }
}

/** A base and others of its shape: θ of a model and of those that tasks made of it, say. */
export class SummedVectors {
  readonly base: Handle;
  readonly others: readonly Handle[];
  readonly #runtime: Runtime;
  readonly #program: Program;
  readonly #stack: Stack;
  readonly #sum: Handle;

  constructor(
    runtime: Runtime,
    program: Program,
    others: number,
    shape: readonly number[],
    placement?: Placement,
  ) {
    this.#runtime = runtime;
    this.#program = program;
    this.#stack = runtime.memory.stack(1 + others, shape, placement);
    this.#sum = runtime.memory.allocate([1, elementCount(shape)]);
    const [base, ...rest] = this.#stack.rows as [Handle, ...Handle[]];
    this.base = base;
    this.others = rest;
  }

  /** base ← share·mean of the others chosen + (1 − share)·base; exactly their mean where the share is 1. */
  async moveToMean(chosen: readonly number[], share: number): Promise<void> {
    const [only] = chosen;
    if (share === 1 && chosen.length === 1) {
      return this.#runtime.memory.copy(this.others[only as number] as Handle, this.base);
    }
    const weight = share / chosen.length;
    await this.sum(
      1 - share,
      this.others.map((_, i) => (chosen.includes(i) ? weight : 0)),
    );
  }

  /** base ← weight·base + Σ_i weights_i·others_i */
  async sum(weight: number, weights: readonly number[]): Promise<void> {
    if (elementCount(this.base.shape) === 0) return;
    const { memory } = this.#runtime;
    const vectors = await this.#stack.matrix();
    const all = Float32Array.of(weight, ...weights);
    const inputs = { weights: { data: all, shape: [1, all.length] }, vectors };
    await this.#program.run(inputs, { sum: this.#sum });
    memory.free(vectors);
    await memory.copy(this.#sum, this.base);
  }

  free(): void {
    this.#runtime.memory.free(this.base, ...this.others, this.#sum);
  }
}
