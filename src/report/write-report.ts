import { readFile } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { resolveConfig } from "../experiment/config.js";
import { parseConfigText } from "../experiment/config-text.js";
import type { Parts } from "../experiment/parts.js";
import { writeFileAtomically } from "../files/atomic-file.js";
import { seriesStyle } from "./charts/style.js";
import { differingSettings, flatSettings, type RunGroup, sameData } from "./groups.js";
import { reportPage } from "./page/page.js";
import type { Paper } from "./page/report.js";
import { publishedFor } from "./published.js";
import type { ReportedRun } from "./runs.js";
import { sectionsOf } from "./sections/index.js";

/** What comes with the program. */
const CONFIGS = new URL("../../configs/", import.meta.url);
const DOCS = new URL("../../docs/", import.meta.url);

/**
 * Writes the report of runs as one HTML file.
 *
 * @param groups one at least
 * @param parts what the runs were made of, and sections beside the report's own
 * @throws {ItamlError} DISK_FULL, NOT_WRITABLE
 */
export async function writeReport(
  groups: readonly RunGroup[],
  file: string,
  parts: Parts,
): Promise<void> {
  await writeFileAtomically(file, await reportHtml(groups, file, parts));
}

/**
 * The report of runs.
 *
 * @param file where it will be, for its links to the documentation
 */
export async function reportHtml(
  groups: readonly RunGroup[],
  file: string,
  parts: Parts,
): Promise<string> {
  const docs = relative(dirname(resolve(file)), fileURLToPath(DOCS))
    .split(sep)
    .join("/");
  const report = {
    groups: groups.map((group, i) => ({ ...group, style: seriesStyle(i) })),
    ...{ parts, paper: await paperOf(groups), docs: `${docs}/` },
  };
  return reportPage(report, sectionsOf(parts));
}

/** The paper's numbers, where all groups have the same data, and the tasks that they are of. */
async function paperOf(groups: readonly RunGroup[]): Promise<Paper | undefined> {
  const runs = groups.map((group) => group.runs[0] as ReportedRun);
  const [first] = runs as [ReportedRun];
  const published = publishedOf(first);
  if (!published) return undefined;
  if (!runs.every((run) => sameData(run, first) && publishedOf(run) === published)) {
    return undefined;
  }
  const name = `${published.config}.yaml`;
  const text = await readFile(new URL(name, CONFIGS), "utf8");
  const ofPaper = flatSettings(resolveConfig(parseConfigText(text, name), name));
  const differences = runs.map(({ config }) =>
    differingSettings([ofPaper, flatSettings(config)]).map((key) => key.replace(/\.name$/, "")),
  );
  return { published, differences };
}

function publishedOf({ config, finished, results }: ReportedRun) {
  // Without a number of tasks a run has as many as its data have classes for, which its end shows.
  return publishedFor(config, config.tasks ?? (finished ? results.tasks.length : undefined));
}
