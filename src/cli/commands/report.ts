import { basename, join, resolve } from "node:path";
import { ItamlError } from "../../errors.js";
import { writeFileAtomically } from "../../experiment/atomic-file.js";
import type { Results } from "../../experiment/results.js";
import { RunDirectory } from "../../experiment/run-directory.js";
import { accuracyChart, comparisonCurves, runCurves } from "../../report/chart.js";
import { accuracyTable, comparisonTable, summaryTable } from "../../report/table.js";

/** Prints the results of runs side by side and draws their curves. */
export async function report(
  paths: readonly string[],
  { out, json }: { out?: string; json?: boolean },
): Promise<void> {
  const runs = await Promise.all(
    paths.map(async (path) => ({
      title: basename(resolve(path)),
      results: await readResults(path),
    })),
  );
  if (json) {
    console.log(JSON.stringify(runs, undefined, 2));
    return;
  }
  const [first] = runs as [(typeof runs)[number]];
  const single = runs.length === 1;
  const picture = out ?? (single ? join(paths[0] as string, "accuracy.svg") : "comparison.svg");
  const curves = single ? runCurves(first.results) : comparisonCurves(runs);
  await writeFileAtomically(
    picture,
    accuracyChart(curves, single ? first.title : "Accuracy of runs"),
  );
  console.log(
    single
      ? `${accuracyTable(first.results)}\n\n${summaryTable(first.results)}`
      : comparisonTable(runs),
  );
  console.log(`\npicture  ${picture}`);
}

async function readResults(path: string): Promise<Results> {
  const { directory } = await RunDirectory.open(path);
  const results = await directory.readResults();
  if (results && results.tasks.length > 0) return results;
  throw new ItamlError("RUN_DIRECTORY", "the run has no results yet", {
    where: path,
    expected: "at least one finished task",
    remedy: `Continue it with: itaml train --resume --out ${path}`,
  });
}
