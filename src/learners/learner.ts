import type { SampleSource } from "../data/samples.js";
import type { ExemplarMemory } from "../incremental/exemplar-memory.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import type { OptimizerSettings } from "../optim/index.js";
import type { PerTask } from "../optim/schedule.js";
import type { Runtime } from "../runtime/runtime.js";
import type { Head } from "./head.js";
import type { Inference } from "./inference.js";
import type { Model, TaskModel } from "./model.js";
import type { Checkpointing } from "./training-state.js";

/** What every learner stands on. */
export interface LearnerContext {
  readonly runtime: Runtime;
  readonly extractor: FeatureExtractor;
  readonly inference: Inference;
  /** Training samples: indices of new classes and of exemplars point into it. */
  readonly source: SampleSource;
  readonly seed: number;
  /** T, where the number of tasks to come is known. */
  readonly plannedTasks?: number | undefined;
}

/** How a task is trained, whatever the rule. */
export interface TrainingSettings {
  readonly optimizer: OptimizerSettings;
  readonly learningRate: PerTask<number>;
  readonly epochs: PerTask<number>;
  /** Limit of the gradient's norm, over θ and φ_i together. Default: none. */
  readonly gradientNorm?: number | undefined;
  /** Epochs, counted from 0, at which the learning rate is multiplied by `factor`. */
  readonly milestones: readonly number[];
  readonly factor: number;
  readonly batchSize: number;
  /** Share of each session's training samples held out to choose the best epoch; 0: the last epoch is the result. */
  readonly validation: number;
  /** p of the continua on which held-out samples are judged. */
  readonly continuum: number;
}

/** What a learner says while it works. Tasks, epochs and batches count from 0. */
export type Progress =
  | {
      kind: "batch";
      task: number;
      epoch: number;
      epochs: number;
      batch: number;
      batches: number;
      loss: number;
    }
  | {
      kind: "epoch";
      task: number;
      epoch: number;
      epochs: number;
      /** Mean over the epoch's optimiser steps. */
      loss: number;
      learningRate: number;
      samplesPerSecond: number;
      seconds: number;
      /** Of these, waiting for samples. */
      dataSeconds: number;
      /** Samples that can't be read and were left out, where there are any. */
      unreadable?: number;
      /** On the samples held out, where there are any. */
      validationAccuracy?: number;
    }
  /** A copy of the model begins to be trained on the memory, for a head. */
  | { kind: "tuning"; task: number }
  | { kind: "adaptation"; task: number; adaptedTo: number };

export interface LearnHooks {
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Stops at the next batch with INTERRUPTED. */
  signal?: AbortSignal | undefined;
}

/** What a learner knows beside model and memory: tensors by name, stored with them. */
export type LearnerState = ReadonlyMap<
  string,
  { readonly data: Float32Array; readonly shape: readonly number[] }
>;

/** All that a learner has learned. */
export interface SavedLearner {
  readonly model: Model;
  readonly memory: ExemplarMemory;
  readonly state: LearnerState;
}

/** A class-incremental learner: taught task after task, asked for predictions in between. */
export interface Learner extends SavedLearner {
  readonly name: string;
  /**
   * Learns a new task. Where that fails, the model is as it was before.
   *
   * @param newClasses for each new class the indices of its training samples
   * @param checkpointing default: none
   * @throws {ItamlError} LOSS_NOT_FINITE, INTERRUPTED, MEMORY_TOO_SMALL
   */
  learn(
    newClasses: readonly (readonly number[])[],
    hooks?: LearnHooks,
    checkpointing?: Checkpointing,
  ): Promise<void>;
  /** What tells tasks apart, and classes where nothing is known about the task. */
  head(hooks?: LearnHooks): Promise<Head>;
  /** The model that tells classes of one task apart. */
  modelFor(task: number, hooks?: LearnHooks): Promise<TaskModel>;
  release(): Promise<void>;
}

/** Number of classes of each task of a model. */
export function taskSizes({ classifiers }: Model, extractor: FeatureExtractor): number[] {
  return classifiers.map(({ length }) => length / extractor.featureSize);
}
