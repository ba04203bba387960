import type { Rows } from "../model/inference.js";
import type { TaskColumns } from "../model/task-columns.js";

/**
 * How a sample's logits speak for a task: by the largest of its classes, which needs no comparison of scales (paper,
 * Algorithm 2), or by the log of the task's probability, where the logits are those of class probabilities.
 */
export type TaskEvidence = "maximum" | "probability";

/**
 * What every sample says for every task.
 *
 * @param logits raw logits of all classes seen
 * @returns [samples, tasks]
 */
export function taskEvidence(
  logits: Rows,
  tasks: readonly TaskColumns[],
  evidence: TaskEvidence,
): Rows {
  const { data, columns, unreadable } = logits;
  const samples = data.length / columns;
  const all = { start: 0, end: columns };
  const rows = new Float32Array(samples * tasks.length);
  for (let row = 0; row < samples; row++) {
    const whole = evidence === "probability" ? logSumExp(logits, row, all) : 0;
    tasks.forEach((own, task) => {
      rows[row * tasks.length + task] =
        evidence === "probability"
          ? logSumExp(logits, row, own) - whole
          : (data[argmax(logits, row, own)] as number);
    });
  }
  return { data: rows, columns: tasks.length, unreadable };
}

/**
 * S_i: how well a continuum fits each task, the sum of what its samples say (paper, Algorithm 2).
 *
 * @param evidence as {@link taskEvidence} gives it
 * @param continuum rows of the samples
 */
export function taskScores({ data, columns }: Rows, continuum: readonly number[]): number[] {
  return Array.from({ length: columns }, (_, task) =>
    continuum.reduce((score, row) => score + (data[row * columns + task] as number), 0),
  );
}

/** The task of a continuum: the highest score; of equal ones the lower task. */
export function predictTask(evidence: Rows, continuum: readonly number[]): number {
  const scores = taskScores(evidence, continuum);
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

/** log Σ exp of the logits of a row, within some columns. */
function logSumExp(logits: Rows, row: number, own: TaskColumns): number {
  const { data, columns } = logits;
  const largest = data[argmax(logits, row, own)] as number;
  let sum = 0;
  for (let i = row * columns + own.start; i < row * columns + own.end; i++) {
    sum += Math.exp((data[i] as number) - largest);
  }
  return largest + Math.log(sum);
}

/** Index into the data of the largest logit of a row, within some columns; of equal ones the first. */
function argmax({ data, columns }: Rows, row: number, { start, end }: TaskColumns): number {
  let best = row * columns + start;
  for (let i = best + 1; i < row * columns + end; i++) {
    if ((data[i] as number) > (data[best] as number)) best = i;
  }
  return best;
}
