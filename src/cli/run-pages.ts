import { join } from "node:path";
import type { Config } from "../experiment/config.js";
import { loadNamedParts } from "../experiment/plugins.js";
import type { Results } from "../experiment/results.js";
import { writeFileAtomically } from "../files/atomic-file.js";
import { accuracyPicture, runCurves } from "../report/accuracy-picture.js";
import { groupRuns } from "../report/groups.js";
import { readRun } from "../report/runs.js";
import { writeReport } from "../report/write-report.js";

// To be imported when there is something to draw: what draws takes as long to load as everything else.

/** Draws a run's accuracies into its directory. */
export function drawAccuracies(path: string, config: Config, results: Results): Promise<void> {
  const title = `${config.dataset}, ${config.learner.name}, seed ${config.seed}`;
  return writeFileAtomically(
    join(path, "accuracy.svg"),
    accuracyPicture(runCurves(results), title),
  );
}

/** Writes the report of one run into its directory. */
export async function reportRun(path: string, { plugins }: Config): Promise<void> {
  const parts = await loadNamedParts(plugins);
  const groups = groupRuns([await readRun(path)], parts);
  await writeReport(groups, join(path, "report.html"), parts);
}
