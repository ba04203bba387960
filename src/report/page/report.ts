import type { Parts } from "../../experiment/parts.js";
import type { SeriesStyle } from "../charts/style.js";
import type { RunGroup } from "../groups.js";
import type { Markup } from "../html.js";
import type { Published } from "../published.js";

/** Runs of one configuration, as the page shows them. */
export interface ReportGroup extends RunGroup {
  readonly style: SeriesStyle;
}

/** The paper's numbers for the data and the tasks of all groups. */
export interface Paper {
  readonly published: Published;
  /** For each group, the names of the settings in which it differs from the configuration of the paper. */
  readonly differences: readonly (readonly string[])[];
}

/** What a page is made of. */
export interface Report {
  /** One at least, of one run at least. */
  readonly groups: readonly ReportGroup[];
  /** What learners and data sets are called, and are. */
  readonly parts: Parts;
  /** None where data sets are mixed. */
  readonly paper?: Paper | undefined;
  /** Where the program's documentation is, seen from the page; with a slash at its end. */
  readonly docs: string;
}

/** A part of the page. */
export interface ReportSection {
  /** Of its anchor. */
  readonly name: string;
  readonly title: string;
  /** In the bar at the top. Default: the title. */
  readonly short?: string;
  /** Whether there is anything to show. Default: always. */
  applies?(report: Report): boolean;
  /** What stands below the heading. */
  render(report: Report): Markup;
}
