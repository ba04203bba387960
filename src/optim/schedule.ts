/** A setting that is one value for all tasks, or one for each; the last of a list holds for the tasks after it. */
export type PerTask<T> = T | readonly T[];

/** The value of a per-task setting for a task, counted from 0. */
export function forTask<T>(setting: PerTask<T>, task: number): T {
  if (!Array.isArray(setting)) return setting as T;
  return setting[Math.min(task, setting.length - 1)] as T;
}

/** How the learning rate goes while a task is trained. */
export interface Schedule {
  /**
   * @param epoch the time, in epochs from 0: a mini-batch has the epoch's number and its share of it
   * @param epochs in all
   * @returns what the learning rate is multiplied by then
   */
  factorAt(epoch: number, epochs: number): number;
}
