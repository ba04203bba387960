import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { Results } from "../experiment/results.js";
import { type AccuracyName, accuracyCurve, accuracyTitle, classesSeen } from "./series.js";
import { spread } from "./spread.js";

/** Colours that the colour-blind can tell apart (Okabe and Ito 2008). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

export interface Curve {
  readonly title: string;
  /** Classes seen. */
  readonly x: readonly number[];
  /** Fractions 0..1. */
  readonly y: readonly number[];
  /** Drawn in the same colour as others of the same group. */
  readonly group: string;
  readonly dashed: boolean;
}

/** The accuracy curves of one run: continuum and oracle, task, single-sample. */
export function runCurves(results: Results): Curve[] {
  const names: readonly AccuracyName[] = ["oracle", "task", "continuum", "single"];
  return names.map((name) => ({
    title: accuracyTitle(name, results),
    x: classesSeen(results),
    y: accuracyCurve(results, name),
    group: name,
    dashed: name === "oracle" || name === "task",
  }));
}

/** The continuum (solid) and single-sample (dashed) accuracy of several runs. */
export function comparisonCurves(runs: readonly { title: string; results: Results }[]): Curve[] {
  return runs.flatMap(({ title, results }) =>
    (["continuum", "single"] as const).map((name) => ({
      title: `${title}, ${accuracyTitle(name, results)}`,
      x: classesSeen(results),
      y: accuracyCurve(results, name),
      group: title,
      dashed: name === "single",
    })),
  );
}

/** Above the frame, at its left. */
const HEADING = { frameAnchor: "top-left", dx: -42 } as const;

/** Accuracy over the number of classes seen, as an SVG document. The same curves give the same bytes. */
export function accuracyChart(curves: readonly Curve[], title: string): string {
  const { document } = parseHTML("<html><body></body></html>");
  const groups = [...new Set(curves.map(({ group }) => group))];
  const points = curves.flatMap((curve) =>
    curve.x.map((x, i) => ({ ...curve, x, y: 100 * (curve.y[i] as number) })),
  );
  const colour = (group: string) => COLOURS[groups.indexOf(group) % COLOURS.length] as string;
  const ticks = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
  const [first = 0] = ticks;
  const last = ticks.at(-1) ?? first;
  const labels = spread(
    curves.map((curve) => ({ curve, y: 100 * (curve.y.at(-1) ?? 0) })),
    { gap: 5 },
  );
  const figure = Plot.plot({
    document,
    width: 760,
    height: 420,
    marginTop: 64,
    marginRight: 250,
    marginLeft: 50,
    marginBottom: 44,
    style: { background: "white", color: "#222", fontFamily: "sans-serif", fontSize: "12px" },
    x: {
      label: "classes seen",
      domain: [first, Math.max(last, first + 1)],
      ticks,
      tickFormat: "d",
      labelAnchor: "center",
      labelArrow: "none",
    },
    y: { label: null, domain: [0, 100], grid: true },
    marks: [
      ...curves.map((curve) =>
        Plot.line(
          points.filter(({ title: own }) => own === curve.title),
          {
            x: "x",
            y: "y",
            stroke: colour(curve.group),
            strokeWidth: 2,
            ...(curve.dashed && { strokeDasharray: "5 4" }),
            marker: "dot",
          },
        ),
      ),
      Plot.text(labels, {
        x: () => last,
        y: "at",
        text: ({ curve, y }) => `${y.toFixed(1)}  ${curve.title}`,
        fill: ({ curve }) => colour(curve.group),
        textAnchor: "start",
        dx: 12,
      }),
      Plot.text([title], { ...HEADING, dy: -52, fontSize: 15, fontWeight: "bold" }),
      Plot.text(["accuracy in % over the test samples of all classes seen"], {
        ...HEADING,
        dy: -30,
        fill: "#555",
      }),
    ],
  });
  figure.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  figure.setAttribute("role", "img");
  figure.setAttribute("aria-label", describe(curves, title));
  return `${renumberMarkers(figure.outerHTML)}\n`;
}

/** Plot counts markers over all charts of a process; a chart's text shouldn't depend on those before it. */
function renumberMarkers(svg: string): string {
  const numbers = new Map<string, number>();
  return svg.replace(/plot-marker-\d+/g, (id) => {
    if (!numbers.has(id)) numbers.set(id, numbers.size + 1);
    return `plot-marker-${numbers.get(id)}`;
  });
}

/** The chart in words, for those who can't see it. */
function describe(curves: readonly Curve[], title: string): string {
  const ends = curves.map(
    (curve) => `${curve.title} ends at ${(100 * (curve.y.at(-1) ?? 0)).toFixed(1)} %`,
  );
  return `${title}: accuracy over classes seen. ${ends.join("; ")}.`;
}
