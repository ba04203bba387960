import type { Rows } from "./inference.js";

/** Where the classes of each task stand among the columns of all classes seen. */
export interface TaskColumns {
  readonly start: number;
  readonly end: number;
}

/** The columns of tasks with these numbers of classes, one after another. */
export function taskColumns(sizes: readonly number[]): TaskColumns[] {
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return { start: end - size, end };
  });
}

/** Groups what stands for each class seen by tasks of these sizes. */
export function byTask<T>(classes: readonly T[], sizes: readonly number[]): T[][] {
  return taskColumns(sizes).map(({ start, end }) => classes.slice(start, end));
}

/**
 * S_i = Σ_j max over task i's logits of ŷ_j: how well a continuum fits each task (paper, Algorithm 2).
 *
 * @param logits raw logits of the base model, all classes seen
 * @param continuum rows of the samples
 */
export function taskScores(
  logits: Rows,
  continuum: readonly number[],
  tasks: readonly TaskColumns[],
): number[] {
  return tasks.map((columns) =>
    continuum.reduce(
      (score, row) => score + (logits.data[argmax(logits, row, columns)] as number),
      0,
    ),
  );
}

/** The task of a continuum: the highest score; of equal ones the lower task. */
export function predictTask(
  logits: Rows,
  continuum: readonly number[],
  tasks: readonly TaskColumns[],
): number {
  const scores = taskScores(logits, continuum, tasks);
  return scores.indexOf(Math.max(...scores));
}

/** The column with the largest logit of a row. */
export function predictClass(
  logits: Rows,
  row: number,
  columns: TaskColumns = { start: 0, end: logits.columns },
): number {
  return argmax(logits, row, columns) - row * logits.columns;
}

/** Index into the data of the largest logit of a row, within some columns; of equal ones the first. */
function argmax({ data, columns }: Rows, row: number, { start, end }: TaskColumns): number {
  let best = row * columns + start;
  for (let i = best + 1; i < row * columns + end; i++) {
    if ((data[i] as number) > (data[best] as number)) best = i;
  }
  return best;
}
