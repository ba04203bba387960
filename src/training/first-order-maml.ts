import { orRelease } from "../base/or-release.js";
import type { TaskBatch } from "../model/micro-batch.js";
import type { Model } from "../model/model.js";
import { byTurns, fillBase, type ResidentBase, readBase } from "../model/resident-model.js";
import type { Handle } from "../runtime/runtime.js";
import type { MetaUpdate } from "./meta-training.js";
import type { OptimizerMemory } from "./optimizer-memory.js";
import type { TrainingStep } from "./training-step.js";
import { type SummedVectors, WeightedSum } from "./weighted-sum.js";

/**
 * First-order MAML (Finn et al. 2017; Nichol et al. 2018, section 2) with the tasks of a mini-batch as its tasks: k − 1
 * steps adapt the common base to a task, and the k-th alone, by the gradient at the adapted parameters, says how the
 * base moves: Φ ← Φ + mean_i(Φ_i^k − Φ_i^{k−1}). All steps see the same samples; optimisers with moments bring those
 * of the adaptation along.
 */
export class FirstOrderMaml implements MetaUpdate {
  readonly #model: Model;
  readonly #step: TrainingStep;
  readonly #innerSteps: number;
  readonly #weightedSum: WeightedSum;
  /** θ of the next base, of the last step and of the one before it. */
  readonly #theta: SummedVectors;
  /** Likewise of each task's φ_i. */
  readonly #classifiers: readonly SummedVectors[];
  /** The base's statistics, and those at the end of each task. */
  readonly #statistics: SummedVectors;
  /** θ of the base that the tasks of a mini-batch have in common, and statistics on the way. */
  readonly #common: Handle;
  readonly #onTheWay: Handle;
  /** One for each task, as long as a session. */
  readonly optimizers: readonly OptimizerMemory[];

  private constructor(
    model: Model,
    step: TrainingStep,
    innerSteps: number,
    weightedSum: WeightedSum,
  ) {
    const { theta, statistics, classifiers } = model;
    const { featureSize } = step.extractor;
    const { memory } = step.runtime;
    this.#model = model;
    this.#step = step;
    this.#innerSteps = innerSteps;
    this.#weightedSum = weightedSum;
    this.#theta = weightedSum.vectors(2, [theta.length]);
    this.#classifiers = classifiers.map(({ length }) =>
      weightedSum.vectors(2, [length / featureSize, featureSize]),
    );
    this.#statistics = weightedSum.vectors(classifiers.length, [statistics.length]);
    this.#common = memory.allocate([theta.length]);
    this.#onTheWay = memory.allocate([statistics.length]);
    this.optimizers = classifiers.map((_, task) => step.newOptimizer(this.#start(task)));
  }

  /** @param innerSteps k, at least 2 */
  static async start(
    model: Model,
    step: TrainingStep,
    innerSteps: number,
  ): Promise<FirstOrderMaml> {
    const weightedSum = await WeightedSum.compile(step.runtime);
    return orRelease(weightedSum, async () => {
      const update = new FirstOrderMaml(model, step, innerSteps, weightedSum);
      await fillBase(step.runtime.memory, update.#base, model);
      return update;
    });
  }

  async train(batches: readonly TaskBatch[], learningRate: number): Promise<number[]> {
    const share = 1 / batches.length;
    const losses: number[] = [];
    await this.#step.runtime.memory.copy(this.#theta.base, this.#common);
    for (const batch of batches) {
      const optimizer = this.optimizers[batch.task] as OptimizerMemory;
      let from = this.#start(batch.task);
      for (const into of this.#places(batch.task)) {
        losses.push(await this.#step.run(from, into, optimizer, batch, learningRate));
        from = into;
      }
      await this.#theta.sum(1, [share, -share]);
      await this.#classifiers[batch.task]?.sum(1, [share, -share]);
    }
    await this.#statistics.moveToMean(
      batches.map(({ task }) => task),
      1,
    );
    return losses;
  }

  read(): Promise<void> {
    return readBase(this.#step.runtime.memory, this.#base, this.#model);
  }

  async release(): Promise<void> {
    const { memory } = this.#step.runtime;
    memory.free(this.#common, this.#onTheWay);
    for (const vectors of [this.#theta, this.#statistics, ...this.#classifiers]) vectors.free();
    for (const optimizer of this.optimizers) optimizer.free();
    await this.#weightedSum.release();
  }

  get #base(): ResidentBase {
    return {
      theta: this.#theta.base,
      statistics: this.#statistics.base,
      classifiers: this.#classifiers.map(({ base }) => base),
    };
  }

  #start(task: number) {
    return {
      theta: this.#common,
      statistics: this.#statistics.base,
      classifier: this.#classifiers[task]?.base as Handle,
    };
  }

  /** Where the steps write: the last one to the first place, the one before it to the second. */
  #places(task: number) {
    const [thetas, classifiers] = [this.#theta.others, this.#classifiers[task]?.others ?? []];
    const statistics = [this.#statistics.others[task] as Handle, this.#onTheWay];
    const place = (i: number) => ({
      theta: thetas[i] as Handle,
      statistics: statistics[i] as Handle,
      classifier: classifiers[i] as Handle,
    });
    return byTurns(this.#innerSteps, place(0), () => place(1));
  }
}
