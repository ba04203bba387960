import type { ContinuumBound } from "../../incremental/continuum.js";
import { titleByP } from "../accuracies.js";
import { percentAxis } from "../charts/axes.js";
import { lineChart, type Rule, type Series } from "../charts/line-chart.js";
import { PAPER_STYLE } from "../charts/style.js";
import { percent } from "../format.js";
import { groupBound, groupSizes, groupsTitle } from "../group-values.js";
import { html, type Markup } from "../html.js";
import {
  afterLastTask,
  describe,
  endLabelsOf,
  figure,
  lackingNote,
  pointOf,
  seriesLegend,
  seriesTable,
} from "../page/components.js";
import type { Report, ReportGroup, ReportSection } from "../page/report.js";
import { distinct } from "../page/words.js";
import { PAPER } from "../published.js";
import type { ReportedRun } from "../runs.js";

/** Accuracy by the number of samples that share a task, and how many the paper's bound asks for. */
export const continuumSizeSection: ReportSection = {
  name: "continuum-size",
  title: "Size of a continuum",
  short: "Continuum",
  applies: ({ groups }) => groups.some((group) => groupSizes(group).length > 0),
  render(report) {
    const { groups, docs } = report;
    const shown = groups.filter((group) => groupSizes(group).length > 0);
    const bounds = groups.map((group) => ({ ...group, bound: groupBound(group) }));
    return html`<p>Accuracy in % ${afterLastTask(groups)}, by p, the number of samples that share one unknown task.
The paper’s lower bound (section 3.4) is how many are needed for the right task with 95 %, from the
single-sample accuracies of the tasks: ${inWords(bounds)}. <a href="${docs}task-prediction.md">docs/task-prediction.md</a></p>
${lackingNote(groups.filter((group) => !shown.includes(group)))}
${charts({ ...report, groups: shown }, bounds)}`;
  },
};

type BoundedGroup = ReportGroup & { readonly bound: ContinuumBound | undefined };

function inWords(groups: readonly BoundedGroup[]): string {
  return groups
    .map(({ name, bound, runs }) => {
      const { top } = (runs[0] as ReportedRun).config;
      const none = top > 1 ? `not known from top-${top} accuracies` : "no number is enough";
      if (groups.length > 1) return `${name}: ${bound?.samples ?? none}`;
      if (!bound) return none;
      return `${bound.samples} (a sample votes for its own task with ${percent(bound.vote)} %)`;
    })
    .join("; ");
}

function charts(report: Report, bounds: readonly BoundedGroup[]): Markup {
  const panels = (["classAccuracy", "taskAccuracy"] as const).map((key) => ({
    title: groupsTitle(key === "classAccuracy" ? "continuum" : "task", report.groups, titleByP),
    series: sizeSeries(report, key),
  }));
  const points = panels.flatMap(({ series }) => series.flatMap((own) => own.points));
  const largest = Math.max(2, ...points.map(({ x }) => x));
  const near = bounds.flatMap(({ bound }) => (bound && bound.samples <= 4 * largest ? bound : []));
  const end = Math.max(largest, ...near.map(({ samples }) => samples));
  const x = {
    ...{ label: "p, samples of a continuum", type: "log" as const },
    ticks: [1, 2, 5, 10, 20, 50, 100, 200].filter((p) => p <= end),
    domain: [1, end] as const,
  };
  const rules: Rule[] = distinct(near.map(({ samples }) => samples)).map((samples) => {
    const own = bounds.filter(({ bound }) => bound?.samples === samples);
    return {
      ...{ x: samples, label: `bound: ${samples}` },
      ...(own.length === 1 && { colour: (own[0] as ReportGroup).style.colour }),
    };
  });
  return html`${seriesLegend(panels)}
<div class="grid">${panels.map(({ title, series }) =>
    figure(
      `${title}, by p`,
      lineChart({
        description: describe(`${title} accuracy in % over the size of a continuum`, series),
        ...{ series, x, rules, y: percentAxis(points), endLabels: endLabelsOf(report.groups) },
      }),
      seriesTable(`${title} by p, data`, "p", series),
    ),
  )}</div>
`;
}

function sizeSeries({ groups, paper }: Report, key: "classAccuracy" | "taskAccuracy"): Series[] {
  const sizes = paper?.published.sizes;
  return [
    ...groups.map((group) => ({
      ...{ name: group.name, style: group.style },
      points: groupSizes(group).map((size) => pointOf(size.p, size[key])),
    })),
    ...(sizes
      ? [
          {
            ...{ name: PAPER, style: PAPER_STYLE },
            points: sizes.map((size) => ({ x: size.p, y: size[key] })),
          },
        ]
      : []),
  ];
}
