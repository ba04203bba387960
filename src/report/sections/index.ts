import type { Parts } from "../../experiment/parts.js";
import type { ReportSection } from "../page/report.js";
import { accuracySection } from "./accuracy.js";
import { classesSection } from "./classes.js";
import { confusionSection } from "./confusion.js";
import { continuumSizeSection } from "./continuum-size.js";
import { matrixSection } from "./matrix.js";
import { metricsSection } from "./metrics.js";
import { runsSection } from "./runs.js";
import { settingsSection } from "./settings.js";
import { timeSection } from "./time.js";
import { trainingSection } from "./training.js";

/** The sections of a report, in their order. */
const SECTIONS: readonly ReportSection[] = [
  accuracySection,
  metricsSection,
  continuumSizeSection,
  matrixSection,
  confusionSection,
  classesSection,
  trainingSection,
  timeSection,
  runsSection,
  settingsSection,
];

/** These, and after them those of others. */
export function sectionsOf({ sections }: Parts): readonly ReportSection[] {
  // On the floor of the parts it isn't known what a section is; who loaded them has looked that they can be rendered.
  return [...SECTIONS, ...(sections as readonly ReportSection[])];
}
