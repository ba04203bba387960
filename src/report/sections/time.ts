import { TIME_NAMES, TIMES } from "../../incremental/metrics.js";
import { axisFromZero, percentAxis } from "../charts/axes.js";
import { lineChart } from "../charts/line-chart.js";
import { BAR_OPACITIES, stackedBars } from "../charts/stacked-bars.js";
import { groupCurve, groupSeconds, groupsTitle } from "../group-values.js";
import { html, type Markup } from "../html.js";
import {
  describe,
  endLabelsOf,
  figure,
  ofSeveral,
  percentEstimate,
  pointOf,
  swatch,
  table,
} from "../page/components.js";
import type { ReportGroup, ReportSection } from "../page/report.js";

const PARTS = TIME_NAMES.map((name) => TIMES[name].title);

/** What each task took: training, adaptation, evaluation. */
export const timeSection: ReportSection = {
  name: "time",
  title: "Time",
  render({ groups }) {
    const longest = Math.max(...groups.flatMap(totals));
    const { unit, seconds } = unitFor(longest);
    return html`<p>Of each task, in ${unit}; evaluation is that of all tasks so far.${ofSeveral(groups, " Means over the runs.")}</p>
${partsLegend(groups)}
<div class="grid three">${groups.map((group) => {
      const bars = groupSeconds(group).map((parts) => parts.map((part) => part / seconds));
      const sum = totals(group).reduce((all, own) => all + own, 0) / seconds;
      const format = formatOf(sum);
      const total = `${format(sum)} ${unit} in all`;
      return figure(
        html`${swatch(group.style)} ${group.name} <small>${total}</small>`,
        stackedBars({
          description: `${group.name}, time of each task in ${unit}: ${total}.`,
          ...{ bars, xLabel: "task", highest: longest / seconds, colour: group.style.colour },
        }),
        table({
          label: `${group.name}, ${unit} by task`,
          head: ["task", ...PARTS],
          rows: bars.map((parts, task) => [String(task + 1), ...parts.map(format)]),
        }),
      );
    })}</div>
<div class="grid">${accuracyOverTime(groups, unit, seconds)}</div>
`;
  },
};

/** What the time is paid for: accuracy after each task, at the time when it was known. */
function accuracyOverTime(groups: readonly ReportGroup[], unit: string, seconds: number): Markup {
  const curves = groups.map((group) => {
    const times = totals(group);
    let elapsed = 0;
    const tasks = groupCurve(group, "continuum").map((accuracy, task) => {
      elapsed += (times[task] as number) / seconds;
      return { elapsed, accuracy };
    });
    return { ...group, tasks };
  });
  const series = curves.map(({ name, style, tasks }) => {
    return { name, style, points: tasks.map((own) => pointOf(own.elapsed, own.accuracy)) };
  });
  const points = series.flatMap((own) => own.points);
  const accuracyTitle = groupsTitle("continuum", groups);
  const title = `${accuracyTitle} accuracy over ${unit}`;
  return figure(
    title,
    lineChart({
      ...{ description: describe(`${title}, after each task`, series), series },
      x: { ...axisFromZero(points.map(({ x }) => x)), label: unit },
      ...{ y: percentAxis(points), endLabels: endLabelsOf(groups) },
    }),
    table({
      label: `${title}, data`,
      head: [unit, accuracyTitle, "after task", "configuration"],
      words: [3],
      rows: curves.flatMap(({ name, tasks }) => {
        const format = formatOf(tasks.at(-1)?.elapsed ?? 0);
        return tasks.map(({ elapsed, accuracy }, task) => [
          ...[format(elapsed), percentEstimate(accuracy), task + 1, name],
        ]);
      }),
    }),
  );
}

/** Writes the times of a configuration with two decimals, or with more so that their sum has four digits. */
function formatOf(sum: number): (value: number) => string {
  const decimals = sum > 0 ? 3 - Math.floor(Math.log10(sum)) : 2;
  return (value) => value.toFixed(Math.min(Math.max(decimals, 2), 20));
}

/** Each part in the colours of the bars. */
function partsLegend(groups: readonly ReportGroup[]): Markup {
  const colours = groups.slice(0, 6).map(({ style }) => style.colour);
  return html`<ul class="legend">${PARTS.map(
    (part, i) =>
      html`<li><svg class="swatch" viewBox="0 0 ${12 * colours.length} 12" width="${12 * colours.length}" height="12" aria-hidden="true">${colours.map(
        (colour, n) =>
          html`<rect x="${12 * n}" width="12" height="12" fill="${colour}" fill-opacity="${BAR_OPACITIES[i]}"/>`,
      )}</svg> ${part}</li>`,
  )}</ul>
`;
}

function totals(group: ReportGroup): number[] {
  return groupSeconds(group).map((parts) => parts.reduce((sum, part) => sum + part, 0));
}

function unitFor(longest: number): { unit: string; seconds: number } {
  if (longest < 300) return { unit: "seconds", seconds: 1 };
  return longest < 18_000 ? { unit: "minutes", seconds: 60 } : { unit: "hours", seconds: 3600 };
}
