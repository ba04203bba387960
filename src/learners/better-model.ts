import { mean } from "../incremental/metrics.js";
import type { LearnerContext } from "../model/context.js";
import type { TaskModel } from "../model/model.js";
import { predictClass } from "../prediction/task-prediction.js";
import { holdOut } from "./validation.js";

/** So many times more exemplars of one class than of another: a model that is adapted to them may know the one alone. */
const IMBALANCE = 2;
/** Of each class. */
const HELD_OUT = 1 / 3;

/** Whether a task's classes have such different numbers of exemplars that what is adapted to them is to be judged. */
export function isImbalanced(exemplars: readonly (readonly number[])[]): boolean {
  const counts = exemplars.map(({ length }) => length);
  return Math.max(...counts) > IMBALANCE * Math.min(...counts);
}

/** Ways to a model of a task's classes from exemplars: indices for each of them. */
type ModelFrom = (exemplars: readonly (readonly number[])[]) => Promise<TaskModel>;

/**
 * Whether one way makes a better model of a task's classes than another: both are given two thirds of each class's exemplars, and
 * judged on the rest, every class with the same weight. The only exemplar of a class is in both parts.
 */
export async function isBetter(
  one: ModelFrom,
  other: ModelFrom,
  exemplars: readonly (readonly number[])[],
  context: LearnerContext,
  task: number,
): Promise<boolean> {
  const { training, heldOut } = holdOut(exemplars, HELD_OUT, context.seed, task);
  const judged = heldOut.map((indices, i) => (indices.length > 0 ? indices : (training[i] ?? [])));
  const accuracyOf = async (make: ModelFrom) =>
    accuracyOfClasses(await make(training), judged, context);
  return (await accuracyOf(one)) > (await accuracyOf(other));
}

/** Mean over classes of the share of their samples that is right; classes without any that can be read don't count. */
async function accuracyOfClasses(
  model: TaskModel,
  samples: readonly (readonly number[])[],
  { inference, source }: LearnerContext,
): Promise<number> {
  const logits = await inference.logits(model, source, samples.flat());
  let first = 0;
  const shares = samples.map(({ length }, label) => {
    const rows = Array.from({ length }, (_, i) => first + i);
    first += length;
    const readable = rows.filter((row) => !logits.unreadable.includes(row));
    return mean(readable.map((row) => Number(predictClass(logits, row) === label)));
  });
  return mean(shares.filter(Number.isFinite));
}
