import { firstTasks } from "../experiment/results.js";
import type { ReportedRun, RunGroup } from "./run-summary.js";
import { classesSeen } from "./series.js";

const COLUMNS = [
  ...["configuration", "run", "dataset", "learner", "seed", "finished"],
  ...["task", "classes", "p", "metric", "value"],
];

/** Every number of runs on a line of its own (RFC 4180, with a header): run × task × metric. */
export function tidyCsv(groups: readonly RunGroup[]): string {
  const rows = groups.flatMap(({ name, runs }) => runs.flatMap((run) => runRows(name, run)));
  return [COLUMNS, ...rows].map((row) => `${row.map(cell).join(",")}\n`).join("");
}

function runRows(configuration: string, { path, finished, results }: ReportedRun) {
  const { dataset, learner, seed } = results;
  const seen = classesSeen(results);
  return results.tasks.flatMap((result, i) => {
    const { task, continuum, single, oracle, sizes = [], seconds } = result;
    const { summary } = firstTasks(results, i + 1);
    const others = sizes.filter(({ p }) => p !== continuum.p);
    return [
      ...[continuum, ...others].flatMap(({ p, classAccuracy, taskAccuracy }) => [
        [p, "continuum", classAccuracy],
        [p, "task", taskAccuracy],
      ]),
      ["", "single-sample", single.classAccuracy],
      ["", "oracle", oracle.classAccuracy],
      ["", "average-accuracy", summary.averageAccuracy],
      ["", "average-incremental-accuracy", summary.averageIncrementalAccuracy],
      ["", "forgetting", summary.forgetting],
      ["", "backward-transfer", summary.backwardTransfer],
      ["", "train-seconds", seconds.train],
      ["", "adapt-seconds", seconds.adapt],
      ["", "evaluate-seconds", seconds.evaluate],
    ].map((measured) => [
      ...[configuration, path, dataset, learner, seed, finished, task, seen[i] as number],
      ...measured,
    ]);
  });
}

function cell(value: string | number | boolean | undefined): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
