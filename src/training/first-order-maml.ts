import { mean } from "../incremental/metrics.js";
import type { TaskBatch } from "../model/micro-batch.js";
import {
  copyTaskModel,
  emptyTaskModel,
  type Model,
  type TaskModel,
  taskModel,
} from "../model/model.js";
import type { MetaUpdate } from "./meta-training.js";
import type { OptimizerState, TrainingStep } from "./training-step.js";

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
  /** One for each task, as long as a session. */
  readonly optimizers: readonly OptimizerState[];

  /** @param innerSteps k, at least 2 */
  constructor(model: Model, step: TrainingStep, innerSteps: number) {
    this.#model = model;
    this.#step = step;
    this.#innerSteps = innerSteps;
    this.optimizers = model.classifiers.map((_, task) => step.newState(taskModel(model, task)));
  }

  async train(batches: readonly TaskBatch[], learningRate: number): Promise<number[]> {
    const { theta, statistics, classifiers } = this.#model;
    const base = copyTaskModel(taskModel(this.#model, 0));
    const share = 1 / batches.length;
    const losses: number[] = [];
    const ends: TaskModel[] = [];
    for (const batch of batches) {
      const own = classifiers[batch.task] as Float32Array;
      let previous = copyTaskModel({ ...base, classifier: own });
      let last = emptyTaskModel(previous);
      const state = this.optimizers[batch.task] as OptimizerState;
      for (let step = 0; step < this.#innerSteps; step++) {
        if (step > 0) [previous, last] = [last, previous];
        losses.push(await this.#step.run(previous, last, state, batch, learningRate));
      }
      addDisplacement(theta, previous.theta, last.theta, share);
      addDisplacement(own, previous.classifier, last.classifier, share);
      ends.push(last);
    }
    for (let j = 0; j < statistics.length; j++) {
      statistics[j] = mean(ends.map((end) => end.statistics[j] as number));
    }
    return losses;
  }

  async release(): Promise<void> {}
}

/** base ← base + share·(to − from) */
function addDisplacement(
  base: Float32Array,
  from: Float32Array,
  to: Float32Array,
  share: number,
): void {
  for (let j = 0; j < base.length; j++) {
    base[j] = (base[j] as number) + share * ((to[j] as number) - (from[j] as number));
  }
}
