import type { LearnerContext } from "../model/context.js";
import type { TaskModel } from "../model/model.js";

/** How the base model is adapted to a task before it tells the task's classes apart, as a value. */
export interface Adaptation {
  /** Makes it ready, which is to be released. */
  begin(context: LearnerContext): Promise<Adapter>;
}

/** An adaptation made ready. */
export interface Adapter {
  /**
   * @param base Φ_i of the base model; it is not changed
   * @param exemplars indices for each of the task's classes; where there are none, nothing changes
   * @param keys what else the order of the exemplars is seeded by; the last is the task
   * @throws {ItamlError} LOSS_NOT_FINITE, INTERRUPTED
   */
  adapt(
    base: TaskModel,
    exemplars: readonly (readonly number[])[],
    keys: readonly number[],
    signal?: AbortSignal,
  ): Promise<TaskModel>;
  release(): Promise<void>;
}
