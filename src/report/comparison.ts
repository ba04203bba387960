import { firstTasks } from "../experiment/results.js";
import {
  ACCURACY_NAMES,
  type AccuracyName,
  mean,
  SUMMARIES,
  type SummaryName,
} from "../incremental/metrics.js";
import { accuracyCurve } from "./accuracies.js";
import { percent } from "./format.js";
import { commonTasks, groupsTitle } from "./group-values.js";
import type { RunGroup } from "./groups.js";
import { standardDeviation } from "./statistics.js";

const COMPARED = ["averageIncrementalAccuracy", "forgetting"] as const satisfies SummaryName[];

type Measure = AccuracyName | (typeof COMPARED)[number];

/** What a group of runs ended with, after the last task that all of them have done. */
export interface ComparedGroup {
  readonly name: string;
  /** Number of runs. */
  readonly n: number;
  readonly tasks: number;
  /** Fractions 0..1; the standard deviation is a sample's, and null of a single run. */
  readonly measures: Readonly<
    Record<Measure, { readonly mean: number; readonly standardDeviation: number | null }>
  >;
}

export function compareGroups(groups: readonly RunGroup[]): ComparedGroup[] {
  return groups.map((group) => {
    const tasks = commonTasks(group);
    const runs = group.runs.map(({ results }) => firstTasks(results, tasks));
    const measure = (values: readonly number[]) => ({
      mean: mean(values),
      standardDeviation: values.length > 1 ? standardDeviation(values) : null,
    });
    const measures = Object.fromEntries([
      ...ACCURACY_NAMES.map((name) => [
        name,
        measure(runs.map((run) => accuracyCurve(run, name).at(-1) as number)),
      ]),
      ...COMPARED.map((name) => [name, measure(runs.map(({ summary }) => summary[name]))]),
    ]);
    return { name: group.name, n: runs.length, tasks, measures };
  });
}

/** Configurations side by side as rows of cells, in %: mean ± standard deviation where there are several runs. */
export function comparisonRows(groups: readonly RunGroup[]): string[][] {
  const titles = ACCURACY_NAMES.map((name) => groupsTitle(name, groups));
  return [
    ["configuration", "runs", "tasks", ...titles, ...COMPARED.map((name) => SUMMARIES[name].title)],
    ...compareGroups(groups).map(({ name, n, tasks, measures }) => [
      ...[name, String(n), String(tasks)],
      ...[...ACCURACY_NAMES, ...COMPARED].map((measure) => {
        const { mean: value, standardDeviation: deviation } = measures[measure];
        return deviation === null ? percent(value) : `${percent(value)} ± ${percent(deviation)}`;
      }),
    ]),
  ];
}
