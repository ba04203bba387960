import {
  type ExemplarMemory,
  type ExemplarSelection,
  exemplarsPerClass,
  herding,
  selectRandom,
} from "../incremental/exemplar-memory.js";
import type { LearnerContext } from "../model/context.js";
import { readableRows } from "../model/inference.js";
import { type Model, taskModel } from "../model/model.js";
import type { TaskSession } from "../model/session.js";

/**
 * Takes exemplars into a memory: of the newest task's classes, and anew of those that more samples came of, among their
 * exemplars and these.
 *
 * @param model its features are what herding looks at
 */
export async function addExemplars(
  memory: ExemplarMemory,
  model: Model,
  { newClasses, more }: Pick<TaskSession, "newClasses" | "more">,
  selection: ExemplarSelection,
  context: LearnerContext,
): Promise<void> {
  const known = [...more].map(
    ([position, samples]) => [position, [...(memory.classes[position] ?? []), ...samples]] as const,
  );
  const select = (candidates: readonly number[], count: number, keys: readonly Key[]) =>
    selectExemplars(model, candidates, count, selection, keys, context);
  const task = model.classifiers.length - 1;
  await memory.add(newClasses.length, (newClass, count) =>
    select(newClasses[newClass] as readonly number[], count, [task, newClass]),
  );
  const count = exemplarsPerClass(memory.capacity, memory.classes.length);
  for (const [position, candidates] of known) {
    memory.classes[position] = await select(candidates, count, ["again", task, position]);
  }
}

type Key = string | number;

async function selectExemplars(
  model: Model,
  candidates: readonly number[],
  count: number,
  selection: ExemplarSelection,
  keys: readonly Key[],
  { seed, inference, source }: LearnerContext,
): Promise<number[]> {
  switch (selection) {
    case "first":
      return candidates.slice(0, count);
    case "random":
      return selectRandom(candidates, count, seed, "exemplars", ...keys);
    case "herding": {
      const last = taskModel(model, model.classifiers.length - 1);
      const features = await inference.features(last, source, candidates);
      const readable = candidates.filter((_, i) => !features.unreadable.includes(i));
      const chosen = herding(readableRows(features), features.columns, count);
      return chosen.map((i) => readable[i] as number);
    }
  }
}
