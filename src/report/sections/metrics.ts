import {
  ACCURACIES,
  ACCURACY_NAMES,
  type Metric,
  SUMMARIES,
  SUMMARY_NAMES,
} from "../../incremental/metrics.js";
import { titleByP } from "../accuracies.js";
import { groupSummary, groupsTitle, MATRIX_NAMES } from "../group-values.js";
import { html, type Markup } from "../html.js";
import { percentEstimate, sourceLink, swatch, table } from "../page/components.js";
import type { Report, ReportSection } from "../page/report.js";
import { capitalized } from "../page/words.js";

/** Every metric, with its definition and its source. */
export const metricsSection: ReportSection = {
  name: "metrics",
  title: "Metrics",
  render(report) {
    const { groups, docs } = report;
    return html`<p>In %, each of an accuracy matrix R[t][i]: after task t, on the test samples of task i. Libraries
define them differently, so each has its definition beside it (<a href="${docs}results.md">docs/results.md</a>).</p>
<div class="grid">${SUMMARY_NAMES.map((key) => {
      const metric = SUMMARIES[key];
      return html`<figure>
<figcaption>${metric.title}</figcaption>
<p>${definition(metric)}</p>
${table({
  label: metric.title,
  head: ["", ...MATRIX_NAMES.map((matrix) => groupsTitle(matrix, groups, titleByP))],
  rows: groups.map((group) => [
    html`${swatch(group.style)} ${group.name}`,
    ...MATRIX_NAMES.map((matrix) => percentEstimate(groupSummary(group, matrix)[key])),
  ]),
})}
</figure>
`;
    })}</div>
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
