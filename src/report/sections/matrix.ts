import { heatMap } from "../charts/heat-map.js";
import { percent } from "../format.js";
import { groupsTitle, MATRIX_NAMES, meanMatrix } from "../group-values.js";
import { html } from "../html.js";
import { figure, groupHeading, ofSeveral, taskTable, taskValues } from "../page/components.js";
import type { ReportSection } from "../page/report.js";

/** R[t][i] of the three accuracies: what is forgotten, and of which task. */
export const matrixSection: ReportSection = {
  name: "matrix",
  title: "Accuracy on each task",
  short: "Each task",
  render: ({
    groups,
  }) => html`<p>R[t][i] in %: after task t, down the rows, on the test samples of task i. What is forgotten gets paler from
one row to the next.${ofSeveral(groups, " Means over the runs.")}</p>
${groups.map(
  (group) => html`${groupHeading(group, groups)}
<div class="grid three">${MATRIX_NAMES.map((name) => {
    const title = groupsTitle(name, [group]);
    const rows = meanMatrix(group, name);
    return figure(
      title,
      heatMap({
        description: `${group.name}, ${title} accuracy of each task after each task. After the last: ${taskValues(rows.at(-1) ?? [])}.`,
        ...{ rows, xLabel: "task i", yLabel: "after task t" },
      }),
      taskTable(`${group.name}, ${title}, data`, "after task", rows, percent),
    );
  })}</div>
`,
)}`,
};
