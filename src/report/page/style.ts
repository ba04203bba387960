import { PALETTE } from "../charts/style.js";
import { COLOURS } from "../charts/theme.js";

const colours = [
  ...Object.entries(COLOURS).map(
    ([name, [light, dark]]) => `  --${name}: light-dark(${light}, ${dark});`,
  ),
  ...PALETTE.map(
    (_, i) =>
      `  --text-colour-${i + 1}: color-mix(in srgb, var(--colour-${i + 1}) 72%, var(--ink));`,
  ),
].join("\n");

/** The style sheet of the page: light and dark, narrow and wide, screen and paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
${colours}
}
:root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }

* { box-sizing: border-box; }
body {
  margin: 0 auto;
  padding: 0 1.5rem 4rem;
  max-width: 71rem;
  background: var(--surface);
  color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
  -webkit-text-size-adjust: 100%;
  text-size-adjust: 100%;
}
h1, h2, h3, p, ul, dl, figure { margin: 0; }
h1 { font-size: clamp(1.9rem, 1.4rem + 2vw, 2.75rem); line-height: 1.12; letter-spacing: -0.022em; font-weight: 650; text-wrap: balance; overflow-wrap: anywhere; }
h2 { font-size: 1.4rem; line-height: 1.25; letter-spacing: -0.012em; font-weight: 650; }
h3 { margin: 1.75rem 0 0.75rem; font-size: 1rem; font-weight: 650; overflow-wrap: anywhere; }
p { max-width: 44rem; }
small { font-size: 0.8125rem; font-weight: 400; color: var(--muted); }
code { font: 0.875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; }
a { color: inherit; text-underline-offset: 0.2em; text-decoration-color: var(--line); }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--colour-1); outline-offset: 2px; }

.bar { display: flex; gap: 1rem; align-items: baseline; justify-content: space-between; padding: 1rem 0; border-bottom: 1px solid var(--line); }
.bar nav { display: flex; flex-wrap: wrap; gap: 0.25rem 1.1rem; font-size: 0.875rem; }
.bar nav a { color: var(--muted); text-decoration: none; }
.bar nav a:hover { color: var(--ink); }
button { font: inherit; font-size: 0.8125rem; line-height: 1.4; color: var(--muted); background: none; border: 1px solid var(--line); border-radius: 6px; padding: 0.1rem 0.6rem; cursor: pointer; }
button:hover { color: var(--ink); border-color: currentColor; }

header { padding: 3rem 0 1rem; }
.kicker { margin-bottom: 0.5rem; font-size: 0.875rem; color: var(--muted); }
.lede { margin-top: 1rem; font-size: 1.1875rem; line-height: 1.5; }
.facts { display: flex; flex-wrap: wrap; gap: 0.9rem 2.5rem; margin: 1.5rem 0 2.25rem; }
.facts div { max-width: 30rem; }
.facts dt { font-size: 0.8125rem; color: var(--muted); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.note { margin-top: 0.6rem; font-size: 0.875rem; color: var(--muted); overflow-wrap: anywhere; }

section { padding-top: 2.75rem; }
section > p { margin-top: 0.5rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1.75rem 3rem; margin-top: 1.25rem; }
.grid.three { grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1.25rem 2rem; }
h3 + .grid { margin-top: 0; }
figure { min-width: 0; break-inside: avoid; }
figcaption { margin-bottom: 0.5rem; font-weight: 600; overflow-wrap: anywhere; }
figcaption::first-letter { text-transform: uppercase; }
figure > svg { display: block; width: 100%; height: auto; max-width: 34rem; overflow: visible; }
.three figure > svg { max-width: 25rem; }
svg.plot { font-family: inherit; font-size: 12px; }
svg.plot [aria-label~="tick"], svg.plot [aria-label~="label"] { color: var(--muted); fill: var(--muted); }
details { margin-top: 0.25rem; font-size: 0.875rem; }
summary { display: inline-block; color: var(--muted); font-size: 0.8125rem; cursor: pointer; }
summary::before { content: "+ "; }
details[open] > summary::before { content: "− "; }
summary:hover { color: var(--ink); }

.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin-top: 1rem; padding: 0; list-style: none; font-size: 0.9375rem; }
.legend li { overflow-wrap: anywhere; }
.swatch { flex: none; vertical-align: -0.06em; }

.table { position: relative; width: fit-content; max-width: 100%; margin-top: 2.25rem; }
header .table { width: auto; }
details .table, figure > .table { margin-top: 0; }
figure:has(> .table) { position: relative; }
figure > .table { position: static; width: auto; }
figure > .table > .copy { bottom: auto; top: 0; margin: 0; }
figure:has(> .table) > figcaption { padding-right: 4.5rem; }
figure p { margin-bottom: 0.5rem; font-size: 0.8125rem; line-height: 1.4; color: var(--muted); }
figure > .table td { padding-top: 0.2rem; padding-bottom: 0.2rem; }
.more { margin-top: 0.75rem; }
.more .table { margin-top: 1.75rem; }
.definitions dt { margin-top: 0.5rem; font-weight: 600; }
.definitions dd { margin: 0; max-width: 46rem; }
details .table > .copy { bottom: auto; top: -1.5rem; margin: 0; padding-block: 0; }
.table > .copy { position: absolute; right: 0; bottom: 100%; margin-bottom: 0.25rem; }
.scroll {
  overflow-x: auto;
  background: linear-gradient(to left, var(--surface) 60%, transparent) right / 3rem 100% no-repeat local, linear-gradient(to left, light-dark(rgb(0 0 0 / 0.12), rgb(255 255 255 / 0.16)), transparent) right / 0.9rem 100% no-repeat scroll;
}
table { border-collapse: collapse; font-size: 0.9375rem; }
details table { font-size: 0.875rem; }
th, td { padding: 0.35rem 1.25rem 0.35rem 0; text-align: right; vertical-align: baseline; white-space: nowrap; font-weight: 400; }
th:last-child, td:last-child { padding-right: 0.5rem; }
th:first-child, .words { text-align: left; }
tbody th:first-child { position: sticky; left: 0; background: var(--surface); }
thead th { color: var(--muted); font-size: 0.8125rem; vertical-align: bottom; border-bottom: 1px solid var(--line); }
tbody tr + tr > * { border-top: 1px solid var(--tint); }
.marked > *, .marked th:first-child { background: var(--mark); }
.marked th:first-child { box-shadow: -0.5rem 0 var(--mark); }

.figures { width: 100%; table-layout: fixed; }
.figures caption { padding-bottom: 0.75rem; text-align: left; color: var(--muted); font-size: 0.875rem; }
.figures th, .figures td { text-align: left; white-space: normal; padding-right: 1rem; }
.figures thead th { color: var(--ink); font-weight: 600; font-size: 0.9375rem; vertical-align: top; line-height: 1.35; }
.figures thead small { display: block; margin-top: 0.2rem; line-height: 1.35; }
.figures .size { font-weight: 400; color: var(--muted); white-space: nowrap; }
.figures tbody th { padding-top: 1rem; padding-bottom: 0; font-weight: 600; overflow-wrap: anywhere; }
.figures tbody tr + tr > * { border-top: 0; }
.figures tbody td { padding-top: 0.1rem; padding-bottom: 1rem; }
.figures tbody { border-bottom: 1px solid var(--line); }
.figure { font-size: clamp(1.35rem, 0.7rem + 2.6vw, 2.5rem); line-height: 1.15; letter-spacing: -0.025em; font-weight: 600; }
.interval { color: var(--muted); white-space: nowrap; }
.compact { table-layout: auto; min-width: 40rem; }
.compact .figure { font-size: 1.0625rem; letter-spacing: 0; }
.compact tbody :is(th, td) { padding-top: 0.45rem; padding-bottom: 0.45rem; }
.compact .interval { display: inline; }
.compact td { white-space: nowrap; }
.paper, .paper .figure { color: var(--muted); font-weight: 400; }

.figures caption div { position: sticky; left: 0; width: fit-content; max-width: min(46rem, calc(100vw - 2rem)); }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 0.8125rem; color: var(--muted); }

@media (max-width: 40rem) {
  body { padding: 0 1rem 3rem; }
  header { padding-top: 2rem; }
  section { padding-top: 2.25rem; }
  tbody th:first-child { max-width: 42vw; min-width: 4.5rem; white-space: normal; overflow-wrap: break-word; }
  .grid:not(.three) svg.plot { font-size: 13.5px; }
  .figures thead th { font-size: 0.8125rem; }
  .figures thead small, .figures .size { display: block; font-size: 0.75rem; }
  .figures th, .figures td { padding-right: 0.5rem; }
  .interval { display: block; font-size: 0.8125rem; }
  th, td { padding-right: 0.9rem; }
}

@media print {
  :root, :root[data-theme] { color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .bar, button, details { display: none; }
  section { padding-top: 1.5rem; }
  h2, h3, figcaption { break-after: avoid; }
  .scroll { overflow: visible; }
  tr, figure, .figures tbody { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
