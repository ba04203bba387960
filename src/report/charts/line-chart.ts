import * as Plot from "@observablehq/plot";
import { draw } from "./draw.js";
import { neighbours, spread } from "./spread.js";
import type { SeriesStyle } from "./style.js";

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
  /** Writes the last value of each curve at its end, in the pixels at the right that are kept for it. */
  readonly endLabels?: ((value: number, name: string) => string) | undefined;
  readonly endWidth?: number;
  /** Above the frame. Default: none, since the page has captions. */
  readonly title?: string;
  readonly subtitle?: string;
  readonly width?: number;
  readonly height?: number;
  /** Each value holds around its point, and changes at once. */
  readonly steps?: boolean | undefined;
}

/** Pixels of a chart, which the page scales by a little: text stays readable. */
const [WIDTH, HEIGHT] = [440, 250];

/** Above the frame, at its left. */
const HEADING = { frameAnchor: "top-left", dx: -38 } as const;

/** Curves with their intervals, as SVG. */
export function lineChart(chart: LineChart): string {
  const { series, x, y, rules = [], endLabels, endWidth = 54, steps, title, subtitle } = chart;
  const { width = WIDTH, height = HEIGHT } = chart;
  const [low, high] = y.domain;
  const ends = series.flatMap(({ name, points, style }) => {
    const last = points.at(-1);
    return endLabels && last ? [{ ...last, name, style }] : [];
  });
  const near = (endWidth * (axisPlace(x, x.domain[1]) - axisPlace(x, x.domain[0]))) / (width - 60);
  const labels = neighbours(ends, (end) => axisPlace(x, end.x), near).flatMap((together) =>
    spread(together, { gap: (15 * (high - low)) / (height - 60), low }),
  );
  const axis = ({ label, domain, ticks, type = "linear", format = String }: Axis) => ({
    ...({ type, label, labelAnchor: "center", labelArrow: "none" } as const),
    ...{ domain: [...domain], ticks: [...ticks], tickFormat: format },
  });
  return draw(chart.description, {
    ...{ width, height, marginLeft: Math.max(44, 12 + 8 * tickLength(y)) },
    ...{ marginRight: endLabels ? endWidth : 14 },
    ...{ marginTop: title ? 64 : 14, marginBottom: 42 },
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
        text: ({ y: value, name }) => endLabels?.(value, name),
        fill: ({ style }) => style.textColour,
      }),
      Plot.text(title ? [title] : [], { ...HEADING, dy: -52, fontSize: 15, fontWeight: 600 }),
      Plot.text(subtitle ? [subtitle] : [], { ...HEADING, dy: -30, fill: "var(--muted)" }),
    ],
  });
}

/** Characters of the longest tick. */
function tickLength({ ticks, format = String }: Axis): number {
  return Math.max(...ticks.map((tick) => format(tick).length));
}

/** Where a value is along its axis, in whatever unit. */
function axisPlace({ type }: Axis, value: number): number {
  return type === "log" ? Math.log(value) : value;
}

/** At the foot of its rule, on the side where there is room; those of several rules above one another. */
function ruleLabel(label: string, x: number, { axis, row }: { axis: Axis; row: number }) {
  const [left, right] = axis.domain.map((end) => axisPlace(axis, end)) as [number, number];
  const isLeft = axisPlace(axis, x) - left < (right - left) / 2;
  return Plot.text([label], {
    ...{ x: () => x, frameAnchor: "bottom", fill: "var(--muted)", dy: -6 - 15 * row },
    ...{ textAnchor: isLeft ? "start" : "end", dx: isLeft ? 5 : -5 },
  });
}

function ruleStyle({ colour = "var(--muted)" }: Rule) {
  return { stroke: colour, strokeWidth: 1.25, strokeDasharray: "2 3" };
}
