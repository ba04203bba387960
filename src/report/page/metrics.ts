import { SUMMARY_DEFINITIONS, type Summary } from "../../incremental/metrics.js";
import { groupCurve, groupSummary, type MatrixName } from "../group-series.js";
import { html, type Markup } from "../html.js";
import { ACCURACIES, type AccuracyName } from "../series.js";
import { SUMMARY_TITLES } from "../table.js";
import { copyable, percentEstimate, section, table } from "./components.js";
import { papersOf, type ReportGroup } from "./report-group.js";

/** How each accuracy is counted. */
const ACCURACY_DEFINITIONS: Readonly<Record<AccuracyName, readonly [string, string]>> = {
  continuum: [
    "Continuum accuracy",
    "The class is right. A task’s test samples are shuffled by the seed and cut into groups of p, of which the program isn’t told the task; the remainder is a shorter group and counts (Rajasegaran 2020, section 3.3, Algorithm 2).",
  ],
  task: ["Task accuracy", "The task of such a group is right (Rajasegaran 2020, section 3.3)."],
  single: [
    "Single-sample accuracy",
    "The largest of the base model’s outputs for all classes seen, sample by sample: the number that other class-incremental methods report (Rebuffi 2017).",
  ],
  oracle: [
    "Oracle accuracy",
    "The class is right when the task is given: task-incremental learning (van de Ven 2019).",
  ],
};

const MATRICES: readonly (readonly [MatrixName, string])[] = [
  ["continuum", "continuum"],
  ["single", "single-sample"],
  ["oracle", "oracle"],
];

/** Every metric, with its definition and its source. */
export function metricsSection(groups: readonly ReportGroup[]): Markup {
  const columns = groups.length + 1;
  const rows = (
    heading: string,
    definition: string,
    values: readonly (readonly [string, readonly string[]])[],
  ) => html`<tbody><tr class="definition"><th scope="rowgroup" colspan="${columns}"><div>${heading} <small>${definition}</small></div></th></tr>
${values.map(
  ([name, cells]) =>
    html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
)}</tbody>
`;
  const last = (name: AccuracyName) =>
    groups.map((group) => percentEstimate(groupCurve(group, name).at(-1) ?? NOTHING));
  const summary = (matrix: MatrixName, key: keyof Summary) =>
    groups.map((group) => percentEstimate(groupSummary(group, matrix)[key]));
  return section(
    "metrics",
    "Metrics",
    html`<p>In %. The last four are of an accuracy matrix R[t][i]: after task t, on the test samples of task i. Libraries
define them differently, so each has its definition beside it.</p>
${copyable(
  "Metrics",
  html`<table class="metrics">
<thead><tr><th scope="col">metric</th>${groups.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
${ACCURACIES.map((name) => {
  const [heading, definition] = ACCURACY_DEFINITIONS[name];
  return rows(heading, definition, [["after the last task", last(name)]]);
})}${(Object.keys(SUMMARY_TITLES) as (keyof Summary)[]).map((key) =>
  rows(
    capitalized(SUMMARY_TITLES[key]),
    `${capitalized(SUMMARY_DEFINITIONS[key])}.`,
    MATRICES.map(([matrix, name]) => [name, summary(matrix, key)]),
  ),
)}</table>`,
)}
${otherMethods(groups)}`,
  );
}

const NOTHING = { mean: 0, halfWidth: undefined, n: 0 };

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What the paper prints of other methods on the same tasks. */
function otherMethods(groups: readonly ReportGroup[]): Markup[] {
  return papersOf(groups).flatMap(({ others, config }) =>
    others
      ? html`<h3>Other methods, as the paper prints them</h3>
<p>Single-sample accuracy in % after the last task, ${config}.</p>
${table({
  label: "Other methods",
  head: ["method", "single-sample"],
  rows: others.map(([method, accuracy]) => [method, accuracy.toFixed(2)]),
})}
`
      : [],
  );
}
