import { groupConfusion, type MatrixName, meanMatrix } from "../group-series.js";
import { type Content, html, type Markup } from "../html.js";
import { heatMap } from "../plots.js";
import { percent } from "../table.js";
import { figure, section, swatch, table } from "./components.js";
import type { ReportGroup } from "./report-group.js";

/** R[t][i] of the three accuracies: what is forgotten, and of which task. */
export function matrixSection(groups: readonly ReportGroup[]): Markup {
  const kinds: readonly (readonly [MatrixName, string])[] = [
    ["continuum", "continuum"],
    ["single", "single-sample"],
    ["oracle", "oracle"],
  ];
  return section(
    "matrix",
    "Accuracy on each task",
    html`<p>R[t][i] in %: after task t, down the rows, on the test samples of task i. What is forgotten gets paler from
one row to the next.${ofSeveral(groups)}</p>
${groups.map(
  (group) => html`${groupHeading(group, groups)}
<div class="grid three">${kinds.map(([kind, title]) => {
    const rows = meanMatrix(group, kind);
    return figure(
      title,
      heatMap({
        description: `${group.name}, ${title} accuracy of each task after each task. After the last: ${taskValues(rows.at(-1) ?? [])}.`,
        ...{ rows, xLabel: "task i", yLabel: "after task t" },
      }),
      matrixTable(`${group.name}, ${title}, data`, "after task", rows, percent),
    );
  })}</div>
`,
)}`,
  );
}

/** Which task continua are taken for. */
export function confusionSection(groups: readonly ReportGroup[]): Markup {
  const known = groups.flatMap((group) => {
    const counts = groupConfusion(group);
    return counts ? { ...group, counts } : [];
  });
  const lacking = groups.filter((group) => !groupConfusion(group)).map(({ name }) => name);
  return section(
    "confusion",
    "Confused tasks",
    html`<p>Of 100 continua of each task, how many are taken for which, after the last task.${
      groups.some(({ runs }) => runs.length > 1) && " All runs together."
    }</p>
${
  lacking.length > 0 &&
  html`<p class="note">Left out, since the results of earlier versions have no such numbers: ${lacking.join("; ")}.</p>`
}
<div class="grid three">${known.map(({ name, style, counts }) => {
      const rows = counts.map((row) => {
        const sum = row.reduce((total, count) => total + count, 0);
        return row.map((count) => count / (sum || 1));
      });
      const right = rows.map((row, task) => row[task] as number);
      return figure(
        html`${swatch(style)} ${name}`,
        heatMap({
          description: `${name}, tasks that continua are taken for. Right: ${taskValues(right)}.`,
          ...{ rows, xLabel: "predicted task", yLabel: "task" },
        }),
        matrixTable(`${name}, continua by task and predicted task`, "task", counts, String),
      );
    })}</div>
`,
  );
}

/** Where there are several groups, each has a heading. */
export function groupHeading(group: ReportGroup, groups: readonly ReportGroup[]): Content {
  return groups.length > 1 && html`<h3>${swatch(group.style)} ${group.name}</h3>`;
}

function ofSeveral(groups: readonly ReportGroup[]): Content {
  return groups.some(({ runs }) => runs.length > 1) && " Means over the runs.";
}

function taskValues(values: readonly number[]): string {
  return values.map((value, task) => `task ${task} ${(100 * value).toFixed(1)} %`).join(", ");
}

function matrixTable(
  label: string,
  corner: string,
  rows: readonly (readonly number[])[],
  format: (value: number) => string,
): Markup {
  const tasks = rows.at(-1) ?? [];
  return table({
    label,
    head: [corner, ...tasks.map((_, task) => `task ${task}`)],
    rows: rows.map((row, t) => [String(t), ...tasks.map((_, i) => matrixCell(row[i], format))]),
  });
}

function matrixCell(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? "" : format(value);
}
