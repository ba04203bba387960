import type { LearnerContext } from "./context.js";
import type { LearnerState, Model } from "./model.js";

/** The training of one task. Classes and tasks count in the order of learning. */
export interface TaskSession {
  readonly context: LearnerContext;
  /** From 0. */
  readonly task: number;
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
