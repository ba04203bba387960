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
 * The largest logit of every task: how well each sample fits it.
 *
 * @param logits raw logits of the base model, all classes seen
 * @returns [samples, tasks]
 */
export function taskMaxima(logits: Rows, tasks: readonly TaskColumns[]): Rows {
  const { data, columns, unreadable } = logits;
  const samples = data.length / columns;
  const maxima = new Float32Array(samples * tasks.length);
  for (let row = 0; row < samples; row++) {
    tasks.forEach((own, task) => {
      maxima[row * tasks.length + task] = data[argmax(logits, row, own)] as number;
    });
  }
  return { data: maxima, columns: tasks.length, unreadable };
}

/**
 * S_i = Σ_j max over task i's logits of ŷ_j: how well a continuum fits each task (paper, Algorithm 2).
 *
 * @param maxima as {@link taskMaxima} gives them
 * @param continuum rows of the samples
 */
export function taskScores({ data, columns }: Rows, continuum: readonly number[]): number[] {
  return Array.from({ length: columns }, (_, task) =>
    continuum.reduce((score, row) => score + (data[row * columns + task] as number), 0),
  );
}

/** The task of a continuum: the highest score; of equal ones the lower task. */
export function predictTask(maxima: Rows, continuum: readonly number[]): number {
  const scores = taskScores(maxima, continuum);
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

/** Whether fewer than `top` columns of a row have a larger logit than this one; of equal ones the first counts. */
export function isAmongTop(
  { data, columns }: Rows,
  row: number,
  column: number,
  top: number,
): boolean {
  const start = row * columns;
  const own = data[start + column] as number;
  let larger = 0;
  for (let other = 0; other < columns && larger < top; other++) {
    const logit = data[start + other] as number;
    if (logit > own || (logit === own && other < column)) larger++;
  }
  return larger < top;
}

/** Index into the data of the largest logit of a row, within some columns; of equal ones the first. */
function argmax({ data, columns }: Rows, row: number, { start, end }: TaskColumns): number {
  let best = row * columns + start;
  for (let i = best + 1; i < row * columns + end; i++) {
    if ((data[i] as number) > (data[best] as number)) best = i;
  }
  return best;
}
