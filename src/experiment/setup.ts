import { totalmem } from "node:os";
import { ItamlError } from "../base/errors.js";
import { createChosen } from "../base/part.js";
import { datasetFolder, findDataset } from "../data/catalog.js";
import { loadDataset } from "../data/load-dataset.js";
import { Learner, type SavedLearner } from "../learners/learner.js";
import { createMethod, type Method } from "../learners/method.js";
import { Scenario } from "../learners/scenario.js";
import type { LearnerContext } from "../model/context.js";
import { Inference } from "../model/inference.js";
import { FeatureExtractor } from "../nn/feature-extractor.js";
import type { TestSet } from "../prediction/predictions.js";
import { createOnnxRuntime } from "../runtime/node/onnxruntime-node.js";
import type { Dataset } from "../samples/samples.js";
import type { TrainingSettings } from "../training/settings.js";
import type { Config } from "./config.js";
import { loadNamedParts } from "./plugins.js";
import { type TaskSamples, taskSamples } from "./task-samples.js";

/** All that a configuration names, made ready: data, tasks, network, runtime. */
export interface Setup {
  readonly config: Config;
  readonly dataset: Dataset;
  /** Classes of each task, as indices into the data set's. */
  readonly tasks: readonly (readonly number[])[];
  readonly samples: TaskSamples;
  readonly method: Method;
  readonly training: TrainingSettings;
  readonly context: LearnerContext;
}

/**
 * Loads and checks everything before anything is written or trained.
 *
 * @throws {ItamlError} DATASET_…, CONFIG_INVALID, MEMORY_TOO_SMALL, OUT_OF_MEMORY, DEVICE_UNAVAILABLE
 */
export async function prepare(config: Config): Promise<Setup> {
  const parts = await loadNamedParts(config.plugins);
  const entry = findDataset(config.dataset, parts.datasets);
  const dataset = await loadDataset(entry, datasetFolder(config.dataset, config.data), config);
  const method = createMethod(parts.methods, config.learner, parts);
  const samples = taskSamples(dataset, config, parts);
  const { tasks } = samples;
  const runtime = createOnnxRuntime({
    device: config.device,
    ...(config.threads !== undefined && { threads: config.threads }),
  });
  const extractor = new FeatureExtractor(
    createChosen(parts.networks, config.network),
    dataset.input,
  );
  checkMemory(extractor, method.update.copies(tasks.length));
  const inference = await Inference.compile(runtime, extractor);
  const { source } = dataset.train;
  const { seed } = config;
  const training: TrainingSettings = {
    ...config,
    optimizer: createChosen(parts.optimizers, config.optimizer),
    schedule: createChosen(parts.schedules, config.schedule),
  };
  return {
    ...{ config, dataset, tasks, samples, method, training },
    context: { runtime, extractor, inference, source, seed, plannedTasks: tasks.length },
  };
}

/** The configured learner, at its start or as it was saved. */
export function createLearner({ method, training, context }: Setup, saved?: SavedLearner): Learner {
  return new Learner(method, context, training, saved);
}

/** Test samples of the first tasks. */
export function testSet({ dataset: { test }, samples }: Setup, seen: number): TestSet {
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
