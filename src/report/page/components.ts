import type { Source } from "../../incremental/metrics.js";
import type { Point, Series } from "../charts/line-chart.js";
import type { SeriesStyle } from "../charts/style.js";
import { percent } from "../format.js";
import { commonTasks } from "../group-values.js";
import { type Content, html, Markup } from "../html.js";
import type { Estimate } from "../statistics.js";
import type { ReportGroup } from "./report.js";
import { distinct } from "./words.js";

/** A chart under its caption, with its numbers in a table that opens. */
export function figure(caption: Content, svg: string, data: Markup): Markup {
  return html`<figure>
<figcaption>${caption}</figcaption>
${new Markup(svg)}
<details><summary>Data</summary>${data}</details>
</figure>
`;
}

export interface Table {
  /** What it is of, for those who can't see it. */
  readonly label: string;
  readonly head: readonly Content[];
  /** The first cell of each names the row. */
  readonly rows: readonly (readonly Content[])[];
  /** Columns of words, beside the first; the others are of numbers. */
  readonly words?: readonly number[];
  /** Rows that stand out. */
  readonly marked?: (row: number) => boolean;
}

/** A table that can be copied, in a box of its own where it is wider than the page. */
export function table({ label, head, rows, words = [], marked }: Table): Markup {
  const ofWords = (column: number) => words.includes(column) && html` class="words"`;
  return copyable(
    label,
    html`<table>
<thead><tr>${head.map((cell, i) => html`<th scope="col"${ofWords(i)}>${cell}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([name, ...cells], row) =>
    html`<tr${marked?.(row) && html` class="marked"`}><th scope="row">${name}</th>${cells.map(
      (cell, i) => html`<td${ofWords(i + 1)}>${cell}</td>`,
    )}</tr>
`,
)}</tbody>
</table>`,
  );
}

/** The script of the page shows the button. */
export function copyable(label: string, content: Markup): Markup {
  return html`<div class="table"><button type="button" class="copy" hidden>Copy</button>
<div class="scroll" role="region" aria-label="${label}" tabindex="0">${content}</div></div>`;
}

/** The values of curves that share their x. */
export function seriesTable(
  label: string,
  x: string,
  series: readonly Series[],
  format: (value: number) => string = (value) => value.toFixed(2),
): Markup {
  const places = [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))];
  return table({
    label,
    head: [x, ...series.map(({ name }) => name)],
    rows: places
      .sort((a, b) => a - b)
      .map((place) => [
        String(place),
        ...series.map(({ points }) => {
          const point = points.find((other) => other.x === place);
          if (!point) return "";
          if (point.high === undefined) return format(point.y);
          return `${format(point.y)} ± ${format(point.high - point.y)}`;
        }),
      ]),
  });
}

/** A fraction as `98.13 ± 0.69`, in %. */
export function percentEstimate({ mean, halfWidth }: Estimate): string {
  const text = percent(mean).replace("-", "−");
  return halfWidth === undefined ? text : `${text} ± ${percent(halfWidth)}`;
}

/** How a configuration looks in the charts. */
export function swatch({ colour, symbol, dashes }: SeriesStyle): Markup {
  const shapes: Record<SeriesStyle["symbol"], string> = {
    circle: "M14 6m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
    square: "M10.5 2.5h7v7h-7z",
    triangle: "M14 1.5l4.5 8h-9z",
    diamond: "M14 .8l4 5.2l-4 5.2l-4-5.2z",
    star: "M14 1l1.4 3.4l3.6.2l-2.8 2.3l1 3.5l-3.2-2l-3.2 2l1-3.5l-2.8-2.3l3.6-.2z",
    wye: "M12.5 6L9.5 4L11 1.5L14 3.5L17 1.5L18.5 4L15.5 6.5V11h-3z",
    cross: "M12.5 2h3v2.5h2.5v3h-2.5v2.500h-3v-2.500h-2.500v-3h2.500z",
  };
  return html`<svg class="swatch" viewBox="0 0 28 12" width="28" height="12" aria-hidden="true"><path d="M0 6H28" stroke="${colour}" stroke-width="2"${dashes !== undefined && html` stroke-dasharray="${dashes}"`}/><path d="${shapes[symbol]}" fill="${colour}"/></svg>`;
}

/** Which curve is which. */
export function legend(entries: readonly { name: string; style: SeriesStyle }[]): Markup {
  return html`<ul class="legend">${entries.map(
    ({ name, style }) => html`<li>${swatch(style)} ${name}</li>`,
  )}</ul>
`;
}

/** The curves of charts beside each other, each once. */
export function seriesLegend(panels: readonly { readonly series: readonly Series[] }[]): Markup {
  const all = panels.flatMap(({ series }) => series);
  return legend(all.filter(({ name }, i) => all.findIndex((other) => other.name === name) === i));
}

/** Values at the ends of curves, unless there are so many that they would hide the curves. */
export function endLabelsOf(
  groups: readonly ReportGroup[],
): ((value: number) => string) | undefined {
  return groups.length > 5 ? undefined : (value) => value.toFixed(1);
}

/** An estimate of a fraction, in %. */
export function pointOf(x: number, { mean, halfWidth }: Estimate): Point {
  const y = 100 * mean;
  if (halfWidth === undefined) return { x, y };
  return { x, y, low: y - 100 * halfWidth, high: y + 100 * halfWidth };
}

/** A chart in words: where each curve ends. */
export function describe(what: string, series: readonly Series[], unit = " %"): string {
  const ends = series.flatMap(({ name, points }) => {
    const last = points.at(-1);
    return last ? [`${name} ends at ${last.y.toPrecision(4)}${unit}`] : [];
  });
  return `${what}. ${ends.join("; ")}.`;
}

/** Where there are several groups, each has a heading. */
export function groupHeading(group: ReportGroup, groups: readonly ReportGroup[]): Content {
  return groups.length > 1 && html`<h3>${swatch(group.style)} ${group.name}</h3>`;
}

/** Says whose numbers are missing, since their results are of an earlier version. */
export function lackingNote(groups: readonly ReportGroup[]): Content {
  if (groups.length === 0) return undefined;
  const names = groups.map(({ name }) => name).join("; ");
  return html`<p class="note">Left out, since the results of earlier versions have no such numbers: ${names}.</p>`;
}

/** A source with its link. */
export function sourceLink({ name, arxiv }: Source): Markup {
  return html`<a href="https://arxiv.org/abs/${arxiv}">${name}</a>`;
}

/** What is to be said where a group has several runs. */
export function ofSeveral(groups: readonly ReportGroup[], text: string): Content {
  return groups.some(({ runs }) => runs.length > 1) && text;
}

/** Accuracies of tasks in words. */
export function taskValues(values: readonly number[]): string {
  return values.map((value, task) => `task ${task + 1} ${(100 * value).toFixed(1)} %`).join(", ");
}

/** A matrix of tasks; rows may have different lengths. */
export function taskTable(
  label: string,
  corner: string,
  rows: readonly (readonly number[])[],
  format: (value: number) => string,
): Markup {
  const tasks = rows.at(-1) ?? [];
  const cell = (value: number | undefined) => (value === undefined ? "" : format(value));
  return table({
    label,
    head: [corner, ...tasks.map((_, task) => `task ${task + 1}`)],
    rows: rows.map((row, t) => [String(t + 1), ...tasks.map((_, i) => cell(row[i]))]),
  });
}

/** `after task 5`, or what all groups have in common with it. */
export function afterLastTask(groups: readonly ReportGroup[]): string {
  const last = distinct(groups.map(commonTasks));
  return last.length === 1 ? `after task ${last[0]}` : "after the last task";
}

/** The day of a time of ISO 8601, in UTC. */
export function day(time: string | undefined): string {
  return time?.slice(0, 10) ?? "–";
}
