import type { MicroBatch, TaskBatch } from "../model/micro-batch.js";
import {
  copyTaskModel,
  emptyTaskModel,
  type Model,
  splitClassifiers,
  type TaskModel,
  wholeModel,
} from "../model/model.js";
import type { MetaUpdate } from "./meta-training.js";
import { moveTowards } from "./meta-training.js";
import type { OptimizerState, TrainingStep } from "./training-step.js";

/**
 * The rule of the program that the authors released, for comparison: the tasks of a mini-batch train one after
 * another in one model with one optimiser, whose steps also move the rows of the other tasks (weight decay and
 * moments, with a zero gradient); then the model moves by η from the base to the last result.
 */
export class ReleasedRule implements MetaUpdate {
  readonly #model: Model;
  readonly #step: TrainingStep;
  readonly #options: { innerSteps: number; eta: number };
  /** One for all tasks. */
  readonly optimizers: readonly [OptimizerState];
  #current: TaskModel;
  #next: TaskModel;

  constructor(model: Model, step: TrainingStep, options: { innerSteps: number; eta: number }) {
    this.#model = model;
    this.#step = step;
    this.#options = options;
    this.#current = copyTaskModel(wholeModel(model));
    this.#next = emptyTaskModel(this.#current);
    this.optimizers = [step.newState(this.#current)];
  }

  async train(batches: readonly TaskBatch[], learningRate: number): Promise<number[]> {
    const { theta, statistics, classifiers } = this.#model;
    const { innerSteps, eta } = this.#options;
    const base = wholeModel(this.#model);
    this.#current.theta.set(theta);
    this.#current.statistics.set(statistics);
    this.#current.classifier.set(base.classifier);
    const [state] = this.optimizers;
    const losses: number[] = [];
    for (const batch of batches) {
      const whole = this.#widen(batch);
      for (let step = 0; step < innerSteps; step++) {
        losses.push(await this.#step.run(this.#current, this.#next, state, whole, learningRate));
        [this.#current, this.#next] = [this.#next, this.#current];
      }
    }
    moveTowards(theta, this.#current.theta, eta);
    moveTowards(base.classifier, this.#current.classifier, eta);
    splitClassifiers(base.classifier, classifiers);
    statistics.set(this.#current.statistics);
    return losses;
  }

  async release(): Promise<void> {}

  /** A task's micro-batch over the rows of all tasks; the loss is about the task's own. */
  #widen({ x, samples, targets, task }: TaskBatch): MicroBatch {
    const { featureSize } = this.#step.extractor;
    const sizes = this.#model.classifiers.map(({ length }) => length / featureSize);
    const own = sizes[task] as number;
    const start = sizes.slice(0, task).reduce((sum, size) => sum + size, 0);
    const rows = sizes.reduce((sum, size) => sum + size, 0);
    const wide = new Float32Array(samples * rows);
    for (let i = 0; i < samples; i++) {
      wide.set(targets.subarray(i * own, (i + 1) * own), i * rows + start);
    }
    const columns = new Float32Array(rows).fill(1, start, start + own);
    return { x, samples, targets: wide, columns };
  }
}
