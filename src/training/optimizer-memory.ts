import { fill, type ResidentModel } from "../model/resident-model.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { Handle, Memory, Placement, Value } from "../runtime/runtime.js";

/** What an optimiser remembers from step to step about one task model, as numbers. */
export interface OptimizerState {
  /** Steps done. */
  readonly steps: number;
  /** The optimiser's moments, as it declares them. */
  readonly moments: readonly {
    readonly theta: Float32Array;
    readonly classifier: Float32Array;
  }[];
}

/** The same in a device's memory, where steps change it in place. */
export class OptimizerMemory {
  /** Steps done. */
  steps = 0;
  /** Zeros before the first step. */
  readonly moments: readonly Pick<ResidentModel, "theta" | "classifier">[];
  readonly #memory: Memory;
  readonly #optimizer: Optimizer;

  constructor(
    memory: Memory,
    optimizer: Optimizer,
    { theta, classifier }: ResidentModel,
    placement?: Placement,
  ) {
    this.#memory = memory;
    this.#optimizer = optimizer;
    this.moments = optimizer.moments.map(() => ({
      theta: memory.allocate(theta.shape, placement),
      classifier: memory.allocate(classifier.shape),
    }));
  }

  /** What the next step reads and writes, by the names of {@link optimizerUpdate}. */
  bind(learningRate: number): {
    inputs: Record<string, Handle | Value>;
    outputs: Record<string, Handle>;
  } {
    const { coefficients, moments } = this.#optimizer;
    const values = this.#optimizer.coefficientsAt(this.steps + 1, learningRate);
    const inputs: Record<string, Handle | Value> = {};
    const outputs: Record<string, Handle> = {};
    for (const name of coefficients) {
      inputs[name] = { data: Float32Array.of(values[name] as number), shape: [] };
    }
    moments.forEach((name, i) => {
      for (const [part, moment] of Object.entries(this.moments[i] ?? {})) {
        inputs[`${name}.${part}`] = moment;
        outputs[`next.${name}.${part}`] = moment;
      }
    });
    return { inputs, outputs };
  }

  /** As it is now: its numbers change as soon as training goes on. */
  async read(): Promise<OptimizerState> {
    const moments = this.moments.map(async ({ theta, classifier }) => ({
      theta: await this.#memory.read(theta),
      classifier: await this.#memory.read(classifier),
    }));
    return { steps: this.steps, moments: await Promise.all(moments) };
  }

  /** Makes it what another one remembers, of the same moments. */
  async write({ steps, moments }: OptimizerState): Promise<void> {
    this.steps = steps;
    for (const [i, { theta, classifier }] of this.moments.entries()) {
      const saved = moments[i] as OptimizerState["moments"][number];
      await fill(this.#memory, theta, saved.theta);
      await fill(this.#memory, classifier, saved.classifier);
    }
  }

  free(): void {
    this.#memory.free(...this.moments.flatMap(({ theta, classifier }) => [theta, classifier]));
  }
}
