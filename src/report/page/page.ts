import { createHash } from "node:crypto";
import { version } from "../../experiment/version.js";
import { html, Markup } from "../html.js";
import { header, pageTitle } from "./header.js";
import type { Report, ReportSection } from "./report.js";
import { SCRIPT } from "./script.js";
import { STYLE } from "./style.js";

/** Nothing is loaded, and no script but this page's own is run. */
const POLICY = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${createHash(
  "sha256",
)
  .update(SCRIPT)
  .digest("base64")}'`;

/** The report as one HTML document that needs nothing else. The same runs give the same bytes. */
export function reportPage(report: Report, sections: readonly ReportSection[]): string {
  const shown = sections.filter((section) => section.applies?.(report) ?? true);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="itaml ${version}">
<link rel="icon" href="data:,">
<title>${pageTitle(report)}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<div class="bar"><nav aria-label="Sections">${shown.map(
    ({ name, title, short = title }) => html`<a href="#${name}">${short}</a>`,
  )}</nav><button type="button" class="theme" hidden>Dark</button></div>
<main>
${header(report)}
${shown.map(
  (section) => html`<section id="${section.name}" aria-labelledby="${section.name}-heading">
<h2 id="${section.name}-heading">${section.title}</h2>
${section.render(report)}</section>
`,
)}</main>
<footer>Written by itaml ${version}; what it shows: <a href="${report.docs}report.md">docs/report.md</a></footer>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`.text;
}
