import type { ContinuumBound } from "../../incremental/continuum.js";
import { groupBound, groupSizes } from "../group-series.js";
import { html, type Markup } from "../html.js";
import { lineChart, type Rule, type Series } from "../plots.js";
import type { PublishedSize } from "../published.js";
import { PAPER_STYLE } from "../series-style.js";
import { percent } from "../table.js";
import {
  afterLastTask,
  describe,
  endLabelsOf,
  percentAxis,
  pointOf,
  seriesLegend,
} from "./accuracy.js";
import { figure, section, seriesTable } from "./components.js";
import { paperName, papersOf, type ReportGroup } from "./report-group.js";
import { distinct } from "./words.js";

/** Accuracy by the number of samples that share a task, and how many the paper's bound asks for. */
export function continuumSizeSection(groups: readonly ReportGroup[]): Markup {
  const shown = groups.filter((group) => groupSizes(group).length > 0);
  const lacking = groups.filter((group) => !shown.includes(group)).map(({ name }) => name);
  const bounds = groups.map((group) => ({ ...group, bound: groupBound(group) }));
  return section(
    "continuum-size",
    "Size of a continuum",
    html`<p>Accuracy in % ${afterLastTask(groups)}, by p, the number of samples that share one unknown task.
The paper’s lower bound (section 3.4) is how many are needed for the right task with 95 %, from the
single-sample accuracies of the tasks: ${inWords(bounds)}.</p>
${
  lacking.length > 0 &&
  html`<p class="note">Left out, since the results of earlier versions have no such numbers: ${lacking.join("; ")}.</p>`
}
${shown.length > 0 && charts(shown, bounds)}`,
  );
}

type BoundedGroup = ReportGroup & { readonly bound: ContinuumBound | undefined };

function inWords(groups: readonly BoundedGroup[]): string {
  return groups
    .map(({ name, bound }) => {
      if (groups.length > 1) return `${name}: ${bound?.samples ?? "no number is enough"}`;
      if (!bound) return "no number is enough";
      return `${bound.samples} (a sample votes for its own task with ${percent(bound.vote)} %)`;
    })
    .join("; ");
}

function charts(groups: readonly ReportGroup[], bounds: readonly BoundedGroup[]): Markup {
  const panels = (["classAccuracy", "taskAccuracy"] as const).map((key) => ({
    title: key === "classAccuracy" ? "continuum" : "task",
    series: sizeSeries(groups, key),
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
        ...{ series, x, rules, y: percentAxis(points), endLabels: endLabelsOf(groups) },
      }),
      seriesTable(`${title} by p, data`, "p", series),
    ),
  )}</div>
`;
}

function sizeSeries(
  groups: readonly ReportGroup[],
  key: "classAccuracy" | "taskAccuracy",
): Series[] {
  const papers = papersOf(groups);
  return [
    ...groups.map((group) => ({
      ...{ name: group.name, style: group.style },
      points: groupSizes(group).map((size) => pointOf(size.p, size[key])),
    })),
    ...papers.flatMap((published) => {
      if (!published.sizes) return [];
      const points = published.sizes.map((size: PublishedSize) => ({ x: size.p, y: size[key] }));
      return { name: paperName(published, papers), style: PAPER_STYLE, points };
    }),
  ];
}
