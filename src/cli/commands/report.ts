import { join } from "node:path";
import { type ReportedRun, readRuns } from "../../report/run-summary.js";
import { accuracyTable, comparisonTable, summaryTable } from "../../report/table.js";
import { writeReport } from "../../report/write-report.js";

/** Prints the results of runs side by side and writes their report. */
export async function report(
  paths: readonly string[],
  { out, json }: { out?: string; json?: boolean },
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
  await writeReport(runs, file);
  console.log(
    single
      ? `${accuracyTable(first.results)}\n\n${summaryTable(first.results)}`
      : comparisonTable(runs),
  );
  console.log(`\nreport  ${file}`);
}
