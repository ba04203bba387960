import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { SeriesStyle } from "./series-style.js";
import { spread } from "./spread.js";

/** A point of a curve; `low` and `high` bound its interval. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface Series {
  readonly name: string;
  readonly style: SeriesStyle;
  readonly points: readonly Point[];
  /** One of many of its configuration: a thin line without points. */
  readonly thin?: boolean;
}

export interface Axis {
  readonly label: string;
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly type?: "linear" | "log";
  readonly format?: (value: number) => string;
}

/** A line across the frame: upright at `x`, or level at `y`. */
export type Rule = ({ readonly x: number } | { readonly y: number }) & {
  readonly label?: string;
  readonly colour?: string;
};

export interface LineChart {
  /** In words, for those who can't see it. */
  readonly description: string;
  readonly series: readonly Series[];
  readonly x: Axis;
  readonly y: Axis;
  readonly rules?: readonly Rule[];
  /** Writes the last value of each curve at its end. */
  readonly endLabels?: (value: number) => string;
  /** Each value holds around its point, and changes at once. */
  readonly steps?: boolean;
}

/** Pixels of a chart, which the page scales by a little: text stays readable. Small ones stand three in a row. */
const [WIDTH, SMALL_WIDTH, HEIGHT] = [440, 330, 270];

/** Curves with their intervals, as SVG. */
export function lineChart(chart: LineChart): string {
  const { series, x, y, rules = [], endLabels, steps } = chart;
  const [low, high] = y.domain;
  const ends = series.flatMap(({ points, style }) => {
    const last = points.at(-1);
    return endLabels && last ? [{ ...last, style }] : [];
  });
  // Labels of curves that end at different places don't meet.
  const labels = [...new Set(ends.map((end) => end.x))].flatMap((place) =>
    spread(
      ends.filter((end) => end.x === place),
      { gap: (high - low) / 14, low },
    ),
  );
  const axis = ({ label, domain, ticks, type = "linear", format = String }: Axis) => ({
    ...({ type, label, labelAnchor: "center", labelArrow: "none" } as const),
    ...{ domain: [...domain], ticks: [...ticks], tickFormat: format },
  });
  return draw(chart.description, {
    ...{ marginLeft: 44, marginRight: endLabels ? 46 : 14, marginTop: 14, marginBottom: 42 },
    x: axis(x),
    y: { ...axis(y), label: null, grid: true, tickSize: 0 },
    marks: [
      ...rules.map((rule) =>
        "x" in rule ? Plot.ruleX([rule.x], ruleStyle(rule)) : Plot.ruleY([rule.y], ruleStyle(rule)),
      ),
      ...rules.flatMap((rule, i) =>
        "x" in rule && rule.label ? ruleLabel(rule.label, rule.x, { axis: x, row: i }) : [],
      ),
      ...series.flatMap(({ points, style }) =>
        points.some((point) => point.low !== undefined)
          ? Plot.areaY([...points], {
              ...{ x: "x", y1: ({ low: at, y: mean }: Point) => Math.max(low, at ?? mean) },
              y2: ({ high: at, y: mean }: Point) => Math.min(high, at ?? mean),
              ...{ fill: style.colour, fillOpacity: 0.16 },
            })
          : [],
      ),
      ...series.map(({ points, style, thin }) =>
        Plot.line([...points], {
          ...{ x: "x", y: "y", stroke: style.colour, strokeWidth: thin ? 1.25 : 2 },
          ...(thin && { strokeOpacity: 0.75 }),
          ...(steps && { curve: "step" }),
          ...(style.dashes !== undefined && { strokeDasharray: style.dashes }),
        }),
      ),
      ...series.map(({ points, style, thin }) =>
        Plot.dot(thin && points.length > 1 ? [] : [...points], {
          ...{ x: "x", y: "y", r: 3.5, symbol: style.symbol },
          ...{ fill: style.colour, stroke: "var(--surface)", strokeWidth: 1 },
        }),
      ),
      Plot.text(labels, {
        ...{ x: "x", y: "at", dx: 9, textAnchor: "start", fontWeight: 600 },
        text: ({ y: value }) => endLabels?.(value),
        fill: ({ style }) => style.textColour,
      }),
    ],
  });
}

/** At the foot of its rule, on the side where there is room; those of several rules above one another. */
function ruleLabel(label: string, x: number, { axis, row }: { axis: Axis; row: number }) {
  const scale = axis.type === "log" ? Math.log : (value: number) => value;
  const [left, right] = axis.domain.map(scale) as [number, number];
  const isLeft = scale(x) - left < (right - left) / 2;
  return Plot.text([label], {
    ...{ x: () => x, frameAnchor: "bottom", fill: "var(--muted)", dy: -6 - 15 * row },
    ...{ textAnchor: isLeft ? "start" : "end", dx: isLeft ? 5 : -5 },
  });
}

function ruleStyle({ colour = "var(--muted)" }: Rule) {
  return { stroke: colour, strokeWidth: 1.25, strokeDasharray: "2 3" };
}

export interface HeatMap {
  readonly description: string;
  /** Fractions 0..1; rows may have different lengths. */
  readonly rows: readonly (readonly number[])[];
  readonly xLabel: string;
  readonly yLabel: string;
}

/** A matrix with its numbers in %, as SVG: the more, the darker. */
export function heatMap({ description, rows, xLabel, yLabel }: HeatMap): string {
  const size = Math.max(...rows.map(({ length }) => length), rows.length);
  const cells = rows.flatMap((row, y) => row.map((value, x) => ({ x, y, value })));
  const tasks = Array.from({ length: size }, (_, task) => task);
  const text = (dark: boolean) =>
    Plot.text(
      cells.filter(({ value }) => value > 0.7 === dark),
      {
        ...{ x: "x", y: "y", fontSize: size > 12 ? 8 : size > 7 ? 10 : 11.5 },
        text: ({ value }) => (100 * value).toFixed(size > 5 ? 0 : 1),
        fill: dark ? "var(--on-heat)" : "currentColor",
      },
    );
  const axis = (label: string) =>
    ({ type: "band", domain: tasks, label, tickSize: 0, padding: 0.04 }) as const;
  return draw(description, {
    ...{
      width: SMALL_WIDTH,
      height: 50 + size * Math.max(SMALL_WIDTH / 24, Math.min(34, 170 / size)),
    },
    ...{ marginLeft: 40, marginRight: 4, marginTop: 4, marginBottom: 40 },
    x: { ...axis(xLabel), labelAnchor: "center", labelArrow: "none" },
    y: { ...axis(yLabel), labelAnchor: "center", labelArrow: "none" },
    opacity: { type: "identity" },
    marks: [
      Plot.cell(cells, {
        ...{ x: "x", y: "y", fill: "var(--heat)", fillOpacity: "value", rx: 2 },
        ...{ stroke: "var(--heat)", strokeOpacity: 0.25 },
      }),
      text(true),
      text(false),
    ],
  });
}

export interface StackedBars {
  readonly description: string;
  /** For each bar, the values of its parts from the bottom. */
  readonly bars: readonly (readonly number[])[];
  readonly xLabel: string;
  /** What charts beside each other share. */
  readonly highest: number;
  readonly colour: string;
}

/** How much of its colour each part of a bar has, from the bottom. */
export const BAR_OPACITIES = [1, 0.55, 0.25];

/** Bars made of parts, as SVG. */
export function stackedBars({ description, bars, xLabel, highest, colour }: StackedBars): string {
  const parts = bars.flatMap((values, bar) =>
    values.map((value, part) => {
      const below = values.slice(0, part).reduce((sum, other) => sum + other, 0);
      return { bar, y1: below, y2: below + value, opacity: BAR_OPACITIES[part] };
    }),
  );
  return draw(description, {
    ...{ width: SMALL_WIDTH, height: 210 },
    ...{ marginLeft: 40, marginRight: 4, marginTop: 12, marginBottom: 40 },
    x: {
      ...{ type: "band", label: xLabel, labelAnchor: "center", labelArrow: "none" },
      ...{ tickSize: 0, domain: bars.map((_, bar) => bar), padding: 0.25 },
    },
    y: { label: null, grid: true, nice: true, ticks: 5, tickSize: 0, domain: [0, highest || 1] },
    opacity: { type: "identity" },
    marks: [
      Plot.barY(parts, { x: "bar", y1: "y1", y2: "y2", fill: colour, fillOpacity: "opacity" }),
    ],
  });
}

/** The same options give the same bytes. */
function draw(description: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML("<html><body></body></html>");
  const figure = Plot.plot({
    ...{ document, width: WIDTH, height: HEIGHT, className: "plot" },
    ...options,
  });
  figure.setAttribute("role", "img");
  figure.setAttribute("aria-label", description);
  return figure.outerHTML;
}
