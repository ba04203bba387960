import type { ClassResult, TaskResult } from "../experiment/results.js";
import { type ContinuumBound, requiredContinuum } from "../incremental/continuum.js";
import {
  type AccuracyMatrix,
  type AccuracyName,
  mean,
  SUMMARY_NAMES,
  type SummaryName,
  summarize,
  TIME_NAMES,
} from "../incremental/metrics.js";
import { accuracyCurve, accuracyTitle } from "./accuracies.js";
import type { RunGroup } from "./groups.js";
import type { ReportedRun } from "./runs.js";
import { type Estimate, estimate } from "./statistics.js";

/** The accuracies that results have matrices of. */
export const MATRIX_NAMES = ["continuum", "single", "oracle"] as const satisfies AccuracyName[];

export type MatrixName = (typeof MATRIX_NAMES)[number];

/** Tasks that every run of a group has done: what is said of a group is said of these. */
export function commonTasks({ runs }: RunGroup): number {
  return Math.min(...runs.map(({ results }) => results.tasks.length));
}

/** Whether a class counts as right among several guesses. */
export function isTopK({ runs }: RunGroup): boolean {
  return runs.some(({ config }) => config.top > 1);
}

/** How an accuracy of these groups is called: p and k are said where they are the same in all. */
export function groupsTitle(
  name: AccuracyName,
  groups: readonly RunGroup[],
  titleOf = accuracyTitle,
): string {
  return titleOf(name, ...groups.flatMap(({ runs }) => runs.map(({ results }) => results)));
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
): Readonly<Record<SummaryName, Estimate>> {
  const summaries = matrices(group, name).map(summarize);
  const entries = SUMMARY_NAMES.map((key) => {
    return [key, estimate(summaries.map((summary) => summary[key]))] as const;
  });
  return Object.fromEntries(entries) as Record<SummaryName, Estimate>;
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

/** The paper's bound after the last common task, of the runs' mean accuracies; none of top-k, since a sample votes once. */
export function groupBound(group: RunGroup): ContinuumBound | undefined {
  if (isTopK(group)) return undefined;
  const accuracies = meanMatrix(group, "single").at(-1) as number[];
  const tasks = (group.runs[0] as ReportedRun).results.tasks.slice(0, commonTasks(group));
  return requiredContinuum(accuracies, mean(tasks.map(({ classes }) => classes.length)));
}

/** Each run's last common task. */
function lastTasks(group: RunGroup): TaskResult[] {
  return group.runs.map(({ results }) => results.tasks[commonTasks(group) - 1] as TaskResult);
}

/** Mean seconds of each task, in the order of {@link TIME_NAMES}. */
export function groupSeconds(group: RunGroup): number[][] {
  return Array.from({ length: commonTasks(group) }, (_, task) =>
    TIME_NAMES.map((key) =>
      mean(group.runs.map(({ results }) => results.tasks[task]?.seconds[key] as number)),
    ),
  );
}

/** A class after the last common task: accuracies are means over the runs that learned it, samples those of one run. */
export interface ClassValues {
  readonly name: string;
  /** Undefined where it isn't the same in all runs of the group. */
  readonly task: number | undefined;
  /** How many runs of the group have learned it. */
  readonly runs: number;
  readonly testSamples: number;
  readonly continuum: number;
  readonly single: number;
  readonly oracle: number;
  /** What its samples are taken for instead, all runs together, the most frequent first. */
  readonly takenFor: readonly { readonly name: string; readonly share: number }[];
}

/**
 * The classes of all runs, in the order of learning of the first that has them; none where a run lacks them or is
 * further than the others.
 */
export function groupClasses(group: RunGroup): ClassValues[] {
  const tasks = commonTasks(group);
  const all = group.runs.flatMap(({ results }) =>
    results.classes && results.tasks.length === tasks ? [results] : [],
  );
  if (all.length < group.runs.length) return [];
  const byClass = new Map<number, ClassResult[]>();
  for (const result of all.flatMap(({ classes = [] }) => classes)) {
    byClass.set(result.class, [...(byClass.get(result.class) ?? []), result]);
  }
  const confused = new Map<number, Map<number, number>>();
  for (const pair of all.flatMap(({ confusedClasses = [] }) => confusedClasses)) {
    const own = confused.get(pair.class) ?? new Map<number, number>();
    own.set(pair.predicted, (own.get(pair.predicted) ?? 0) + pair.samples);
    confused.set(pair.class, own);
  }
  return [...byClass].map(([index, own]) => {
    const { name, task, testSamples } = own[0] as ClassResult;
    const samples = own.reduce((sum, other) => sum + other.testSamples, 0);
    const agreed = own.length === all.length && own.every((other) => other.task === task);
    return {
      ...{ name, task: agreed ? task : undefined, runs: own.length, testSamples },
      continuum: mean(own.map(({ continuum }) => continuum)),
      single: mean(own.map(({ single }) => single)),
      oracle: mean(own.map(({ oracle }) => oracle)),
      takenFor: [...(confused.get(index) ?? [])]
        .sort(([, a], [, b]) => b - a)
        .map(([other, n]) => ({
          name: byClass.get(other)?.[0]?.name ?? `class ${other}`,
          share: n / samples,
        })),
    };
  });
}
