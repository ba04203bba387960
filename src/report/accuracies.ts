import type { Results } from "../experiment/results.js";
import { ACCURACIES, type AccuracyMetric, type AccuracyName } from "../incremental/metrics.js";

/** One accuracy after each task, fractions 0..1. */
export function accuracyCurve({ tasks }: Results, name: AccuracyName): number[] {
  return tasks.map(ACCURACIES[name].of);
}

/** How an accuracy is called in tables and charts, with its p and k. */
export function accuracyTitle(name: AccuracyName, { tasks, top = 1 }: Results): string {
  const { title, byContinuum, byTop }: AccuracyMetric = ACCURACIES[name];
  const details = [
    ...(byContinuum ? [`p=${tasks[0]?.continuum.p ?? 0}`] : []),
    ...(byTop && top > 1 ? [`top-${top}`] : []),
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
