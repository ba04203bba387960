import { firstTasks } from "../experiment/results.js";
import { mean } from "../incremental/metrics.js";
import { commonTasks } from "./group-series.js";
import type { RunGroup } from "./run-summary.js";
import { ACCURACIES, accuracyCurve, accuracyTitle } from "./series.js";
import { standardDeviation } from "./statistics.js";
import { percent } from "./table.js";

const SUMMARIES = ["averageIncrementalAccuracy", "forgetting"] as const;

type Measure = (typeof ACCURACIES)[number] | (typeof SUMMARIES)[number];

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
      ...ACCURACIES.map((name) => [
        name,
        measure(runs.map((run) => accuracyCurve(run, name).at(-1) as number)),
      ]),
      ...SUMMARIES.map((name) => [name, measure(runs.map(({ summary }) => summary[name]))]),
    ]);
    return { name: group.name, n: runs.length, tasks, measures };
  });
}

/** Configurations side by side as rows of cells, in %: mean ± standard deviation where there are several runs. */
export function comparisonRows(groups: readonly RunGroup[]): string[][] {
  const titles = ACCURACIES.map((name) => {
    const own = groups.flatMap(({ runs }) =>
      runs.map(({ results }) => accuracyTitle(name, results)),
    );
    return new Set(own).size === 1 ? (own[0] as string) : name;
  });
  return [
    ["configuration", "runs", "tasks", ...titles, "average incremental", "forgetting"],
    ...compareGroups(groups).map(({ name, n, tasks, measures }) => [
      ...[name, String(n), String(tasks)],
      ...[...ACCURACIES, ...SUMMARIES].map((measure) => {
        const { mean: value, standardDeviation: deviation } = measures[measure];
        return deviation === null ? percent(value) : `${percent(value)} ± ${percent(deviation)}`;
      }),
    ]),
  ];
}
