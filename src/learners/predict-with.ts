import type { LearnHooks } from "../model/progress.js";
import { type Predictions, predict, type TestSet } from "../prediction/predictions.js";
import type { Learner } from "./learner.js";

/** Predicts with a learner's own head and models of the tasks, as Algorithm 2 does. */
export async function predictWith(
  learner: Learner,
  test: TestSet,
  { top, hooks }: { top: number; hooks?: LearnHooks },
): Promise<Predictions> {
  return predict(learner.model, learner.context.inference, test, {
    top,
    head: await learner.head(hooks),
    modelFor: (task) => learner.modelFor(task, hooks),
  });
}
