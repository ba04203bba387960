import { totalmem } from "node:os";
import { ItamlError } from "../base/errors.js";
import { createChosen } from "../base/part.js";
import { datasetFolder, findDataset } from "../data/catalog.js";
import type { DatasetDescriptor } from "../data/dataset-descriptor.js";
import { loadDataset } from "../data/load-dataset.js";
import { type FrozenNetwork, imagesFor } from "../features/extractor.js";
import { type FeatureDataset, featureDataset } from "../features/feature-dataset.js";
import type { FeatureHooks } from "../features/feature-source.js";
import { startingTensors } from "../features/starting-tensors.js";
import { Learner, type SavedLearner } from "../learners/learner.js";
import { createMethod, type Method, sums } from "../learners/method.js";
import { Scenario } from "../learners/scenario.js";
import { type ChosenTraining, createTraining } from "../learners/settings.js";
import type { LearnerContext } from "../model/context.js";
import { Inference } from "../model/inference.js";
import { FeatureExtractor, type NamedTensors } from "../nn/feature-extractor.js";
import type { TestSet } from "../prediction/predictions.js";
import { createOnnxRuntime } from "../runtime/node/onnxruntime-node.js";
import type { InputDescription } from "../samples/input-description.js";
import type { Dataset } from "../samples/samples.js";
import type { TrainingSettings } from "../training/settings.js";
import type { Config } from "./config.js";
import { loadNamedParts } from "./plugins.js";
import { type TaskSamples, taskSamples } from "./task-samples.js";

/** The data set that a configuration names. */
export interface LoadedData {
  readonly entry: DatasetDescriptor;
  readonly dataset: Dataset;
  /** The data set itself, where that one holds features of its pictures. */
  readonly pictures: Dataset;
  /** Of the network that features come from, where there is one. */
  readonly features?:
    | { readonly network: FrozenNetwork; readonly dataset: FeatureDataset }
    | undefined;
}

/** The same, divided into tasks. */
export interface PreparedData extends LoadedData {
  /** Classes of each task, as indices into the data set's. */
  readonly tasks: readonly (readonly number[])[];
  readonly samples: TaskSamples;
}

/** What a configuration names to learn with, whatever the samples. */
export interface PreparedLearner {
  readonly method: Method;
  readonly training: TrainingSettings | undefined;
  readonly context: Omit<LearnerContext, "source">;
}

/** All that a configuration names, made ready: data, tasks, network, runtime. */
export interface Setup extends PreparedData, PreparedLearner {
  readonly config: Config;
  readonly context: LearnerContext;
}

/**
 * Loads and checks everything before anything is written or trained.
 *
 * @throws {ItamlError} DATASET_…, CONFIG_INVALID, MEMORY_TOO_SMALL, OUT_OF_MEMORY, DEVICE_UNAVAILABLE
 */
export async function prepare(config: Config): Promise<Setup> {
  const data = await divideData(await loadData(config), config);
  const { input, train } = data.dataset;
  const { networks } = await loadNamedParts(config.plugins);
  const start = await startingTensors(createChosen(networks, config.network));
  const learner = await prepareLearner(config, input, data.tasks.length, start);
  return { config, ...data, ...learner, context: { ...learner.context, source: train.source } };
}

/** @throws {ItamlError} DATASET_…, CONFIG_INVALID */
export async function loadData(config: Config): Promise<LoadedData> {
  const { datasets } = await loadNamedParts(config.plugins);
  const entry = findDataset(config.dataset, datasets);
  const folder = datasetFolder(config.dataset, config.data);
  const network = await openFrozen(config);
  const images =
    network && entry.kind === "images" ? imagesFor(network, config.images) : config.images;
  const pictures = await loadDataset(entry, folder, { ...config, images });
  if (!network) return { entry, dataset: pictures, pictures };
  const dataset = featureDataset(pictures, network, images);
  return { entry, dataset, pictures, features: { network, dataset } };
}

/** The frozen network that a configuration names. */
export async function openFrozen(config: Config): Promise<FrozenNetwork | undefined> {
  const { extractors } = await loadNamedParts(config.plugins);
  return config.features && createChosen(extractors, config.features).open(config);
}

/** @throws {ItamlError} CONFIG_INVALID, DATASET_INVALID, MEMORY_TOO_SMALL */
export async function divideData(data: LoadedData, config: Config): Promise<PreparedData> {
  const samples = taskSamples(data.dataset, config, await loadNamedParts(config.plugins));
  return { ...data, tasks: samples.tasks, samples };
}

/**
 * @param tasks how many there will be
 * @param start weights that the network starts from, where it does and nothing was learned yet
 * @throws {ItamlError} GRAPH_INVALID, OUT_OF_MEMORY, DEVICE_UNAVAILABLE
 */
export async function prepareLearner(
  config: Config,
  input: InputDescription,
  tasks: number,
  start?: NamedTensors,
): Promise<PreparedLearner> {
  const parts = await loadNamedParts(config.plugins);
  const method = createMethod(parts.methods, config.learner, parts);
  const runtime = createOnnxRuntime({
    device: config.device,
    ...(config.threads !== undefined && { threads: config.threads }),
  });
  const network = createChosen(parts.networks, config.network);
  const extractor = new FeatureExtractor(network, input, start);
  checkMemory(extractor, sums(method) ? 1 : method.update.copies(tasks));
  const inference = await Inference.compile(runtime, extractor);
  // A complete configuration has all of it, of a method that trains.
  const training = sums(method) ? undefined : createTraining(config as ChosenTraining, parts);
  const { seed } = config;
  return {
    ...{ method, training },
    context: { runtime, extractor, inference, seed, plannedTasks: tasks },
  };
}

/** Computes the features that the tasks of a run need, or finds them in the cache. */
export async function prepareFeatures(
  { features, samples }: Setup,
  hooks: FeatureHooks,
): Promise<void> {
  await features?.dataset.prepare(samples.train.flat(2), samples.test.flat(2), hooks);
}

/** Frees what {@link prepare} opened. */
export async function release({ context, features }: Setup): Promise<void> {
  await context.inference.release();
  await features?.network.release();
}

/** The configured learner, at its start or as it was saved. */
export function createLearner(
  { method, training, context }: Pick<Setup, "method" | "training" | "context">,
  saved?: SavedLearner,
): Learner {
  return new Learner(method, context, training, saved);
}

/** Test samples of the first tasks. */
export function testSet({ dataset: { test }, samples }: PreparedData, seen: number): TestSet {
  return { source: test.source, tasks: samples.test.slice(0, seen) };
}

/** The tasks of a run, as its learner meets them. */
export function scenarioOf({ dataset, tasks }: Setup): Scenario {
  return new Scenario(dataset, tasks);
}

/**
 * Refuses a network whose parameters alone are larger than memory. What a batch needs beside them depends on the
 * runtime, which says so when it is too much.
 */
function checkMemory({ parameters }: FeatureExtractor, copies: number) {
  const needed = 4 * parameters.size * copies;
  const available = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  if (needed <= available) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new ItamlError("OUT_OF_MEMORY", "the network is larger than memory", {
    where: "network",
    expected: `at most ${gigabytes(available)} for ${copies} copies of its parameters`,
    found: gigabytes(needed),
    remedy: "Use a smaller network, or fewer tasks",
  });
}
