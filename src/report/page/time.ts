import { groupSeconds } from "../group-series.js";
import { html, type Markup } from "../html.js";
import { BAR_OPACITIES, stackedBars } from "../plots.js";
import { figure, section, swatch, table } from "./components.js";
import type { ReportGroup } from "./report-group.js";

const PARTS = ["training", "adaptation", "evaluation"] as const;

/** What each task took: training, adaptation, evaluation. */
export function timeSection(groups: readonly ReportGroup[]): Markup {
  const longest = Math.max(...groups.flatMap(totals));
  const { unit, seconds } = unitFor(longest);
  return section(
    "time",
    "Time",
    html`<p>Of each task, in ${unit}; evaluation is that of all tasks so far.${
      groups.some(({ runs }) => runs.length > 1) && " Means over the runs."
    }</p>
<ul class="legend">${PARTS.map(
      (part, i) =>
        html`<li><svg class="swatch" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="2" fill="currentColor" fill-opacity="${BAR_OPACITIES[i]}"/></svg> ${part}</li>`,
    )}</ul>
<div class="grid three">${groups.map((group) => {
      const bars = groupSeconds(group).map((parts) => parts.map((part) => part / seconds));
      const sum = totals(group).reduce((all, own) => all + own, 0);
      const total = `${(sum / seconds).toFixed(1)} ${unit} in all`;
      return figure(
        html`${swatch(group.style)} ${group.name} <small>${total}</small>`,
        stackedBars({
          description: `${group.name}, time of each task in ${unit}: ${total}.`,
          ...{ bars, xLabel: "task", highest: longest / seconds, colour: group.style.colour },
        }),
        table({
          label: `${group.name}, ${unit} by task`,
          head: ["task", ...PARTS],
          rows: bars.map((parts, task) => [String(task), ...parts.map((part) => part.toFixed(2))]),
        }),
      );
    })}</div>
`,
  );
}

function totals(group: ReportGroup): number[] {
  return groupSeconds(group).map((parts) => parts.reduce((sum, part) => sum + part, 0));
}

function unitFor(longest: number): { unit: string; seconds: number } {
  if (longest < 300) return { unit: "seconds", seconds: 1 };
  return longest < 18_000 ? { unit: "minutes", seconds: 60 } : { unit: "hours", seconds: 3600 };
}
