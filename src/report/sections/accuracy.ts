import { ACCURACY_NAMES, type AccuracyName } from "../../incremental/metrics.js";
import { classesSeen } from "../accuracies.js";
import { percentAxis, placesAxis } from "../charts/axes.js";
import { lineChart, type Point, type Series } from "../charts/line-chart.js";
import { PAPER_STYLE } from "../charts/style.js";
import { groupCurve, groupsTitle } from "../group-values.js";
import { html } from "../html.js";
import {
  describe,
  endLabelsOf,
  figure,
  pointOf,
  seriesLegend,
  seriesTable,
} from "../page/components.js";
import type { Report, ReportSection } from "../page/report.js";
import { distinct } from "../page/words.js";
import { PAPER, type Published } from "../published.js";
import type { ReportedRun } from "../runs.js";

/** The four accuracies after each task, each configuration's and the paper's. */
export const accuracySection: ReportSection = {
  name: "accuracy",
  title: "Accuracy after each task",
  short: "Accuracy",
  render(report) {
    const panels = ACCURACY_NAMES.map((name) => ({ name, series: accuracySeries(report, name) }));
    const all = panels.flatMap(({ series }) => series.flatMap(({ points }) => points));
    const y = percentAxis(all);
    const x = placesAxis("classes seen", distinct(all.map((point) => point.x)));
    return html`<p>In % of the test samples of all classes seen so far.${
      report.paper && " The paper’s numbers are those of its single run of iTAML."
    }</p>
${seriesLegend(panels)}
<div class="grid">${panels.map(({ name, series }) => {
      const title = groupsTitle(name, report.groups);
      return figure(
        title,
        lineChart({
          ...{ description: describe(`${title}: accuracy in % over classes seen`, series) },
          ...{ series, x, y, endLabels: endLabelsOf(report.groups) },
        }),
        seriesTable(`${title}, data`, "classes seen", series),
      );
    })}</div>
`;
  },
};

function accuracySeries({ groups, paper }: Report, name: AccuracyName): Series[] {
  const published = paper ? publishedPoints(paper.published, name) : [];
  return [
    ...groups.map((group) => {
      const seen = classesSeen((group.runs[0] as ReportedRun).results);
      const points = groupCurve(group, name).map((value, i) => pointOf(seen[i] as number, value));
      return { name: group.name, style: group.style, points };
    }),
    ...(published.length > 0 ? [{ name: PAPER, style: PAPER_STYLE, points: published }] : []),
  ];
}

function publishedPoints(published: Published, name: AccuracyName): Point[] {
  const { tasks, classesPerTask, curve } = published;
  const values = name === "continuum" ? curve : [published[name]].flatMap((value) => value ?? []);
  const first = tasks - values.length + 1;
  return values.map((y, i) => ({ x: (first + i) * classesPerTask, y }));
}
