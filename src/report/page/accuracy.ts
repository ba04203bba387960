import { commonTasks, groupCurve } from "../group-series.js";
import { html, type Markup } from "../html.js";
import { type Axis, lineChart, type Point, type Series } from "../plots.js";
import type { Published } from "../published.js";
import type { ReportedRun } from "../run-summary.js";
import { ACCURACIES, type AccuracyName, accuracyTitle, classesSeen } from "../series.js";
import { PAPER_STYLE } from "../series-style.js";
import type { Estimate } from "../statistics.js";
import { figure, legend, section, seriesTable } from "./components.js";
import { paperName, papersOf, type ReportGroup } from "./report-group.js";
import { distinct } from "./words.js";

/** The four accuracies after each task, each configuration and the paper's. */
export function accuracySection(groups: readonly ReportGroup[]): Markup {
  const papers = papersOf(groups);
  const panels = ACCURACIES.map((name) => ({ name, series: accuracySeries(groups, name) }));
  const all = panels.flatMap(({ series }) => series.flatMap(({ points }) => points));
  const y = percentAxis(all);
  const x = axisOf("classes seen", distinct(all.map((point) => point.x)));
  const [first] = (groups[0] as ReportGroup).runs as [ReportedRun];
  return section(
    "accuracy",
    "Accuracy after each task",
    html`<p>In % of the test samples of all classes seen so far.${
      papers.length > 0 && " The paper’s numbers are those of its single run of iTAML."
    }</p>
${seriesLegend(panels)}
<div class="grid">${panels.map(({ name, series }) => {
      const title = accuracyTitle(name, first.results);
      return figure(
        title,
        lineChart({
          ...{ description: describe(`${title}: accuracy in % over classes seen`, series) },
          ...{ series, x, y, endLabels: endLabelsOf(groups) },
        }),
        seriesTable(`${title}, data`, "classes seen", series),
      );
    })}</div>
`,
  );
}

/** The curves of charts beside each other, each once. */
export function seriesLegend(panels: readonly { readonly series: readonly Series[] }[]): Markup {
  const all = panels.flatMap(({ series }) => series);
  return legend(all.filter(({ name }, i) => all.findIndex((other) => other.name === name) === i));
}

function accuracySeries(groups: readonly ReportGroup[], name: AccuracyName): Series[] {
  const papers = papersOf(groups);
  return [
    ...groups.map((group) => {
      const seen = classesSeen((group.runs[0] as ReportedRun).results);
      const points = groupCurve(group, name).map((value, i) => pointOf(seen[i] as number, value));
      return { name: group.name, style: group.style, points };
    }),
    ...papers.flatMap((published) => {
      const points = publishedPoints(published, name);
      if (points.length === 0) return [];
      return { name: paperName(published, papers), style: PAPER_STYLE, points };
    }),
  ];
}

function publishedPoints(published: Published, name: AccuracyName): Point[] {
  const { tasks, classesPerTask, curve } = published;
  const values = name === "continuum" ? curve : [published[name]].flatMap((value) => value ?? []);
  const first = tasks - values.length + 1;
  return values.map((y, i) => ({ x: (first + i) * classesPerTask, y }));
}

/** Values at the ends of curves, unless there are so many that they would hide the curves. */
export function endLabelsOf(
  groups: readonly ReportGroup[],
): ((value: number) => string) | undefined {
  return groups.length > 5 ? undefined : (value) => value.toFixed(1);
}

/** An estimate of a fraction, in %. */
export function pointOf(x: number, { mean, halfWidth }: Estimate): Point {
  const y = 100 * mean;
  if (halfWidth === undefined) return { x, y };
  return { x, y, low: y - 100 * halfWidth, high: y + 100 * halfWidth };
}

/** From the ten below the lowest value, or from 0 where it is far down: charts beside each other share it. */
export function percentAxis(points: readonly Point[]): Axis {
  const lowest = Math.min(...points.map(({ y, low = y }) => low));
  const start = lowest < 40 ? 0 : 10 * Math.floor(Math.min(lowest, 89) / 10);
  const step = start >= 80 ? 5 : start >= 40 ? 10 : 20;
  const ticks = Array.from({ length: (100 - start) / step + 1 }, (_, i) => start + i * step);
  return { label: "%", domain: [start, 100], ticks: ticks.filter((tick) => tick <= 100) };
}

/** An axis with these places, of which not too many get a tick. */
export function axisOf(label: string, places: readonly number[]): Axis {
  const sorted = [...places].sort((a, b) => a - b);
  const [first = 0] = sorted;
  const last = sorted.at(-1) ?? first;
  const ticks: number[] = [];
  for (const place of sorted.reverse()) {
    const next = ticks.at(-1);
    if (next === undefined || next - place >= (last - first) / 11) ticks.push(place);
  }
  return { label, domain: [first, Math.max(last, first + 1)], ticks };
}

/** A chart in words: where each curve ends. */
export function describe(what: string, series: readonly Series[], unit = " %"): string {
  const ends = series.flatMap(({ name, points }) => {
    const last = points.at(-1);
    return last ? [`${name} ends at ${last.y.toPrecision(4)}${unit}`] : [];
  });
  return `${what}. ${ends.join("; ")}.`;
}

/** `after task 4`, or what all groups have in common with it. */
export function afterLastTask(groups: readonly ReportGroup[]): string {
  const last = distinct(groups.map((group) => commonTasks(group) - 1));
  return last.length === 1 ? `after task ${last[0]}` : "after the last task";
}
