import { orRelease } from "../base/or-release.js";
import type { MicroBatch, TaskBatch } from "../model/micro-batch.js";
import { joinClassifiers, type Model, splitClassifiers } from "../model/model.js";
import {
  allocateModel,
  byTurns,
  fillBase,
  freeModel,
  type ResidentModel,
  readBase,
} from "../model/resident-model.js";
import { type TaskColumns, taskColumns } from "../model/task-columns.js";
import type { Handle } from "../runtime/runtime.js";
import type { MetaUpdate } from "./meta-training.js";
import type { OptimizerMemory } from "./optimizer-memory.js";
import type { TrainingStep } from "./training-step.js";
import { type SummedVectors, WeightedSum } from "./weighted-sum.js";

/**
 * The rule of the program that the authors released, for comparison: the tasks of a mini-batch train one after
 * another in one model with one optimiser, whose steps also move the rows of the other tasks (weight decay and
 * moments, with a zero gradient); then the model moves by η from the base to the last result.
 */
export class ReleasedRule implements MetaUpdate {
  readonly #model: Model;
  readonly #step: TrainingStep;
  readonly #options: { innerSteps: number; eta: number };
  readonly #weightedSum: WeightedSum;
  /** Each of the base, and of the last result. */
  readonly #theta: SummedVectors;
  readonly #statistics: SummedVectors;
  readonly #classifier: SummedVectors;
  readonly #onTheWay: ResidentModel;
  /** One for all tasks. */
  readonly optimizers: readonly [OptimizerMemory];

  private constructor(
    model: Model,
    step: TrainingStep,
    options: { innerSteps: number; eta: number },
    weightedSum: WeightedSum,
  ) {
    const { featureSize } = step.extractor;
    const { theta, statistics, classifiers } = model;
    const rows = classifiers.reduce((sum, { length }) => sum + length / featureSize, 0);
    this.#model = model;
    this.#step = step;
    this.#options = options;
    this.#weightedSum = weightedSum;
    this.#theta = weightedSum.vectors(1, [theta.length]);
    this.#statistics = weightedSum.vectors(1, [statistics.length]);
    this.#classifier = weightedSum.vectors(1, [rows, featureSize]);
    this.#onTheWay = allocateModel(step.runtime.memory, this.#base);
    this.optimizers = [step.newOptimizer(this.#base)];
  }

  static async start(
    model: Model,
    step: TrainingStep,
    options: { innerSteps: number; eta: number },
  ): Promise<ReleasedRule> {
    const weightedSum = await WeightedSum.compile(step.runtime);
    return orRelease(weightedSum, async () => {
      const update = new ReleasedRule(model, step, options, weightedSum);
      const { classifier, ...rest } = update.#base;
      await fillBase(
        step.runtime.memory,
        { ...rest, classifiers: [classifier] },
        { ...model, classifiers: [joinClassifiers(model.classifiers)] },
      );
      return update;
    });
  }

  async train(batches: readonly TaskBatch[], learningRate: number): Promise<number[]> {
    const { innerSteps, eta } = this.#options;
    const [optimizer] = this.optimizers;
    const places = byTurns(batches.length * innerSteps, this.#result, () => this.#onTheWay);
    const losses: number[] = [];
    let from = this.#base;
    for (const [i, into] of places.entries()) {
      const batch = this.#widen(batches[Math.floor(i / innerSteps)] as TaskBatch);
      losses.push(await this.#step.run(from, into, optimizer, batch, learningRate));
      from = into;
    }
    await this.#theta.moveToMean([0], eta);
    await this.#classifier.moveToMean([0], eta);
    await this.#statistics.moveToMean([0], 1);
    return losses;
  }

  async read(): Promise<void> {
    const { classifiers } = this.#model;
    const { classifier, ...rest } = this.#base;
    const whole = joinClassifiers(classifiers);
    await readBase(
      this.#step.runtime.memory,
      { ...rest, classifiers: [classifier] },
      { ...this.#model, classifiers: [whole] },
    );
    splitClassifiers(whole, classifiers);
  }

  async release(): Promise<void> {
    for (const vectors of [this.#theta, this.#statistics, this.#classifier]) vectors.free();
    freeModel(this.#step.runtime.memory, this.#onTheWay);
    this.optimizers[0].free();
    await this.#weightedSum.release();
  }

  get #base(): ResidentModel {
    return {
      theta: this.#theta.base,
      statistics: this.#statistics.base,
      classifier: this.#classifier.base,
    };
  }

  get #result(): ResidentModel {
    return {
      theta: this.#theta.others[0] as Handle,
      statistics: this.#statistics.others[0] as Handle,
      classifier: this.#classifier.others[0] as Handle,
    };
  }

  /** A task's micro-batch over the rows of all tasks; the loss is about the task's own. */
  #widen({ x, samples, targets, task }: TaskBatch): MicroBatch {
    const { featureSize } = this.#step.extractor;
    const sizes = this.#model.classifiers.map(({ length }) => length / featureSize);
    const own = sizes[task] as number;
    const { start, end } = taskColumns(sizes)[task] as TaskColumns;
    const rows = sizes.reduce((sum, size) => sum + size, 0);
    const wide = new Float32Array(samples * rows);
    for (let i = 0; i < samples; i++) {
      wide.set(targets.subarray(i * own, (i + 1) * own), i * rows + start);
    }
    const columns = new Float32Array(rows).fill(1, start, end);
    return { x, samples, targets: wide, columns };
  }
}
