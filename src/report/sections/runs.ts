import { ACCURACY_NAMES, TIME_NAMES } from "../../incremental/metrics.js";
import { accuracyCurve, titleByP } from "../accuracies.js";
import { percent } from "../format.js";
import { groupsTitle } from "../group-values.js";
import { html } from "../html.js";
import { day, swatch, table } from "../page/components.js";
import type { ReportSection } from "../page/report.js";
import { distinct } from "../page/words.js";

/** Every run for itself. */
export const runsSection: ReportSection = {
  name: "runs",
  title: "Runs",
  render({ groups }) {
    // Single runs are at the head of the page.
    const several = groups.some(({ runs }) => runs.length > 1);
    const shown = several ? ACCURACY_NAMES : [];
    return html`<p>${several && "Accuracies in % after each run’s last task. "}Dates are those of the last sitting, in UTC.</p>
${table({
  label: "Runs",
  head: [
    ...["run", "configuration", "seed", "tasks"],
    ...shown.map((name) => groupsTitle(name, groups, titleByP)),
    ...["seconds", "trained", "on"],
  ],
  words: [1, shown.length + 5, shown.length + 6],
  rows: groups.flatMap((group) =>
    group.runs.map(({ title, config, results, finished, sittings }) => [
      title,
      html`${swatch(group.style)} ${group.name}`,
      config.seed,
      `${results.tasks.length}${finished ? "" : ", unfinished"}`,
      ...shown.map((name) => percent(accuracyCurve(results, name).at(-1) ?? 0)),
      results.tasks
        .flatMap(({ seconds }) => TIME_NAMES.map((name) => seconds[name]))
        .reduce((sum, seconds) => sum + seconds, 0)
        .toFixed(1),
      `${day(sittings.at(-1)?.ended)}${sittings.length > 1 ? `, ${sittings.length} sittings` : ""}`,
      distinct(sittings.flatMap(({ machine }) => machine?.processor ?? [])).join(", ") || "–",
    ]),
  ),
})}`;
  },
};
