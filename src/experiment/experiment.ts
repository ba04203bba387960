import { isDeepStrictEqual } from "node:util";
import { ItamlError } from "../base/errors.js";
import { datasetFolder } from "../data/catalog.js";
import { type Content, contentOf } from "../data/content-hash.js";
import { keepSamples } from "../data/kept-samples.js";
import type { FeatureHooks } from "../features/feature-source.js";
import { removeFolder, wholeFolder } from "../files/atomic-folder.js";
import { elementCount } from "../graph/shape.js";
import type { Learner, SavedLearner } from "../learners/learner.js";
import { runScenario } from "../learners/scenario.js";
import type { Model } from "../model/model.js";
import { taskSizes } from "../model/model.js";
import type { LearnHooks } from "../model/progress.js";
import type { Checkpointing } from "../training/training-state.js";
import type { Checkpoint } from "./checkpoint.js";
import { type Config, withoutUnused } from "./config.js";
import { learnedDataOf } from "./learned-data.js";
import { thisMachine } from "./machine.js";
import { type Origin, originOf, refuseOtherOrigin } from "./origin.js";
import { loadNamedParts } from "./plugins.js";
import { addTask, emptyResults, firstTasks, type Results } from "./results.js";
import { RunDirectory, type TaskState } from "./run-directory.js";
import { RunLogs } from "./run-logs.js";
import {
  createLearner,
  prepare,
  prepareFeatures,
  release,
  type Setup,
  scenarioOf,
} from "./setup.js";
import { samplesOfEpochs } from "./task-samples.js";
import { version } from "./version.js";

/** Pixels of a task's exemplars that a run keeps; more stay in the data set. */
const MOST_KEPT = 2 ** 30;

export interface ExperimentOptions extends LearnHooks, FeatureHooks {
  /** Says how many samples an epoch of each task has, and which task and epoch of it are trained first. */
  readonly onStart?:
    | ((run: { samples: readonly number[]; firstTask: number; firstEpoch: number }) => void)
    | undefined;
  /** Called after every task, with the results so far. */
  readonly onTask?: ((results: Results) => void | Promise<void>) | undefined;
  /** Seconds from one checkpoint to the next within an epoch; after an epoch there is always one. Default: 300. */
  readonly checkpointInterval?: number | undefined;
}

export interface ResumeOptions extends ExperimentOptions {
  /** Goes on though settings or program differ from those that the run's state came from. */
  readonly force?: boolean | undefined;
  /** Goes on though a process of another machine or container seems to train in the run: it is surely gone. */
  readonly takeOver?: boolean | undefined;
  /** In place of the configuration that the run was started with. */
  readonly config?: Config | undefined;
}

/** Runs an experiment in a new directory. */
export async function startExperiment(
  path: string,
  config: Config,
  options: ExperimentOptions = {},
): Promise<Results> {
  const prepared = await prepareRun(config, options);
  return withLearner(prepared, {}, async (learner) => {
    // Only now that configuration and data are known to be good is anything written.
    const directory = await RunDirectory.create(path, config);
    try {
      const start = { results: emptyResults(runOf(config)), firstTask: 0 };
      return await train({ ...prepared, learner, directory }, start, options);
    } finally {
      await directory.close();
    }
  });
}

/**
 * Continues a run where it stopped, or from a task on, whose results and those of later tasks are then replaced. With
 * the configuration that it was started with, it ends with the same results as a run that was never stopped. What it was
 * taught since its last task is no part of the run that is trained: by force alone that goes.
 *
 * @param fromTask counted from 0
 * @throws {ItamlError} RUN_DIRECTORY where fewer tasks are finished; RUN_IN_USE; RUN_CHANGED; FILE_INVALID
 */
export async function resumeExperiment(
  path: string,
  fromTask: number | undefined,
  options: ResumeOptions = {},
): Promise<Results> {
  const { directory, config: startedWith } = await RunDirectory.openToWrite(path, options);
  try {
    const config = options.config ?? startedWith;
    const results = (await directory.readResults()) ?? emptyResults(runOf(config));
    const finished = results.tasks.length;
    const firstTask = fromTask ?? finished;
    if (firstTask > finished) {
      throw new ItamlError("RUN_DIRECTORY", `the run can't continue from task ${firstTask + 1}`, {
        where: path,
        expected: `at most ${finished + 1}, the task after the last finished one`,
        found: String(firstTask + 1),
      });
    }
    const prepared = await prepareRun(config, options);
    const { extractor, source } = prepared.setup.context;
    const network = { extractor, samples: source.length };
    const parts = await loadNamedParts(config.plugins);
    const accept = async (origin: Origin, file: string) => {
      const { hash, is } = prepared.content;
      const data = (await is(origin.data)) ? hash : origin.data;
      const state = { ...origin, data, config: withoutUnused(origin.config, parts) };
      refuseOtherOrigin(state, prepared.origin, file, options);
    };
    const damaged: ItamlError[] = [];
    const checkpoint =
      fromTask === undefined
        ? await directory.checkpoints.load(firstTask, extractor, accept, (error) => {
            damaged.push(error);
          })
        : undefined;
    const saved =
      firstTask > 0 ? await directory.loadTask(firstTask - 1, network, accept) : undefined;
    const known = checkpoint?.training.model ?? saved?.model;
    if (known) refuseOtherTasks(known, prepared.setup, path);
    return await withLearner(prepared, { saved }, async (learner) => {
      const trains = firstTask < prepared.setup.tasks.length;
      const outlived = trains ? wholeFolder(directory.living) : undefined;
      if (outlived !== undefined && !options.force) throw alive(directory, fromTask);
      const kept =
        firstTask > 0
          ? await resultsBefore(firstTask, results, directory)
          : emptyResults(runOf(config));
      // Only now that configuration, data and saved state are known to be good is anything written or removed.
      await directory.repairEvents();
      if (options.config) await directory.writeConfig(config);
      const warn = (message: string) => {
        directory.logEvent({ kind: "warning", message });
        options.onWarning?.(message);
      };
      if (firstTask < finished) {
        // From here on the run isn't done, also where it is killed before it starts.
        directory.logEvent({
          kind: "note",
          message: `trained again from task ${firstTask + 1} on`,
        });
      }
      if (trains) await removeFolder(directory.living);
      if (outlived !== undefined) {
        warn(`${outlived} is removed: what the run was taught since its last task, or forgot`);
      }
      if (firstTask < finished) await directory.writeResults(kept);
      await directory.removeTasksFrom(firstTask);
      if (!checkpoint) await directory.checkpoints.clear();
      for (const { message } of damaged) {
        const instead = checkpoint
          ? "the checkpoint before it"
          : `the start of task ${firstTask + 1}`;
        warn(`${message} The run goes on from ${instead}, to the same results.`);
      }
      const start = { results: kept, firstTask, checkpoint };
      return await train({ ...prepared, learner, directory }, start, options);
    });
  } finally {
    await directory.close();
  }
}

/**
 * The results of a run as they were before a task. Those of classes are of the last task alone, so that all come from the
 * copy that was stored then.
 *
 * @param task from 1
 * @throws {ItamlError} FILE_INVALID
 */
async function resultsBefore(
  task: number,
  results: Results,
  directory: RunDirectory,
): Promise<Results> {
  if (task === results.tasks.length) return results;
  return (await directory.readResultsAfter(task - 1)) ?? firstTasks(results, task);
}

/** What was taught to a run stands on its last state, and would answer for another one. */
function alive({ path, living }: RunDirectory, fromTask: number | undefined): ItamlError {
  const how = fromTask === undefined ? ["--resume"] : ["--from-task", String(fromTask + 1)];
  return new ItamlError(
    "RUN_DIRECTORY",
    "the run was taught more, or forgot, after its last task",
    {
      where: path,
      expected: "a run as it was trained",
      found: living,
      remedy: "To lose that, and train all the same",
      command: ["itaml", "train", ...how, "--force", "--out", path],
    },
  );
}

/** How results name a run. */
function runOf({ dataset, seed, learner, top }: Config) {
  return { dataset, seed, top, learner: learner.name };
}

interface PreparedRun {
  readonly setup: Setup;
  readonly content: Content;
  readonly origin: Origin;
}

async function prepareRun(config: Config, hooks: FeatureHooks): Promise<PreparedRun> {
  const setup = await prepare(config);
  try {
    const content = await contentOf(setup.pictures, datasetFolder(config.dataset, config.data));
    await prepareFeatures(setup, hooks);
    const network = setup.features?.network.identity;
    return { setup, content, origin: originOf(config, version, content.hash, network) };
  } catch (error) {
    await release(setup);
    throw error;
  }
}

async function withLearner<T>(
  { setup }: PreparedRun,
  { saved }: { saved?: SavedLearner | undefined },
  work: (learner: Learner) => Promise<T>,
): Promise<T> {
  const learner = createLearner(setup, saved);
  try {
    return await work(learner);
  } finally {
    await learner.release();
    await release(setup);
  }
}

/** The tasks of a model are those of the run, unless the configuration was changed by force. */
function refuseOtherTasks(model: Model, { tasks, context }: Setup, path: string): void {
  const learned = taskSizes(model, context.extractor);
  const sizes = tasks.slice(0, learned.length).map(({ length }) => length);
  if (isDeepStrictEqual(learned, sizes)) return;
  throw new ItamlError("FILE_INVALID", "the run has learned other tasks", {
    where: path,
    expected: `tasks of ${sizes.join(", ")} classes`,
    found: learned.join(", "),
  });
}

interface Run extends PreparedRun {
  readonly learner: Learner;
  readonly directory: RunDirectory;
}

/** Where a run begins, or goes on. */
interface RunStart {
  readonly results: Results;
  readonly firstTask: number;
  readonly checkpoint?: Checkpoint | undefined;
}

async function train(run: Run, start: RunStart, options: ExperimentOptions): Promise<Results> {
  const { setup, learner, directory, origin } = run;
  const { config, dataset, context } = setup;
  const { firstTask, checkpoint } = start;
  const position = checkpoint?.training.position;
  directory.logEvent({
    kind: "start",
    ...{ learner: config.learner.name, seed: config.seed, firstTask },
    ...(position && { epoch: position.epoch, batch: position.batch }),
    tasks: setup.tasks.length,
    machine: thisMachine(),
  });
  const logs = await RunLogs.open(directory, config.logs ?? []);
  const log = (event: Parameters<RunDirectory["logEvent"]>[0]) => {
    logs.add(directory.logEvent(event));
  };
  for (const message of dataset.notes ?? []) {
    directory.logEvent({ kind: "note", message });
    options.onWarning?.(message);
  }
  const samples = samplesOfEpochs(setup.samples, setup.method, setup.config.validation);
  options.onStart?.({ samples, firstTask, firstEpoch: position?.epoch ?? 0 });
  const hooks: LearnHooks = {
    signal: options.signal,
    onProgress: (progress) => {
      if (progress.kind === "epoch") {
        log({ ...progress, residentBytes: process.memoryUsage.rss() });
      } else if (progress.kind === "adaptation") {
        log({ ...progress });
      }
      options.onProgress?.(progress);
    },
  };
  try {
    let { results } = start;
    const protocol = runScenario(learner, scenarioOf(setup).slice(firstTask), {
      ...{ ...hooks, continuum: config.continuum, top: config.top },
      checkpointing: (task) =>
        checkpointingOf(
          run,
          task === firstTask ? checkpoint : undefined,
          options.checkpointInterval,
        ),
    });
    for await (const outcome of protocol) {
      const { task, seconds } = outcome;
      const before = task === firstTask ? (checkpoint?.seconds ?? 0) : 0;
      const spent = { ...seconds, train: before + seconds.train };
      results = addTask(results, { ...outcome, seconds: spent }, setup.dataset.classes);
      // Before its state is there: a run that is killed in between trains the task, and says so, again.
      log({ kind: "task", ...results.tasks.at(-1) });
      const { model, memory, state } = learner;
      const saved = { model, memory, state, results, origin, ...(await learnedOf(setup, learner)) };
      await directory.saveTask(task, saved, context.extractor);
      await directory.writeResults(results);
      await directory.checkpoints.clear();
      await options.onTask?.(results);
    }
    log({ kind: "done", ...results.summary });
    return results;
  } catch (error) {
    const reported = await withLastCheckpoint(error as Error, directory);
    try {
      directory.logEvent({ kind: "stopped", error: reported.name, message: reported.message });
    } catch {
      // Where the disk is full this can't be written either: what stopped the run is what counts.
    }
    throw reported;
  }
}

/** What makes the state after the newest task usable without the data set. */
async function learnedOf(
  { config, entry, dataset, samples }: Setup,
  { model, memory }: Learner,
): Promise<Pick<TaskState, "data" | "exemplars">> {
  const learned = model.classifiers.length;
  const own = memory.classes.slice(-(samples.tasks[learned - 1]?.length as number)).flat();
  const few =
    memory.capacity < Number.MAX_SAFE_INTEGER &&
    own.length * elementCount(dataset.input.shape) <= MOST_KEPT;
  const exemplars = few ? await keepSamples(entry, dataset, own, config) : undefined;
  return { data: learnedDataOf(dataset, samples, learned), exemplars };
}

/** Checkpoints of a task in the run directory: after every epoch, and when the interval has passed. */
function checkpointingOf(
  { setup, directory, origin }: Run,
  from: Checkpoint | undefined,
  interval = 300,
): Checkpointing {
  const started = performance.now() - 1000 * (from?.seconds ?? 0);
  let last = performance.now();
  return {
    from: from?.training,
    due: () => performance.now() - last >= 1000 * interval,
    save: async (training) => {
      const seconds = (performance.now() - started) / 1000;
      const checkpoint = { training, seconds, origin };
      await directory.refuseTakenOver();
      await directory.checkpoints.save(checkpoint, setup.context.extractor);
      last = performance.now();
    },
  };
}

/** Training that diverged is no loss of what was good before. */
async function withLastCheckpoint(
  error: Error,
  { path, checkpoints }: RunDirectory,
): Promise<Error> {
  if (!(error instanceof ItamlError) || error.code !== "LOSS_NOT_FINITE") return error;
  const file = await checkpoints.newest();
  if (file === undefined) return error;
  const { remedy, setting } = error.problem;
  const kept = `${remedy}. The last good checkpoint is kept, ${file}`;
  const command = `itaml train --resume --force --out`.split(" ").concat(path);
  const problem = {
    ...error.problem,
    ...(setting
      ? { remedy: `${kept}; to go on from it`, command: [...command, "--set", `${setting}=…`] }
      : { remedy: kept }),
  };
  return new ItamlError(error.code, error.summary, problem, { cause: error });
}
