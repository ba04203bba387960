import type { TaskResult } from "../experiment/results.js";
import { type ContinuumBound, requiredContinuum } from "../incremental/continuum.js";
import { type AccuracyMatrix, mean, type Summary, summarize } from "../incremental/metrics.js";
import type { ReportedRun, RunGroup } from "./run-summary.js";
import { type AccuracyName, accuracyCurve } from "./series.js";
import { type Estimate, estimate } from "./statistics.js";

export type MatrixName = keyof ReportedRun["results"]["matrix"];

/** Tasks that every run of a group has done: what is said of a group is said of these. */
export function commonTasks({ runs }: RunGroup): number {
  return Math.min(...runs.map(({ results }) => results.tasks.length));
}

/** An accuracy after each task, over the runs. */
export function groupCurve(group: RunGroup, name: AccuracyName): Estimate[] {
  const curves = group.runs.map(({ results }) => accuracyCurve(results, name));
  return Array.from({ length: commonTasks(group) }, (_, task) =>
    estimate(curves.map((curve) => curve[task] as number)),
  );
}

/** R[t][i], each run's. */
function matrices(group: RunGroup, name: MatrixName): AccuracyMatrix[] {
  return group.runs.map(({ results }) => results.matrix[name].slice(0, commonTasks(group)));
}

/** R[t][i], the mean over the runs. */
export function meanMatrix(group: RunGroup, name: MatrixName): number[][] {
  const all = matrices(group, name);
  return (all[0] as AccuracyMatrix).map((row, t) =>
    row.map((_, i) => mean(all.map((matrix) => matrix[t]?.[i] as number))),
  );
}

/** The summaries of a matrix, over the runs. */
export function groupSummary(
  group: RunGroup,
  name: MatrixName,
): Readonly<Record<keyof Summary, Estimate>> {
  const summaries = matrices(group, name).map(summarize);
  const over = (key: keyof Summary) => estimate(summaries.map((summary) => summary[key]));
  return {
    averageAccuracy: over("averageAccuracy"),
    averageIncrementalAccuracy: over("averageIncrementalAccuracy"),
    forgetting: over("forgetting"),
    backwardTransfer: over("backwardTransfer"),
  };
}

/** Accuracies after the last common task, by the size of a continuum. */
export interface SizeEstimate {
  readonly p: number;
  readonly classAccuracy: Estimate;
  readonly taskAccuracy: Estimate;
}

/** None where a run lacks them, as those of earlier versions do. */
export function groupSizes(group: RunGroup): SizeEstimate[] {
  const sizes = lastTasks(group).map((task) => task.sizes ?? []);
  return (sizes[0] ?? []).flatMap(({ p }) => {
    const own = sizes.flatMap((all) => all.find((size) => size.p === p) ?? []);
    if (own.length < sizes.length) return [];
    return {
      p,
      classAccuracy: estimate(own.map(({ classAccuracy }) => classAccuracy)),
      taskAccuracy: estimate(own.map(({ taskAccuracy }) => taskAccuracy)),
    };
  });
}

/** Continua by their true and their predicted task, of all runs; undefined where a run lacks them. */
export function groupConfusion(group: RunGroup): number[][] | undefined {
  const counts = lastTasks(group).map(({ taskConfusion }) => taskConfusion);
  if (!counts.every((matrix) => matrix !== undefined)) return undefined;
  return counts[0]?.map((row, t) =>
    row.map((_, i) => counts.reduce((sum, matrix) => sum + (matrix[t]?.[i] ?? 0), 0)),
  );
}

/** The paper's bound after the last common task, of the runs' mean accuracies. */
export function groupBound(group: RunGroup): ContinuumBound | undefined {
  const accuracies = meanMatrix(group, "single").at(-1) as number[];
  const tasks = (group.runs[0] as ReportedRun).results.tasks.slice(0, commonTasks(group));
  return requiredContinuum(accuracies, mean(tasks.map(({ classes }) => classes.length)));
}

/** Each run's last common task. */
function lastTasks(group: RunGroup): TaskResult[] {
  return group.runs.map(({ results }) => results.tasks[commonTasks(group) - 1] as TaskResult);
}

/** Mean seconds of each task: training, adaptation, evaluation. */
export function groupSeconds(group: RunGroup): [train: number, adapt: number, evaluate: number][] {
  return Array.from({ length: commonTasks(group) }, (_, task) => {
    const of = (key: keyof TaskResult["seconds"]) =>
      mean(group.runs.map(({ results }) => results.tasks[task]?.seconds[key] as number));
    return [of("train"), of("adapt"), of("evaluate")];
  });
}
