import { type Content, html, Markup } from "../html.js";
import type { Series } from "../plots.js";
import type { SeriesStyle } from "../series-style.js";
import type { Estimate } from "../statistics.js";
import { percent } from "../table.js";

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
  /** Its cells are words, not numbers. */
  readonly words?: boolean;
  /** Rows that stand out. */
  readonly marked?: (row: number) => boolean;
}

/** A table that can be copied, in a box of its own where it is wider than the page. */
export function table({ label, head, rows, words, marked }: Table): Markup {
  return copyable(
    label,
    html`<table${words && html` class="words"`}>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([name, ...cells], i) =>
    html`<tr${marked?.(i) && html` class="marked"`}><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
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

/** A part of the page with its heading. */
export function section(id: string, heading: string, ...content: readonly Content[]): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${heading}</h2>
${content}</section>
`;
}
