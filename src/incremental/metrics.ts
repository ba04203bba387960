/** R[t][i]: accuracy, 0..1, on task i's test samples after task t was learned; row t has t + 1 entries. */
export type AccuracyMatrix = readonly (readonly number[])[];

/** What one number says about a whole accuracy matrix. */
export interface Summary {
  averageAccuracy: number;
  averageIncrementalAccuracy: number;
  forgetting: number;
  backwardTransfer: number;
}

/** How each value of {@link Summary} is defined; libraries differ, so the definition is printed with the value. */
export const SUMMARY_DEFINITIONS: Readonly<Record<keyof Summary, string>> = {
  averageAccuracy: "mean over tasks after the last task",
  averageIncrementalAccuracy: "mean over t of the mean accuracy after task t (Rebuffi 2017)",
  forgetting: "mean over earlier tasks of best minus last accuracy (Chaudhry 2018)",
  backwardTransfer: "mean over earlier tasks of last minus first accuracy (Lopez-Paz 2017)",
};

/** All four summaries; forgetting and backward transfer of a single task are 0. */
export function summarize(matrix: AccuracyMatrix): Summary {
  const last = matrix.at(-1) ?? [];
  const earlier = last.slice(0, -1);
  const column = (i: number) => matrix.slice(i, -1).map((row) => row[i] as number);
  return {
    averageAccuracy: mean(last),
    averageIncrementalAccuracy: mean(matrix.map(mean)),
    forgetting: mean(earlier.map((accuracy, i) => Math.max(...column(i)) - accuracy)),
    backwardTransfer: mean(earlier.map((accuracy, i) => accuracy - (column(i)[0] as number))),
  };
}

/** The arithmetic mean; 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
