import type { Results } from "../experiment/results.js";

/** The accuracies that are always shown side by side, in this order. */
export const ACCURACIES = ["continuum", "task", "single", "oracle"] as const;

export type AccuracyName = (typeof ACCURACIES)[number];

/** One accuracy after each task, fractions 0..1. */
export function accuracyCurve({ tasks }: Results, name: AccuracyName): number[] {
  const of: Record<AccuracyName, (task: Results["tasks"][number]) => number> = {
    continuum: ({ continuum }) => continuum.classAccuracy,
    task: ({ continuum }) => continuum.taskAccuracy,
    single: ({ single }) => single.classAccuracy,
    oracle: ({ oracle }) => oracle.classAccuracy,
  };
  return tasks.map(of[name]);
}

/** How an accuracy is called in tables and charts. */
export function accuracyTitle(name: AccuracyName, { tasks, top }: Results): string {
  const p = `p=${tasks[0]?.continuum.p ?? 0}`;
  const topK = top === undefined ? [] : [`top-${top}`];
  const [title, details] = (
    {
      continuum: ["continuum", [p, ...topK]],
      task: ["task", [p]],
      single: ["single-sample", topK],
      oracle: ["oracle", topK],
    } as const
  )[name];
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
