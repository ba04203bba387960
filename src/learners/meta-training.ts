import type { Runtime } from "../runtime/runtime.js";
import { emptyTaskModel, type Model, type TaskModel, taskModel } from "./model.js";
import type { MicroBatch, OptimizerState, TrainingStep } from "./training-step.js";
import { WeightedSum } from "./weighted-sum.js";

/** B_i: the samples of one task in a mini-batch. */
export interface TaskBatch extends MicroBatch {
  /** i, counted from 0. */
  readonly task: number;
}

/** How a mini-batch changes a model: the paper's rule, or another one to compare with it. */
export interface MetaUpdate {
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
  readonly #states = new Map<number, OptimizerState>();
  readonly #results = new Map<number, TaskModel>();
  readonly #scratch = new Map<number, TaskModel>();
  /** The base's θ, then one θ_i for each task, one after another. */
  readonly #thetas: Float32Array;

  private constructor(
    model: Model,
    step: TrainingStep,
    weightedSum: WeightedSum,
    options: MetaTrainingOptions,
  ) {
    this.#model = model;
    this.#step = step;
    this.#weightedSum = weightedSum;
    this.#options = options;
    this.#thetas = new Float32Array((1 + model.classifiers.length) * model.theta.length);
  }

  static async start(
    runtime: Runtime,
    model: Model,
    step: TrainingStep,
    options: MetaTrainingOptions,
  ): Promise<MetaTraining> {
    return new MetaTraining(model, step, await WeightedSum.compile(runtime), options);
  }

  async train(batches: readonly TaskBatch[], learningRate: number): Promise<number[]> {
    const losses: number[] = [];
    const results: TaskModel[] = [];
    for (const [position, batch] of batches.entries()) {
      const result = this.#resultOf(batch.task, position);
      losses.push(...(await this.#innerLoop(batch, result, learningRate)));
      results.push(result);
    }
    await this.#outerStep(batches, results);
    return losses;
  }

  release(): Promise<void> {
    return this.#weightedSum.release();
  }

  /** Φ_i ← {θ, φ_i} of the base; r times: Φ_i ← optimiser_i(Φ_i, ∇loss(B_i)). */
  async #innerLoop(batch: TaskBatch, result: TaskModel, learningRate: number): Promise<number[]> {
    const base = taskModel(this.#model, batch.task);
    const state = getOrMake(this.#states, batch.task, () => this.#step.newState(base));
    const losses: number[] = [];
    let from = base;
    for (let remaining = this.#options.innerSteps; remaining > 0; remaining--) {
      // Steps write to two places by turns, so that the last one writes to the result.
      const into = remaining % 2 === 1 ? result : this.#scratchOf(batch.task, base);
      losses.push(await this.#step.run(from, into, state, batch, learningRate));
      from = into;
    }
    return losses;
  }

  /** θ ← η·mean θ_i + (1−η)·θ; statistics ← their mean; φ_i as the options say. */
  async #outerStep(batches: readonly TaskBatch[], results: readonly TaskModel[]): Promise<void> {
    const { theta, statistics, classifiers } = this.#model;
    const { eta, classifier } = this.#options;
    const share = eta / results.length;
    this.#thetas.set(theta);
    await this.#weightedSum.run(
      [1 - eta, ...results.map(() => share)],
      this.#thetas.subarray(0, (1 + results.length) * theta.length),
      theta,
    );
    for (let j = 0; j < statistics.length; j++) {
      const total = results.reduce((sum, result) => sum + (result.statistics[j] as number), 0);
      statistics[j] = total / results.length;
    }
    const weight = classifier === "own" ? 1 : share;
    results.forEach((result, position) => {
      moveTowards(
        classifiers[(batches[position] as TaskBatch).task] as Float32Array,
        result.classifier,
        weight,
      );
    });
  }

  /** Where the inner loop of a task puts Φ_i: its θ_i stands in line for the outer step. */
  #resultOf(task: number, position: number): TaskModel {
    const result = getOrMake(this.#results, task, () =>
      emptyTaskModel(taskModel(this.#model, task)),
    );
    const size = this.#model.theta.length;
    result.theta = this.#thetas.subarray((1 + position) * size, (2 + position) * size);
    return result;
  }

  #scratchOf(task: number, base: TaskModel): TaskModel {
    return getOrMake(this.#scratch, task, () => emptyTaskModel(base));
  }
}

/** base ← base + weight·(target − base), element by element; exactly the target where the weight is 1. */
export function moveTowards(base: Float32Array, target: Float32Array, weight: number): void {
  for (let j = 0; j < base.length; j++) {
    base[j] = weight * (target[j] as number) + (1 - weight) * (base[j] as number);
  }
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
