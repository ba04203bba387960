import { indicesByClass } from "../data/samples.js";
import { ItamlError } from "../errors.js";
import type { LearnHooks } from "../learners/learner.js";
import { measure, predictWith } from "../learners/predictions.js";
import type { Config } from "./config.js";
import { addTask, emptyResults, firstTasks, type Results } from "./results.js";
import { RunDirectory } from "./run-directory.js";
import { createLearner, prepare, type Setup, testSet } from "./setup.js";

export interface ExperimentOptions extends LearnHooks {
  /** Says how many tasks there are and which is the first that is trained. */
  readonly onStart?: ((run: { tasks: number; firstTask: number }) => void) | undefined;
  /** Called after every task, with the results so far. */
  readonly onTask?: ((results: Results) => void | Promise<void>) | undefined;
}

/** Runs an experiment in a new directory. */
export async function startExperiment(
  path: string,
  config: Config,
  options: ExperimentOptions = {},
): Promise<Results> {
  return run(config, 0, options, {
    load: async () => undefined,
    open: async () => ({
      directory: await RunDirectory.create(path, config),
      results: emptyResults(config),
    }),
  });
}

/**
 * Continues a run after the last task that was finished, or from a task on, whose results and those of later tasks
 * are then replaced. With the configuration that it was started with, it ends with the same results as a run
 * that was never stopped.
 *
 * @param fromTask counted from 0
 * @throws {ItamlError} RUN_DIRECTORY where fewer tasks are finished
 */
export async function resumeExperiment(
  path: string,
  fromTask: number | undefined,
  options: ExperimentOptions = {},
): Promise<Results> {
  const { directory, config } = await RunDirectory.open(path);
  const results = (await directory.readResults()) ?? emptyResults(config);
  const finished = results.tasks.length;
  const first = fromTask ?? finished;
  if (first > finished) {
    throw new ItamlError("RUN_DIRECTORY", `the run can't continue from task ${first}`, {
      where: path,
      expected: `at most ${finished}, the number of finished tasks`,
      found: String(first),
    });
  }
  return run(config, first, options, {
    load: async ({ context: { extractor, source } }) =>
      first > 0 ? directory.loadTask(first - 1, extractor, source.length) : undefined,
    open: async () => {
      const kept = firstTasks(results, first);
      if (first < finished) await directory.writeResults(kept);
      await directory.removeTasksFrom(first);
      return { directory, results: kept };
    },
  });
}

/** Where a run begins. */
interface RunStart {
  /** Reads what was learned before, where something was. */
  load(setup: Setup): Promise<Parameters<typeof createLearner>[1]>;
  /** Prepares the directory. */
  open(): Promise<{ directory: RunDirectory; results: Results }>;
}

async function run(
  config: Config,
  firstTask: number,
  { onStart, onTask, onProgress, signal }: ExperimentOptions,
  { load, open }: RunStart,
): Promise<Results> {
  const setup = await prepare(config);
  const { tasks, dataset, context } = setup;
  const learner = await createLearner(setup, await load(setup));
  // Only now that configuration, data and saved state are known to be good is anything written or removed.
  let { directory, results } = await open();
  directory.logEvent({ kind: "start", learner: config.learner, seed: config.seed, firstTask });
  onStart?.({ tasks: tasks.length, firstTask });
  const hooks: LearnHooks = {
    signal,
    onProgress: (progress) => {
      if (progress.kind === "epoch") {
        directory.logEvent({ ...progress, residentBytes: process.memoryUsage.rss() });
      } else if (progress.kind === "adaptation") {
        directory.logEvent({ ...progress });
      }
      onProgress?.(progress);
    },
  };
  try {
    for (const [task, classes] of tasks.entries()) {
      if (task < firstTask) continue;
      const started = performance.now();
      await learner.learn(indicesByClass(dataset.train.labels, classes), hooks);
      const trained = performance.now();
      for (let known = 0; known <= task; known++) await learner.modelFor(known, hooks);
      const adapted = performance.now();
      const predictions = await predictWith(learner, context.inference, testSet(setup, task + 1), {
        top: config.top,
        hooks,
      });
      const accuracies = measure(predictions, { p: config.continuum, seed: config.seed });
      const seconds = {
        train: (trained - started) / 1000,
        adapt: (adapted - trained) / 1000,
        evaluate: (performance.now() - adapted) / 1000,
      };
      results = addTask(results, classes, accuracies, seconds);
      await directory.saveTask(task, learner.model, learner.memory, context.extractor);
      await directory.writeResults(results);
      directory.logEvent({ kind: "task", ...results.tasks.at(-1) });
      await onTask?.(results);
    }
    directory.logEvent({ kind: "done", ...results.summary });
    return results;
  } catch (error) {
    const { name, message } = error as Error;
    try {
      directory.logEvent({ kind: "stopped", error: name, message });
    } catch {
      // Where the disk is full this can't be written either: what stopped the run is what counts.
    }
    throw error;
  } finally {
    await learner.release();
    await context.inference.release();
  }
}
