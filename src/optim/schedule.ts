/** A setting that is one value for all tasks, or one for each; the last of a list holds for the tasks after it. */
export type PerTask<T> = T | readonly T[];

/** The value of a per-task setting for a task, counted from 0. */
export function forTask<T>(setting: PerTask<T>, task: number): T {
  if (!Array.isArray(setting)) return setting as T;
  return setting[Math.min(task, setting.length - 1)] as T;
}

/** Multiplies the learning rate by `factor` at the start of each epoch (counted from 0) of `milestones`. */
export interface Schedule {
  readonly milestones: readonly number[];
  readonly factor: number;
}

export function scheduledLearningRate(
  learningRate: number,
  { milestones, factor }: Schedule,
  epoch: number,
): number {
  const passed = milestones.filter((milestone) => milestone <= epoch).length;
  return learningRate * factor ** passed;
}
