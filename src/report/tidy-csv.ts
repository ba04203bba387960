import { firstTasks } from "../experiment/results.js";
import {
  ACCURACIES,
  ACCURACY_NAMES,
  SUMMARIES,
  SUMMARY_NAMES,
  TIME_NAMES,
  TIMES,
} from "../incremental/metrics.js";
import { classesSeen } from "./accuracies.js";
import type { RunGroup } from "./groups.js";
import type { ReportedRun } from "./runs.js";

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
    const { task, continuum, sizes = [], seconds } = result;
    const { summary } = firstTasks(results, i + 1);
    const others = sizes.filter(({ p }) => p !== continuum.p);
    return [
      ...ACCURACY_NAMES.flatMap((key) => {
        const { name, byContinuum, of } = ACCURACIES[key];
        if (!byContinuum) return [["", name, of(result)]];
        return [continuum, ...others].map((size) => [
          ...[size.p, name, of({ ...result, continuum: size })],
        ]);
      }),
      ...SUMMARY_NAMES.map((key) => ["", SUMMARIES[key].name, summary[key]]),
      ...TIME_NAMES.map((key) => ["", TIMES[key].name, seconds[key]]),
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
