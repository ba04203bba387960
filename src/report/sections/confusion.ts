import { heatMap } from "../charts/heat-map.js";
import { groupConfusion } from "../group-values.js";
import { html } from "../html.js";
import {
  figure,
  lackingNote,
  ofSeveral,
  swatch,
  taskTable,
  taskValues,
} from "../page/components.js";
import type { ReportSection } from "../page/report.js";
import { distinct } from "../page/words.js";

/** Which task continua are taken for. */
export const confusionSection: ReportSection = {
  name: "confusion",
  title: "Confused tasks",
  applies: ({ groups }) => groups.some((group) => groupConfusion(group) !== undefined),
  render({ groups }) {
    const known = groups.flatMap((group) => {
      const counts = groupConfusion(group);
      return counts ? { ...group, counts } : [];
    });
    const sums = known.flatMap(({ counts }) => counts.map(sum));
    return html`<p>Of the continua of each task (${range(sums)}), how many in % are taken for which task, after the last one.${ofSeveral(
      groups,
      " All runs together.",
    )}</p>
${lackingNote(groups.filter((group) => !groupConfusion(group)))}
<div class="grid three">${known.map(({ name, style, counts }) => {
      const rows = counts.map((row) => row.map((count) => count / (sum(row) || 1)));
      const right = rows.map((row, task) => row[task] as number);
      return figure(
        html`${swatch(style)} ${name}`,
        heatMap({
          description: `${name}, tasks that continua are taken for. Right: ${taskValues(right)}.`,
          ...{ rows, xLabel: "predicted task", yLabel: "task" },
        }),
        taskTable(`${name}, continua by task and predicted task`, "task", counts, String),
      );
    })}</div>
`;
  },
};

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** `10 each`, or `10 to 12`. */
function range(counts: readonly number[]): string {
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  return distinct(counts).length === 1 ? `${low} each` : `${low} to ${high}`;
}
