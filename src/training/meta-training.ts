import { mean } from "../incremental/metrics.js";
import type { TaskBatch } from "../model/micro-batch.js";
import { emptyTaskModel, type Model, type TaskModel, taskModel } from "../model/model.js";
import type { Runtime } from "../runtime/runtime.js";
import { lanesFor, shareLanes } from "./lanes.js";
import type { OptimizerState, TrainingStep } from "./training-step.js";
import { WeightedSum } from "./weighted-sum.js";

/** How a mini-batch changes a model: the paper's rule, or another one to compare with it. */
export interface MetaUpdate {
  /** What the optimisers remember; training changes it in place. */
  readonly optimizers: readonly OptimizerState[];
  /**
   * Meta-trains the model, in place, on one mini-batch.
   *
   * @param batches one for each task with a sample in the mini-batch, by task
   * @param learningRate of the inner loop
   * @returns the loss before each optimiser step, in the order of the steps
   */
  train(batches: readonly TaskBatch[], learningRate: number): Promise<number[]>;
  release(): Promise<void>;
}

export interface MetaTrainingOptions {
  /** r: optimiser steps of an inner loop. */
  readonly innerSteps: number;
  /** η = exp(−β·t/T): how far the outer step goes from the base to the mean of the tasks. */
  readonly eta: number;
  /** What becomes of φ_i: its `own` value after the inner loop, or `interpolate`d with the base as θ is. */
  readonly classifier: "own" | "interpolate";
}

/** η of task t of T, both as the released code counts: t from 0 (paper, equation 4). */
export function metaStepSize(beta: number, task: number, tasks: number): number {
  return Math.exp((-beta * task) / tasks);
}

/**
 * Meta-training with a common base (paper, Algorithm 1): every task with a sample in the mini-batch starts from
 * the same Φ; the outer step moves θ to their mean. An optimiser's moments belong to one task and live as long
 * as this object, a session.
 */
export class MetaTraining implements MetaUpdate {
  readonly #model: Model;
  readonly #step: TrainingStep;
  readonly #weightedSum: WeightedSum;
  readonly #options: MetaTrainingOptions;
  readonly #lanes: { lanes: number; smallest: number };
  /** One for each task, as long as a session. */
  readonly optimizers: readonly OptimizerState[];
  /** θ of the base where every lane reads it; with one lane the model's own. */
  readonly #base: Float32Array;
  /** Where inner loops put Φ_i; with one lane, θ_i where the outer step reads it. */
  readonly #results: readonly TaskModel[];
  /** Where they put it on the way there. */
  readonly #scratch: readonly TaskModel[];
  /** The base's θ, then θ_i of each task, one after another. */
  readonly #thetas: Float32Array;

  private constructor(
    runtime: Runtime,
    model: Model,
    step: TrainingStep,
    weightedSum: WeightedSum,
    options: MetaTrainingOptions,
  ) {
    this.#model = model;
    this.#step = step;
    this.#weightedSum = weightedSum;
    this.#options = options;
    const models = model.classifiers.map((_, task) => taskModel(model, task));
    this.#lanes = lanesFor(step.extractor, models.length > 1 ? runtime.lanes : 1);
    const shared = this.#lanes.lanes > 1;
    const size = model.theta.length;
    const allocate = (length: number) =>
      shared ? runtime.allocate(length) : new Float32Array(length);
    this.#thetas = new Float32Array((1 + models.length) * size);
    this.optimizers = models.map((base) => step.newState(base, allocate));
    this.#base = shared ? allocate(size) : model.theta;
    this.#results = models.map((base, task) => ({
      ...emptyTaskModel(base),
      theta: shared ? allocate(size) : this.#thetas.subarray((1 + task) * size, (2 + task) * size),
    }));
    this.#scratch =
      options.innerSteps > 1
        ? models.map((base) => ({ ...emptyTaskModel(base), theta: allocate(size) }))
        : [];
  }

  static async start(
    runtime: Runtime,
    model: Model,
    step: TrainingStep,
    options: MetaTrainingOptions,
  ): Promise<MetaTraining> {
    const weightedSum = await WeightedSum.compile(runtime);
    return new MetaTraining(runtime, model, step, weightedSum, options);
  }

  async train(batches: readonly TaskBatch[], learningRate: number): Promise<number[]> {
    if (this.#lanes.lanes > 1) this.#base.set(this.#model.theta);
    this.#thetas.set(this.#model.theta);
    const { alone, overlapping } = shareLanes(batches, this.#lanes);
    const losses = new Map<TaskBatch, number[]>();
    for (const batch of alone) {
      losses.set(batch, await this.#innerLoop(batch, learningRate, "alone"));
    }
    // All of them end before an error is thrown: they write to memory that is used again.
    const ends = await Promise.allSettled(
      overlapping.map(async (batch) => {
        losses.set(batch, await this.#innerLoop(batch, learningRate, "overlapping"));
      }),
    );
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    await this.#outerStep(batches.map(({ task }) => task));
    return batches.flatMap((batch) => losses.get(batch) as number[]);
  }

  release(): Promise<void> {
    return this.#weightedSum.release();
  }

  /** Φ_i ← {θ, φ_i} of the base; r times: Φ_i ← optimiser_i(Φ_i, ∇loss(B_i)). */
  async #innerLoop(
    batch: TaskBatch,
    learningRate: number,
    how: "alone" | "overlapping",
  ): Promise<number[]> {
    const { task } = batch;
    const state = this.optimizers[task] as OptimizerState;
    const losses: number[] = [];
    let from: TaskModel = { ...taskModel(this.#model, task), theta: this.#base };
    for (let remaining = this.#options.innerSteps; remaining > 0; remaining--) {
      // Steps write to two places by turns, so that the last one writes to the result.
      const into = (remaining % 2 === 1 ? this.#results : this.#scratch)[task] as TaskModel;
      losses.push(await this.#step.run(from, into, state, batch, learningRate, how));
      from = into;
    }
    if (this.#lanes.lanes > 1) this.#thetas.set(from.theta, (1 + task) * from.theta.length);
    return losses;
  }

  /** θ ← η·mean θ_i + (1−η)·θ over the tasks present; statistics ← their mean; φ_i as the options say. */
  async #outerStep(present: readonly number[]): Promise<void> {
    const { theta, statistics, classifiers } = this.#model;
    const { eta, classifier } = this.#options;
    const share = eta / present.length;
    await this.#weightedSum.run(
      [1 - eta, ...classifiers.map((_, task) => (present.includes(task) ? share : 0))],
      this.#thetas,
      theta,
    );
    const results = present.map((task) => this.#results[task] as TaskModel);
    for (let j = 0; j < statistics.length; j++) {
      statistics[j] = mean(results.map((result) => result.statistics[j] as number));
    }
    const weight = classifier === "own" ? 1 : share;
    present.forEach((task, i) => {
      const own = (results[i] as TaskModel).classifier;
      moveTowards(classifiers[task] as Float32Array, own, weight);
    });
  }
}

/** base ← base + weight·(target − base), element by element; exactly the target where the weight is 1. */
export function moveTowards(base: Float32Array, target: Float32Array, weight: number): void {
  for (let j = 0; j < base.length; j++) {
    base[j] = weight * (target[j] as number) + (1 - weight) * (base[j] as number);
  }
}
