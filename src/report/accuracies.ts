import type { Results } from "../experiment/results.js";
import { ACCURACIES, type AccuracyMetric, type AccuracyName } from "../incremental/metrics.js";
import { distinct } from "./page/words.js";

/** One accuracy after each task, fractions 0..1. */
export function accuracyCurve({ tasks }: Results, name: AccuracyName): number[] {
  return tasks.map(ACCURACIES[name].of);
}

/** How an accuracy is called in tables and charts, with its p and k where these runs have the same. */
export function accuracyTitle(name: AccuracyName, ...runs: readonly Results[]): string {
  const { byContinuum }: AccuracyMetric = ACCURACIES[name];
  const p = distinct(runs.map(({ tasks }) => tasks[0]?.continuum.p ?? 0));
  return titleWith(name, [
    ...(byContinuum && p.length === 1 ? [`p=${p[0]}`] : []),
    ...topOf(name, runs),
  ]);
}

/** The same without p: where it is shown by p, or for want of room. */
export function titleByP(name: AccuracyName, ...runs: readonly Results[]): string {
  return titleWith(name, topOf(name, runs));
}

function topOf(name: AccuracyName, runs: readonly Results[]): string[] {
  const { byTop }: AccuracyMetric = ACCURACIES[name];
  const tops = distinct(runs.map(({ top = 1 }) => top));
  return byTop && tops.length === 1 && !tops.includes(1) ? [`top-${tops[0]}`] : [];
}

function titleWith(name: AccuracyName, details: readonly string[]): string {
  const { title } = ACCURACIES[name];
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
