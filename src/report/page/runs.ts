import { html, type Markup } from "../html.js";
import { ACCURACIES, accuracyCurve } from "../series.js";
import { percent } from "../table.js";
import { section, swatch, table } from "./components.js";
import type { ReportGroup } from "./report-group.js";

/** Every run for itself. */
export function runsSection(groups: readonly ReportGroup[]): Markup {
  return section(
    "runs",
    "Runs",
    html`<p>Accuracies in % after each run’s last task.</p>
${table({
  label: "Runs",
  head: ["run", "configuration", "seed", "tasks", ...ACCURACIES, "seconds"],
  rows: groups.flatMap((group) =>
    group.runs.map(({ title, config, results, finished }) => [
      title,
      html`${swatch(group.style)} ${group.name}`,
      config.seed,
      `${results.tasks.length}${finished ? "" : ", unfinished"}`,
      ...ACCURACIES.map((name) => percent(accuracyCurve(results, name).at(-1) ?? 0)),
      results.tasks
        .reduce((sum, { seconds }) => sum + seconds.train + seconds.adapt + seconds.evaluate, 0)
        .toFixed(1),
    ]),
  ),
})}`,
  );
}
