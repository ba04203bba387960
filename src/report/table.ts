import type { Results } from "../experiment/results.js";
import { SUMMARY_DEFINITIONS, type Summary } from "../incremental/metrics.js";
import { ACCURACIES, accuracyCurve, accuracyTitle, classesSeen } from "./series.js";

/** 0.9795 as `97.95`. */
export function percent(fraction: number): string {
  return (100 * fraction).toFixed(2);
}

/** Rows of cells as lines of text: the first column to the left, the others to the right. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Rows of cells as a table of Markdown: the first column to the left, the others to the right. */
export function markdownTable([header = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const alignment = header.map((_, column) => (column === 0 ? "---" : "--:"));
  return [line(header), `|${alignment.join("|")}|`, ...rows.map(line)].join("\n");
}

/** The accuracies in % after every task. */
export function accuracyTable(results: Results): string {
  const seen = classesSeen(results);
  return textTable([
    ["after task", "classes", ...ACCURACIES.map((name) => accuracyTitle(name, results)), "seconds"],
    ...results.tasks.map(({ task, seconds }, i) => [
      String(task),
      String(seen[i]),
      ...ACCURACIES.map((name) => percent(accuracyCurve(results, name)[i] as number)),
      (seconds.train + seconds.adapt + seconds.evaluate).toFixed(1),
    ]),
  ]);
}

/** How the summaries are called. */
export const SUMMARY_TITLES: Readonly<Record<keyof Summary, string>> = {
  averageAccuracy: "average accuracy",
  averageIncrementalAccuracy: "average incremental accuracy",
  forgetting: "forgetting",
  backwardTransfer: "backward transfer",
};

/** The summaries of the continuum matrix, each with its definition. */
export function summaryTable({ summary }: Results): string {
  const titles = SUMMARY_TITLES;
  const keys = Object.keys(titles) as (keyof Summary)[];
  const width = Math.max(...keys.map((key) => titles[key].length));
  return keys
    .map(
      (key) =>
        `${titles[key].padEnd(width)}  ${percent(summary[key]).padStart(6)}  ${SUMMARY_DEFINITIONS[key]}`,
    )
    .join("\n");
}

/** Runs side by side: the last value of each accuracy, and the average over the tasks. */
export function comparisonTable(runs: readonly { title: string; results: Results }[]): string {
  return textTable([
    ["run", "tasks", ...ACCURACIES, "average incremental", "forgetting"],
    ...runs.map(({ title, results }) => [
      title,
      String(results.tasks.length),
      ...ACCURACIES.map((name) => percent(accuracyCurve(results, name).at(-1) ?? 0)),
      percent(results.summary.averageIncrementalAccuracy),
      percent(results.summary.forgetting),
    ]),
  ]);
}
