import type { MicroBatch } from "../model/micro-batch.js";
import type { TaskModel } from "../model/model.js";
import {
  allocateModel,
  freeModel,
  type ResidentModel,
  readModel,
  uploadModel,
} from "../model/resident-model.js";
import type { OptimizerMemory } from "./optimizer-memory.js";
import type { TrainingStep } from "./training-step.js";

/** Plain training of one model by one optimiser, in a device's memory. */
export class ModelTraining {
  readonly optimizer: OptimizerMemory;
  readonly #step: TrainingStep;
  #current: ResidentModel;
  #next: ResidentModel;

  private constructor(step: TrainingStep, model: ResidentModel) {
    this.#step = step;
    this.#current = model;
    this.#next = allocateModel(step.runtime.memory, model);
    this.optimizer = step.newOptimizer(model);
  }

  /** @param model where training starts; it is not changed */
  static async start(model: TaskModel, step: TrainingStep): Promise<ModelTraining> {
    const { runtime, extractor } = step;
    return new ModelTraining(step, await uploadModel(runtime.memory, model, extractor.featureSize));
  }

  /** One step; returns the loss before it. */
  async train(batch: MicroBatch, learningRate: number): Promise<number> {
    const loss = await this.#step.run(
      this.#current,
      this.#next,
      this.optimizer,
      batch,
      learningRate,
    );
    [this.#current, this.#next] = [this.#next, this.#current];
    return loss;
  }

  /** A copy of the model as it is now. */
  read(): Promise<TaskModel> {
    return readModel(this.#step.runtime.memory, this.#current);
  }

  release(): void {
    const { memory } = this.#step.runtime;
    for (const model of [this.#current, this.#next]) freeModel(memory, model);
    this.optimizer.free();
  }
}
