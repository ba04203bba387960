import type { Published } from "../published.js";
import type { RunGroup } from "../run-summary.js";
import type { SeriesStyle } from "../series-style.js";
import { distinct } from "./words.js";

/** The paper's numbers for the data and the tasks of a group. */
export interface Paper {
  readonly published: Published;
  /** Names of the settings in which the group differs from the configuration of the paper. */
  readonly differences: readonly string[];
}

/** Runs of one configuration, as the page shows them. */
export interface ReportGroup extends RunGroup {
  readonly style: SeriesStyle;
  readonly paper?: Paper | undefined;
}

/** The paper's numbers that the page has, each once. */
export function papersOf(groups: readonly ReportGroup[]): Published[] {
  return distinct(groups.flatMap(({ paper }) => paper?.published ?? []));
}

/** What the paper's numbers are called; by their setting where there are several. */
export function paperName(published: Published, papers: readonly Published[]): string {
  return papers.length > 1 ? `the paper, ${published.config}` : "the paper";
}
