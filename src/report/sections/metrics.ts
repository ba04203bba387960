import {
  ACCURACIES,
  ACCURACY_NAMES,
  type Metric,
  SUMMARIES,
  SUMMARY_NAMES,
} from "../../incremental/metrics.js";
import { groupSummary, MATRIX_NAMES } from "../group-values.js";
import { html, type Markup } from "../html.js";
import { copyable, percentEstimate, sourceLink, table } from "../page/components.js";
import type { Report, ReportSection } from "../page/report.js";
import { capitalized } from "../page/words.js";

/** Every metric, with its definition and its source. */
export const metricsSection: ReportSection = {
  name: "metrics",
  title: "Metrics",
  render(report) {
    const { groups, docs } = report;
    const columns = groups.length + 1;
    return html`<p>In %, each of an accuracy matrix R[t][i]: after task t, on the test samples of task i. Libraries
define them differently, so each has its definition beside it (<a href="${docs}results.md">docs/results.md</a>).</p>
${copyable(
  "Metrics",
  html`<table class="metrics">
<thead><tr><th scope="col">metric</th>${groups.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
${SUMMARY_NAMES.map((key) => {
  const metric = SUMMARIES[key];
  return html`<tbody><tr class="definition"><th scope="rowgroup" colspan="${columns}"><div>${capitalized(metric.title)} <small>${definition(metric)}</small></div></th></tr>
${MATRIX_NAMES.map(
  (matrix) =>
    html`<tr><th scope="row">${ACCURACIES[matrix].title}</th>${groups.map(
      (group) => html`<td>${percentEstimate(groupSummary(group, matrix)[key])}</td>`,
    )}</tr>
`,
)}</tbody>
`;
})}</table>`,
)}
<details class="more"><summary>How the four accuracies are counted</summary>
<dl class="definitions">${ACCURACY_NAMES.map((name) => {
      const metric: Metric = ACCURACIES[name];
      return html`<dt>${capitalized(metric.title)}</dt><dd>${definition(metric)}</dd>`;
    })}</dl></details>
${otherMethods(report)}`;
  },
};

function definition(metric: Metric): Markup {
  return html`${capitalized(metric.definition)}${metric.source !== undefined && html` (${sourceLink(metric.source)})`}.`;
}

/** What the paper prints of other methods on the same tasks. */
function otherMethods({ paper }: Report): Markup | undefined {
  if (!paper?.published.others) return undefined;
  const { others, config } = paper.published;
  return html`<h3>Other methods, as the paper prints them</h3>
<p>Single-sample accuracy in % after the last task, ${config}.</p>
${table({
  label: "Other methods",
  head: ["method", "single-sample"],
  rows: others.map(([method, accuracy]) => [method, accuracy.toFixed(2)]),
})}
`;
}
