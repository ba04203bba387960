import type { LearnerContext } from "./context.js";
import type { LearnerState, Model } from "./model.js";
import type { LearnHooks } from "./progress.js";

/** The training of one task, or of more samples of classes that are known, or of both. Classes and tasks count in the order of learning. */
export interface TaskSession {
  readonly context: LearnerContext;
  /** From 0; without new classes the last one that was learned. */
  readonly task: number;
  /** Under training: with rows for the new classes. */
  readonly model: Model;
  /** The model before the task. */
  readonly before: Model;
  /** For each new class the indices of its samples. */
  readonly newClasses: readonly (readonly number[])[];
  /** For classes that are known, by position, the indices of more samples. */
  readonly more: ReadonlyMap<number, readonly number[]>;
  /** Number of classes of the tasks before. */
  readonly oldClasses: number;
  /** What the learner knows beside model and memory. */
  readonly state: LearnerState;
}

/** A training sample: where it is, and which class it has among all classes seen. */
export interface TrainingSample {
  readonly index: number;
  readonly position: number;
}

/** A session whose training begins. */
export interface TrainingSession extends TaskSession {
  /** What it trains on, in all epochs. */
  readonly samples: readonly TrainingSample[];
  readonly hooks: LearnHooks;
}

/** The samples that a session is about, by the position of their class. */
export function samplesOf({
  newClasses,
  oldClasses,
  more,
}: Pick<TaskSession, "newClasses" | "oldClasses" | "more">): ReadonlyMap<
  number,
  readonly number[]
> {
  return new Map([...more, ...newClasses.map((indices, i) => [oldClasses + i, indices] as const)]);
}
