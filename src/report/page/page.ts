import { createHash } from "node:crypto";
import { version } from "../../experiment/version.js";
import { html, Markup } from "../html.js";
import { accuracySection } from "./accuracy.js";
import { continuumSizeSection } from "./continuum-size.js";
import { header, pageTitle } from "./header.js";
import { confusionSection, matrixSection } from "./matrices.js";
import { metricsSection } from "./metrics.js";
import type { ReportGroup } from "./report-group.js";
import { runsSection } from "./runs.js";
import { SCRIPT } from "./script.js";
import { settingsSection } from "./settings.js";
import { STYLE } from "./style.js";
import { timeSection } from "./time.js";
import { trainingSection } from "./training.js";

const SECTIONS = [
  ["accuracy", "Accuracy"],
  ["metrics", "Metrics"],
  ["continuum-size", "Continuum"],
  ["matrix", "Each task"],
  ["confusion", "Confusion"],
  ["training", "Training"],
  ["time", "Time"],
  ["runs", "Runs"],
  ["settings", "Settings"],
] as const;

/** Nothing is loaded, and no script but this page's own is run. */
const POLICY = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${createHash(
  "sha256",
)
  .update(SCRIPT)
  .digest("base64")}'`;

/** The report as one HTML document that needs nothing else. The same runs give the same bytes. */
export function reportPage(groups: readonly ReportGroup[]): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="itaml ${version}">
<link rel="icon" href="data:,">
<title>${pageTitle(groups)}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<div class="bar"><nav aria-label="Sections">${SECTIONS.map(
    ([id, name]) => html`<a href="#${id}">${name}</a>`,
  )}</nav><button type="button" class="theme" hidden>Dark</button></div>
<main>
${header(groups)}
${accuracySection(groups)}
${metricsSection(groups)}
${continuumSizeSection(groups)}
${matrixSection(groups)}
${confusionSection(groups)}
${trainingSection(groups)}
${timeSection(groups)}
${runsSection(groups)}
${settingsSection(groups)}
</main>
<footer>itaml ${version}</footer>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`.text;
}
