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

/** The sections of a report, in their order; an application adds its own. */
export const SECTIONS: readonly ReportSection[] = [
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
