import { resolve } from "node:path";
import { ItamlError } from "../base/errors.js";
import { datasetFolder, findDataset } from "../data/catalog.js";
import { contentOf } from "../data/content-hash.js";
import type { DatasetDescriptor } from "../data/dataset-descriptor.js";
import { type KeptSamples, keptSource } from "../data/kept-samples.js";
import type { FrozenNetwork } from "../features/extractor.js";
import { featuresOfFiles } from "../features/feature-dataset.js";
import { elementCount } from "../graph/shape.js";
import type { Learner, SavedLearner } from "../learners/learner.js";
import { byTask } from "../model/task-columns.js";
import type { Device } from "../runtime/runtime.js";
import type { InputDescription } from "../samples/input-description.js";
import type { SampleSource } from "../samples/samples.js";
import type { Config } from "./config.js";
import type { RunEvent } from "./events.js";
import { type LearnedData, learnedDataOf } from "./learned-data.js";
import { loadNamedParts } from "./plugins.js";
import { RunDirectory } from "./run-directory.js";
import {
  createLearner,
  divideData,
  loadData,
  openFrozen,
  type PreparedData,
  prepareLearner,
} from "./setup.js";

export interface SavedRunOptions {
  /** Whose state it is, from 0. Default: the last. */
  readonly task?: number | undefined;
  /** Folder of the data set. Default: the run's. */
  readonly data?: string | undefined;
  /** Default: the run's where it is there, otherwise the CPU. */
  readonly device?: Device | undefined;
  /** Told of what is worth knowing though the run can be used. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A learner as it was after a task of a run. */
export interface SavedRun {
  readonly config: Config;
  readonly entry: DatasetDescriptor;
  readonly learner: Learner;
  /** The last task that the learner knows. */
  readonly task: number;
  /** Names of the classes of each task that the learner knows, in the order of its columns. */
  readonly labels: readonly (readonly string[])[];
  /** From how many samples it learned each of them, where they were counted. */
  readonly counts?: readonly (readonly number[])[] | undefined;
  /** @throws {ItamlError} FILE_INVALID with the line */
  events(): Promise<RunEvent[]>;
  /**
   * The data set that the run learned from, and no other.
   *
   * @throws {ItamlError} RUN_CHANGED where it is another now; DATASET_…
   */
  data(): Promise<PreparedData>;
  /** What it learned on the features of, where it did. */
  readonly frozen?: FrozenNetwork | undefined;
  /** Features of picture files, where the run learned on features. */
  openFeatures?: ((files: readonly string[]) => SampleSource) | undefined;
}

/**
 * Opens a run for use, does the work, and frees what was opened. A run stands by itself: classes and exemplars are those
 * that it has stored. Runs of version 0.2 and before need their data set, and so do exemplars that weren't stored.
 *
 * @throws {ItamlError} RUN_DIRECTORY, FILE_INVALID, DEVICE_UNAVAILABLE; as {@link SavedRun.data} where the data set is needed
 */
export async function withSavedRun<T>(
  path: string,
  options: SavedRunOptions,
  work: (run: SavedRun) => Promise<T>,
): Promise<T> {
  const { directory, config: stored } = await RunDirectory.open(path);
  const { data: folder } = options;
  const config = { ...stored, ...(folder !== undefined && { data: resolve(folder) }) };
  const task = await lastTask(directory, options.task);
  const parts = await loadNamedParts(config.plugins);
  const entry = findDataset(config.dataset, parts.datasets);
  let prepared: Promise<PreparedData> | undefined;
  const data = () => {
    prepared ??= dataOf(directory, task, config);
    return prepared;
  };
  const known = await directory.readData(task);
  const { input, tasks: labels, samples: counts } = known ?? (await learnedFrom(data, task));
  const learner = await onDevice(options, config, (device) =>
    prepareLearner({ ...config, device }, input, labels.length),
  );
  const { extractor, inference } = learner.context;
  const frozen = await openFrozen(config);
  try {
    // Of a run that knows its data, indices of exemplars are names of those that it has stored.
    const samples = known ? Number.POSITIVE_INFINITY : (await data()).dataset.train.source.length;
    const saved = await directory.loadTask(task, { extractor, samples });
    const source = directory.hasExemplars(task)
      ? keptSource(entry, exemplarsOf(directory, saved, labels), input, config)
      : laterSource(input, async () => (await data()).dataset.train.source);
    const context = { ...learner.context, source };
    const openFeatures =
      frozen && ((files: readonly string[]) => featuresOfFiles(files, frozen, config.images));
    const taught = createLearner({ ...learner, context }, saved);
    try {
      return await work({
        config,
        entry,
        learner: taught,
        task,
        labels,
        counts,
        events: () => directory.readEvents(),
        data,
        frozen,
        openFeatures,
      });
    } finally {
      await taught.release();
    }
  } finally {
    await inference.release();
    await frozen?.release();
  }
}

/** The task asked for, or the last one. */
async function lastTask(directory: RunDirectory, task: number | undefined): Promise<number> {
  const finished = (await directory.readResults())?.tasks.length ?? 0;
  const last = task ?? finished - 1;
  if (last >= 0 && last < finished) return last;
  throw new ItamlError("RUN_DIRECTORY", "the run has not come that far", {
    where: directory.path,
    expected: finished > 0 ? `a task from 1 to ${finished}` : "at least one finished task",
    found: task === undefined ? "none" : String(task + 1),
  });
}

/** The data set of a run, whose content is that which the task's state came from. */
async function dataOf(
  directory: RunDirectory,
  task: number,
  config: Config,
): Promise<PreparedData> {
  const folder = datasetFolder(config.dataset, config.data);
  const data = await loadData(config);
  const origin = await directory.readOrigin(task);
  const refuse = (summary: string, problem: { expected: string; found: string }): never => {
    throw new ItamlError("RUN_CHANGED", summary, {
      ...{ where: folder, ...problem },
      remedy: "Bring that back, or name the folder where it is with --data",
    });
  };
  if (origin) {
    const content = await contentOf(data.pictures, folder);
    if (!(await content.is(origin.data))) {
      const expected = `the content ${origin.data}, of which ${directory.path} is`;
      refuse("the data set is another one than the run learned", { expected, found: content.hash });
    }
  } else if (data.entry.kind === "images") {
    refuse("nothing says which pictures the run learned", {
      ...{ expected: "a run of version 0.2.0 or later", found: `${directory.path}, an older one` },
    });
  }
  return divideData(data, config);
}

/** What runs of version 0.2 and before have not stored. */
async function learnedFrom(data: () => Promise<PreparedData>, task: number): Promise<LearnedData> {
  const { dataset, samples } = await data();
  return learnedDataOf(dataset, samples, task + 1);
}

/** Finds the stored sample of an exemplar; each task's are read when the first of them is asked for. */
function exemplarsOf(
  directory: RunDirectory,
  { memory }: SavedLearner,
  labels: SavedRun["labels"],
): (index: number) => Promise<KeptSamples> {
  const sizes = labels.map(({ length }) => length);
  const taskOf = new Map(
    byTask(memory.classes, sizes).flatMap((classes, task) =>
      classes.flat().map((index) => [index, task] as const),
    ),
  );
  const read = new Map<number, Promise<KeptSamples>>();
  return (index) => {
    const task = taskOf.get(index) as number;
    const samples = read.get(task) ?? directory.readExemplars(task);
    read.set(task, samples);
    return samples;
  };
}

/** A source that is opened when something is read for the first time. */
function laterSource(
  { shape, type }: InputDescription,
  open: () => Promise<SampleSource>,
): SampleSource {
  return {
    ...{ length: Number.MAX_SAFE_INTEGER, sampleSize: elementCount(shape), type },
    read: async (...read) => (await open()).read(...read),
  };
}

/** Works on the device asked for, or on the run's where it is there, or else on the CPU. */
async function onDevice<T>(
  { device, onWarning }: SavedRunOptions,
  config: Config,
  work: (device: Device) => Promise<T>,
): Promise<T> {
  try {
    return await work(device ?? config.device);
  } catch (error) {
    const isAway = error instanceof ItamlError && error.code === "DEVICE_UNAVAILABLE";
    if (!isAway || device !== undefined) throw error;
    onWarning?.(`the run's device, ${config.device}, is not available here: the CPU is used`);
    return work("cpu");
  }
}
