import type { Results } from "../experiment/results.js";
import type { AccuracyName } from "../incremental/metrics.js";
import { accuracyCurve, accuracyTitle, classesSeen } from "./accuracies.js";
import { placesAxis } from "./charts/axes.js";
import { lineChart, type Series } from "./charts/line-chart.js";
import { type SeriesStyle, seriesStyle } from "./charts/style.js";
import { standalone } from "./charts/theme.js";

/** The accuracy curves of one run: task and oracle, which are given or ask for less, are dashed. */
export function runCurves(results: Results): Series[] {
  const names: readonly AccuracyName[] = ["oracle", "task", "continuum", "single"];
  return names.map((name, i) => ({
    name: accuracyTitle(name, results),
    style: dashed(seriesStyle(i), name === "oracle" || name === "task"),
    points: pointsOf(results, name),
  }));
}

/** The continuum (solid) and single-sample (dashed) accuracy of several runs. */
export function comparisonCurves(
  runs: readonly { readonly title: string; readonly results: Results }[],
): Series[] {
  return runs.flatMap(({ title, results }, i) =>
    (["continuum", "single"] as const).map((name) => ({
      name: `${title}, ${accuracyTitle(name, results)}`,
      style: dashed(seriesStyle(i), name === "single"),
      points: pointsOf(results, name),
    })),
  );
}

/** Accuracies over the number of classes seen, as an SVG document. The same curves give the same bytes. */
export function accuracyPicture(curves: readonly Series[], title: string): string {
  const ends = curves.map(({ name, points }) => `${name} ends at ${points.at(-1)?.y.toFixed(1)} %`);
  const seen = new Set(curves.flatMap(({ points }) => points.map(({ x }) => x)));
  const longest = Math.max(...curves.map(({ name }) => name.length));
  return standalone(
    lineChart({
      description: `${title}: accuracy over classes seen. ${ends.join("; ")}.`,
      ...{ title, subtitle: "accuracy in % over the test samples of all classes seen" },
      ...{ series: curves, width: 760, height: 420, endWidth: 66 + 6.6 * longest },
      x: placesAxis("classes seen", [...seen]),
      y: { label: "%", domain: [0, 100], ticks: [0, 20, 40, 60, 80, 100] },
      endLabels: (value, name) => `${value.toFixed(1)}  ${name}`,
    }),
  );
}

function pointsOf(results: Results, name: AccuracyName) {
  const seen = classesSeen(results);
  return accuracyCurve(results, name).map((y, i) => ({ x: seen[i] as number, y: 100 * y }));
}

function dashed({ dashes: _, ...style }: SeriesStyle, is: boolean): SeriesStyle {
  return is ? { ...style, dashes: "5 4" } : style;
}
