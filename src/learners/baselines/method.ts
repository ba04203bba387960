import type { ExemplarMemory } from "../../incremental/exemplar-memory.js";
import type { Loss } from "../../losses/loss.js";
import type { LearnerContext } from "../../model/context.js";
import type { MicroBatch } from "../../model/micro-batch.js";
import type { LearnerState, Model } from "../../model/model.js";
import type { Head } from "../../prediction/head.js";

/** The training of one task, as a method sees it. Classes and tasks count in the order of learning. */
export interface Session {
  readonly context: LearnerContext;
  /** Under training: with rows for the new classes. */
  readonly model: Model;
  /** The model before the task. */
  readonly before: Model;
  /** For each new class the indices of its samples. */
  readonly newClasses: readonly (readonly number[])[];
  /** Number of classes of the tasks before. */
  readonly oldClasses: number;
  /** What the learner knows beside model and memory. */
  readonly state: LearnerState;
}

/** How one method of class-incremental learning differs from the others. */
export interface Method {
  readonly name: string;
  /** What trains: the new task's samples, these and the memory's, or the memory alone, the new task's share in it. */
  readonly trainsOn: "new" | "new and memory" | "memory";
  /** The memory: none, exemplars as many as are configured, or every sample of the tasks before. */
  readonly keeps: "nothing" | "exemplars" | "everything";
  /** Where a task's training begins: where the last one ended, or with new parameters, the same for every task. */
  readonly startsFrom: "before" | "scratch";
  readonly loss: Loss;
  /** Whether θ and the statistics stay as they are, and the classifier's rows alone are trained. Default: no. */
  frozen?(task: number): boolean;
  /** Completes the mini-batches of a task by what the loss wants to know. Default: nothing. */
  complete?(session: Session): (batch: MicroBatch) => MicroBatch | Promise<MicroBatch>;
  /**
   * Comes after the training of a task; may change the model.
   *
   * @returns the state from now on. Default: as it was
   */
  finish?(session: Session): LearnerState | Promise<LearnerState>;
  /** Default: the classifier as it was trained. */
  head?(model: Model, memory: ExemplarMemory, context: LearnerContext): Promise<Head>;
}
