import type { Results } from "../experiment/results.js";
import { ACCURACY_NAMES, defined, SUMMARIES, SUMMARY_NAMES } from "../incremental/metrics.js";
import { accuracyCurve, accuracyTitle, classesSeen } from "./accuracies.js";
import { percent } from "./format.js";
import { textTable, wrapText } from "./table.js";

/**
 * The accuracies in % after every task, which count from 1.
 *
 * @param width columns of the terminal. Default: as many as it takes
 */
export function accuracyTable(results: Results, width?: number): string {
  const seen = classesSeen(results);
  const titles = ACCURACY_NAMES.map((name) => accuracyTitle(name, results));
  const rows = results.tasks.map(({ task, seconds }, i) => [
    String(task + 1),
    String(seen[i]),
    ...ACCURACY_NAMES.map((name) => percent(accuracyCurve(results, name)[i] as number)),
    (seconds.train + seconds.adapt + seconds.evaluate).toFixed(1),
  ]);
  return textTable([["after task", "classes", ...titles, "seconds"], ...rows], width);
}

/** The summaries of the continuum matrix in %, each with its definition. */
export function summaryTable({ summary }: Results, width = Number.POSITIVE_INFINITY): string {
  const longest = Math.max(...SUMMARY_NAMES.map((key) => SUMMARIES[key].title.length));
  const lines = SUMMARY_NAMES.flatMap((key) => {
    const metric = SUMMARIES[key];
    const value = `${metric.title.padEnd(longest)}  ${percent(summary[key]).padStart(6)}`;
    const line = `${value}  ${defined(metric)}`;
    if (line.length <= width) return line;
    return [value, ...wrapText(defined(metric), width - 4).map((text) => `    ${text}`)];
  });
  return lines.join("\n");
}
