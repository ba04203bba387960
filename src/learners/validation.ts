import { seededRandom } from "../base/random.js";
import { mean } from "../incremental/metrics.js";
import type { LearnerContext } from "../model/context.js";
import type { Model } from "../model/model.js";
import { taskSizes } from "../model/model.js";
import { byTask } from "../model/task-columns.js";
import { measure, predict } from "../prediction/predictions.js";

/** Splits off a seeded share of each class's samples: at least one, where one is left for training. */
export function holdOut(
  classes: readonly (readonly number[])[],
  share: number,
  seed: number,
  task: number,
): { training: number[][]; heldOut: number[][] } {
  const shuffled = classes.map((indices, position) =>
    seededRandom(seed, "validation", task, position).shuffle([...indices]),
  );
  return {
    heldOut: shuffled.map((indices) => indices.slice(0, held(indices.length, share))),
    // In data order, so that a share of 0 changes nothing.
    training: shuffled.map((indices) =>
      indices.slice(held(indices.length, share)).sort((a, b) => a - b),
    ),
  };
}

/** How many of a class's samples {@link holdOut} holds out. */
export function held(samples: number, share: number): number {
  if (share === 0 || samples === 0) return 0;
  return Math.min(Math.max(1, Math.round(samples * share)), samples - 1);
}

/**
 * Accuracy of a model on held-out samples, as the best epoch is chosen by it: continuum accuracy without
 * adaptation, each task with the same weight, since old tasks have few samples left.
 *
 * @param heldOut indices for each class seen; tasks without any don't count
 * @returns undefined where nothing is held out, or nothing of it can be read
 */
export async function validationAccuracy(
  { extractor, inference, source, seed }: LearnerContext,
  model: Model,
  heldOut: readonly (readonly number[])[],
  p: number,
): Promise<number | undefined> {
  if (heldOut.every((indices) => indices.length === 0)) return undefined;
  const tasks = byTask(heldOut, taskSizes(model, extractor));
  const predictions = await predict(model, inference, { source, tasks });
  const known = measure(predictions, { p, seed }).continuum.perTask.filter(Number.isFinite);
  return known.length > 0 ? mean(known) : undefined;
}
