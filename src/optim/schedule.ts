/** A setting that is one value for all tasks, or one for each; the last of a list holds for the tasks after it. */
export type PerTask<T> = T | readonly T[];

/** The value of a per-task setting for a task, counted from 0. */
export function forTask<T>(setting: PerTask<T>, task: number): T {
  if (!Array.isArray(setting)) return setting as T;
  return setting[Math.min(task, setting.length - 1)] as T;
}

/** How the learning rate of a task's training goes from epoch to epoch. */
export interface Schedule {
  /**
   * @param epoch counted from 0
   * @returns what the learning rate is multiplied by in that epoch
   */
  factorAt(epoch: number, epochs: number): number;
}
