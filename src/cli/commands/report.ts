import { join } from "node:path";
import { loadParts } from "../../experiment/plugins.js";
import { groupRuns } from "../../report/groups.js";
import { accuracyTable, summaryTable } from "../../report/results-tables.js";
import type { ReportedRun } from "../../report/runs.js";
import { writeReport } from "../../report/write-report.js";
import { terminalWidth } from "../terminal-width.js";
import { formatResults, readRuns } from "./results.js";

/** Prints the results of runs side by side and writes their report. */
export async function report(
  paths: readonly string[],
  { out, json, plugin }: { out?: string; json?: boolean; plugin?: string[] },
): Promise<void> {
  const runs = await readRuns(paths);
  if (json) {
    const content = runs.map(({ title, results }) => ({ title, results }));
    console.log(JSON.stringify(content, undefined, 2));
    return;
  }
  const [first] = runs as [ReportedRun];
  const single = runs.length === 1;
  const file = out ?? (single ? join(first.path, "report.html") : "report.html");
  const parts = await loadParts(plugin);
  const groups = groupRuns(runs, parts);
  await writeReport(groups, file, parts);
  const width = terminalWidth();
  console.log(
    single
      ? `${accuracyTable(first.results, width)}\n\n${summaryTable(first.results, width)}\n`
      : formatResults(groups, undefined, width),
  );
  console.log(`report  ${file}`);
}
