import { ItamlError } from "../../base/errors.js";
import { loadParts } from "../../experiment/plugins.js";
import { compareGroups, comparisonRows } from "../../report/comparison.js";
import { groupRuns, type RunGroup } from "../../report/groups.js";
import { findRuns, type ReportedRun } from "../../report/runs.js";
import { markdownTable, textTable } from "../../report/table.js";
import { tidyCsv } from "../../report/tidy-csv.js";
import { printable } from "../failure.js";
import { terminalWidth } from "../terminal-width.js";

type Format = "json" | "csv" | "markdown";

/** Prints the results of runs, those of one configuration over seeds together. */
export async function results(
  paths: readonly string[],
  options: Partial<Record<Format, boolean>> & { plugin?: string[] },
): Promise<void> {
  const formats = (["json", "csv", "markdown"] as const).filter((format) => options[format]);
  if (formats.length > 1) {
    throw new ItamlError("USAGE", "results have one format", {
      where: "itaml results",
      expected: "one of --json, --csv, --markdown, or none for a table",
      found: formats.map((format) => `--${format}`).join(" "),
    });
  }
  const groups = groupRuns(await readRuns(paths), await loadParts(options.plugin));
  process.stdout.write(formatResults(groups, formats[0], terminalWidth()));
}

/**
 * Reads runs, and says what was left out.
 *
 * @throws {ItamlError} as {@link findRuns}
 */
export async function readRuns(paths: readonly string[]): Promise<ReportedRun[]> {
  const { runs, leftOut } = await findRuns(paths);
  for (const line of leftOut) process.stderr.write(`left out  ${printable(line)}\n`);
  return runs;
}

/**
 * Results as text, which ends with a line's end. Default: a table.
 *
 * @param width columns of the terminal. Default: as many as it takes
 */
export function formatResults(
  groups: readonly RunGroup[],
  format?: Format,
  width?: number,
): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(withRuns(groups), undefined, 2)}\n`;
    case "csv":
      return tidyCsv(groups);
    case "markdown":
      return `${markdownTable(comparisonRows(groups))}\n`;
    case undefined: {
      const unfinished = groups.flatMap(({ runs }) => runs).filter(({ finished }) => !finished);
      const notes = unfinished.map(
        ({ path, results: { tasks } }) => `not finished: ${path}, after task ${tasks.length}\n`,
      );
      const table = `${textTable(comparisonRows(groups), width)}\n`;
      return notes.length > 0 ? `${table}\n${notes.join("")}` : table;
    }
  }
}

/** The groups as {@link compareGroups} has them, each with its runs. */
function withRuns(groups: readonly RunGroup[]) {
  return compareGroups(groups).map((compared, i) => ({
    ...compared,
    runs: (groups[i] as RunGroup).runs.map(({ path, finished, results }) => ({
      ...{ path, finished, results },
    })),
  }));
}
