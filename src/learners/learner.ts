import type { ExemplarMemory } from "../incremental/exemplar-memory.js";
import type { LearnerState, Model, TaskModel } from "../model/model.js";
import type { LearnHooks } from "../model/progress.js";
import type { Head } from "../prediction/head.js";
import type { Checkpointing } from "../training/training-state.js";

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
