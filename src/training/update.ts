import type { LearnerState } from "../model/model.js";
import type { TrainingSample, TrainingSession } from "../model/session.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { Variation } from "../samples/samples.js";
import type { OptimizerMemory } from "./optimizer-memory.js";

/** A mini-batch, read and ready to be trained on. */
export interface LoadedBatch<Data> {
  readonly data: Data;
  /** How many of its samples can't be read. */
  readonly unreadable: number;
}

/** What a step is made of, whatever the update. */
export interface StepSettings {
  readonly optimizer: Optimizer;
  /** Limit of the gradient's norm. Default: none. */
  readonly gradientNorm?: number | undefined;
  /** θ and the statistics stay as they are: the classifier alone is trained. Default: no. */
  readonly frozen?: boolean | undefined;
}

/** How mini-batches change a model, as a value. */
export interface Update {
  /** Makes the training of one task ready, which is to be released. */
  begin(session: TrainingSession, settings: StepSettings): Promise<TaskTraining>;
  /** What it keeps of a task for those after it, once the task is trained. Default: nothing. */
  remember?(session: TrainingSession): Promise<LearnerState>;
  /** Copies of all parameters that it holds at once when so many tasks are known. */
  copies(tasks: number): number;
}

/** The training of one task under way. */
export interface TaskTraining<Data = unknown> {
  /** What the optimisers remember. */
  readonly optimizers: readonly OptimizerMemory[];
  /** Reads a mini-batch, while those before it train. */
  load(batch: readonly TrainingSample[], variation: Variation): Promise<LoadedBatch<Data>>;
  /** Trains on one mini-batch; returns the loss before each optimiser step. */
  train(data: Data, learningRate: number): Promise<number[]>;
  /** Writes what training has made of the model into it: until then it stands in the device's memory. */
  read(): Promise<void>;
  release(): Promise<void>;
}
