import { resolve } from "node:path";
import { ItamlError } from "../base/errors.js";
import { RunDirectory } from "../experiment/run-directory.js";
import { createLearner, prepare, type Setup } from "../experiment/setup.js";
import type { Learner } from "../learners/learner.js";

/** A learner as it was after a task of a run. */
export interface SavedRun {
  readonly setup: Setup;
  readonly learner: Learner;
  /** The last task that the learner knows. */
  readonly task: number;
}

/** Opens a run for use, does the work, and frees what was opened. */
export async function withSavedRun<T>(
  path: string,
  { task, data }: { task?: number; data?: string },
  work: (run: SavedRun) => Promise<T>,
): Promise<T> {
  const { directory, config } = await RunDirectory.open(path);
  const finished = (await directory.readResults())?.tasks.length ?? 0;
  const last = task ?? finished - 1;
  if (last < 0 || last >= finished) {
    throw new ItamlError("RUN_DIRECTORY", "the run has not come that far", {
      where: path,
      expected: finished > 0 ? `a task from 1 to ${finished}` : "at least one finished task",
      found: task === undefined ? "none" : String(task + 1),
    });
  }
  const setup = await prepare({ ...config, ...(data !== undefined && { data: resolve(data) }) });
  const { extractor, source, inference } = setup.context;
  const saved = await directory.loadTask(last, { extractor, samples: source.length });
  const learner = await createLearner(setup, saved);
  try {
    return await work({ setup, learner, task: last });
  } finally {
    await learner.release();
    await inference.release();
  }
}

/** Names of all classes that the learner knows, in the order of its columns. */
export function labelsOf({ setup: { dataset, tasks }, task }: SavedRun): string[] {
  return tasks
    .slice(0, task + 1)
    .flat()
    .map((label) => dataset.classes[label] as string);
}
