import {
  type ExemplarMemory,
  type ExemplarSelection,
  herding,
  selectRandom,
} from "../incremental/exemplar-memory.js";
import type { LearnerContext } from "../model/context.js";
import { readableRows } from "../model/inference.js";
import { type Model, taskModel } from "../model/model.js";

/**
 * Takes exemplars of the newest task's classes into a memory.
 *
 * @param model its features are what herding looks at
 * @param newClasses for each new class the indices of its samples
 */
export async function addExemplars(
  memory: ExemplarMemory,
  model: Model,
  newClasses: readonly (readonly number[])[],
  selection: ExemplarSelection,
  { seed, inference, source }: LearnerContext,
): Promise<void> {
  const task = model.classifiers.length - 1;
  await memory.add(newClasses.length, async (newClass, count) => {
    const candidates = newClasses[newClass] as readonly number[];
    switch (selection) {
      case "first":
        return candidates.slice(0, count);
      case "random":
        return selectRandom(candidates, count, seed, "exemplars", task, newClass);
      case "herding": {
        const features = await inference.features(taskModel(model, task), source, candidates);
        const readable = candidates.filter((_, i) => !features.unreadable.includes(i));
        const chosen = herding(readableRows(features), features.columns, count);
        return chosen.map((i) => readable[i] as number);
      }
    }
  });
}
