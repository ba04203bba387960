import { seededRandom } from "../base/random.js";
import { mean } from "../incremental/metrics.js";
import type { LearnerContext } from "../model/context.js";
import type { Model } from "../model/model.js";
import { taskSizes } from "../model/model.js";
import { measure, predict } from "../prediction/predictions.js";
import { byTask } from "../prediction/task-prediction.js";

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
  const held = ({ length }: readonly number[]) =>
    share === 0 || length === 0 ? 0 : Math.min(Math.max(1, Math.round(length * share)), length - 1);
  return {
    heldOut: shuffled.map((indices) => indices.slice(0, held(indices))),
    // In data order, so that a share of 0 changes nothing.
    training: shuffled.map((indices) => indices.slice(held(indices)).sort((a, b) => a - b)),
  };
}

/**
 * Accuracy of a model on held-out samples, as the best epoch is chosen by it: continuum accuracy without
 * adaptation, each task with the same weight, since old tasks have few samples left.
 *
 * @param heldOut indices for each class seen; tasks without any don't count
 * @returns undefined where nothing is held out
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
  return mean(measure(predictions, { p, seed }).continuum.perTask.filter(Number.isFinite));
}
