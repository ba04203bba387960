import { join } from "node:path";
import { ItamlError } from "../../base/errors.js";
import { loadParts } from "../../experiment/plugins.js";
import { groupRuns } from "../../report/groups.js";
import { readRun } from "../../report/runs.js";
import { formatResults } from "../commands/results.js";
import { terminalWidth } from "../terminal-width.js";
import type { NamedRun, NamedSweep } from "./read-sweep.js";

/**
 * Compares the runs that are done, in a table and a report, under the sweep's names, which its file explains.
 *
 * @param done the runs that are
 * @param failures why others aren't
 * @throws {ItamlError} RUN_FAILED with them
 */
export async function printOutcome(
  { out, runs }: NamedSweep,
  done: readonly NamedRun[],
  failures: ReadonlyMap<NamedRun, string>,
  { json, plugin }: { json?: boolean; plugin?: string[] },
): Promise<void> {
  const reported = await Promise.all(done.map(({ path }) => readRun(path)));
  const names = new Map(reported.map((run, i) => [run, done[i]?.configuration as string]));
  const parts = await loadParts(plugin);
  const groups = groupRuns(reported, parts, (run) => names.get(run) as string);
  const report = join(out, "report.html");
  if (groups.length > 0) {
    const { writeReport } = await import("../../report/write-report.js");
    await writeReport(groups, report, parts);
  }
  if (json) {
    const failed = [...failures].map(([{ name, path }, error]) => ({ name, path, error }));
    const groupsJson = JSON.parse(formatResults(groups, "json"));
    console.log(JSON.stringify({ configurations: groupsJson, failed }, undefined, 2));
  } else if (groups.length > 0) {
    console.log(
      `\n${formatResults(groups, undefined, terminalWidth())}\nruns    ${out}\nreport  ${report}`,
    );
  }
  if (failures.size === 0) return;
  throw new ItamlError("RUN_FAILED", `${failures.size} of ${runs.length} runs failed`, {
    where: out,
    found: [...failures]
      .map(([{ name }, error]) => `${name}: ${error.replace(/\.$/, "")}`)
      .join("\n"),
    remedy: "The same command tries them again",
  });
}
