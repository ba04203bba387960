import { readFile } from "node:fs/promises";
import { resolveConfig } from "../experiment/config.js";
import { parseConfigText } from "../experiment/config-text.js";
import { writeFileAtomically } from "../files/atomic-file.js";
import { reportPage } from "./page/page.js";
import type { Paper } from "./page/report-group.js";
import { publishedFor } from "./published.js";
import {
  choicesAround,
  flatSettings,
  groupRuns,
  OF_A_RUN,
  type ReportedRun,
} from "./run-summary.js";
import { seriesStyle } from "./series-style.js";

/**
 * Writes the report of runs as one HTML file.
 *
 * @param runs one at least
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE
 */
export async function writeReport(runs: readonly ReportedRun[], file: string): Promise<void> {
  await writeFileAtomically(file, await reportHtml(runs));
}

/** The report of runs. */
export async function reportHtml(runs: readonly ReportedRun[]): Promise<string> {
  const groups = await Promise.all(
    groupRuns(runs).map(async (group, i) => ({
      ...group,
      style: seriesStyle(i),
      paper: await paperOf(group.runs[0] as ReportedRun),
    })),
  );
  return reportPage(groups);
}

/** Configurations that come with the program. */
const CONFIGS = new URL("../../configs/", import.meta.url);

async function paperOf({ config, finished, results }: ReportedRun): Promise<Paper | undefined> {
  // Without a number of tasks a run has as many as its data have classes for, which its end shows.
  const tasks = config.tasks ?? (finished ? results.tasks.length : undefined);
  const published = publishedFor(config, tasks);
  if (!published) return undefined;
  const name = `${published.config}.yaml`;
  const text = await readFile(new URL(name, CONFIGS), "utf8");
  const ofPaper = flatSettings(resolveConfig(parseConfigText(text, name), name));
  const own = flatSettings(config);
  const keys = [...new Set([...ofPaper.keys(), ...own.keys()])];
  const differs = (key: string) => ofPaper.get(key) !== own.get(key);
  const differences = keys
    .filter((key) => !OF_A_RUN.includes(key) && differs(key))
    // Of another choice it says enough that it is another.
    .filter((key) => !choicesAround(key).some(differs))
    .map((key) => key.replace(/\.name$/, ""));
  return { published, differences };
}
