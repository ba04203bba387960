import type { Results } from "../experiment/results.js";
import { ACCURACIES, type AccuracyMetric, type AccuracyName } from "../incremental/metrics.js";

/** One accuracy after each task, fractions 0..1. */
export function accuracyCurve({ tasks }: Results, name: AccuracyName): number[] {
  return tasks.map(ACCURACIES[name].of);
}

/** How an accuracy is called in tables and charts, with its p and k where these runs have the same. */
export function accuracyTitle(name: AccuracyName, ...runs: readonly Results[]): string {
  const { title, byContinuum, byTop }: AccuracyMetric = ACCURACIES[name];
  const p = new Set(runs.map(({ tasks }) => tasks[0]?.continuum.p ?? 0));
  const tops = new Set(runs.map(({ top = 1 }) => top));
  const details = [
    ...(byContinuum && p.size === 1 ? [`p=${[...p][0]}`] : []),
    ...(byTop && tops.size === 1 && !tops.has(1) ? [`top-${[...tops][0]}`] : []),
  ];
  return details.length > 0 ? `${title} (${details.join(", ")})` : title;
}

/** Classes seen after each task. */
export function classesSeen({ tasks }: Results): number[] {
  let seen = 0;
  return tasks.map(({ classes }) => {
    seen += classes.length;
    return seen;
  });
}
