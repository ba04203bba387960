import { totalmem } from "node:os";
import { ItamlError } from "../base/errors.js";
import { datasetFolder, findDataset } from "../data/catalog.js";
import { loadDataset } from "../data/load-dataset.js";
import { Baseline } from "../learners/baselines/baseline.js";
import { createMethod } from "../learners/baselines/index.js";
import type { Method } from "../learners/baselines/method.js";
import { Itaml } from "../learners/itaml.js";
import type { Learner, SavedLearner } from "../learners/learner.js";
import type { LearnerContext } from "../model/context.js";
import { Inference } from "../model/inference.js";
import { FeatureExtractor } from "../nn/feature-extractor.js";
import { createNetwork } from "../nn/index.js";
import type { TestSet } from "../prediction/predictions.js";
import { createOnnxRuntime } from "../runtime/node/onnxruntime-node.js";
import type { Dataset } from "../samples/samples.js";
import type { Config } from "./config.js";
import { type TaskSamples, taskSamples } from "./task-samples.js";

/** All that a configuration names, made ready: data, tasks, network, runtime. */
export interface Setup {
  readonly config: Config;
  readonly dataset: Dataset;
  /** Classes of each task, as indices into the data set's. */
  readonly tasks: readonly (readonly number[])[];
  readonly samples: TaskSamples;
  readonly context: LearnerContext;
}

/**
 * Loads and checks everything before anything is written or trained.
 *
 * @throws {ItamlError} DATASET_…, CONFIG_INVALID, MEMORY_TOO_SMALL, OUT_OF_MEMORY, DEVICE_UNAVAILABLE
 */
export async function prepare(config: Config): Promise<Setup> {
  const entry = findDataset(config.dataset);
  const dataset = await loadDataset(entry, datasetFolder(config.dataset, config.data), config);
  const samples = taskSamples(dataset, config);
  const { tasks } = samples;
  const runtime = createOnnxRuntime({
    device: config.device,
    ...(config.threads !== undefined && { threads: config.threads }),
  });
  const extractor = new FeatureExtractor(createNetwork(config.network), dataset.input);
  checkMemory(extractor, config, tasks.length);
  const inference = await Inference.compile(runtime, extractor);
  const { source } = dataset.train;
  const { seed } = config;
  return {
    config,
    dataset,
    tasks,
    samples,
    context: { runtime, extractor, inference, source, seed, plannedTasks: tasks.length },
  };
}

/** The configured learner, at its start or as it was saved. */
export async function createLearner(
  { config, context }: Setup,
  saved?: SavedLearner,
): Promise<Learner> {
  const method = methodOf(config);
  return method
    ? new Baseline(method, context, config, saved)
    : Itaml.create(context, config, saved);
}

/** The method of a baseline; undefined: iTAML. */
function methodOf(config: Config): Method | undefined {
  return config.learner === "itaml" ? undefined : createMethod(config.learner, config);
}

/** Test samples of the first tasks. */
export function testSet({ dataset: { test }, samples }: Setup, seen: number): TestSet {
  return { source: test.source, tasks: samples.test.slice(0, seen) };
}

/**
 * Refuses a network whose parameters alone are larger than memory. What a batch needs beside them depends on the
 * runtime, which says so when it is too much.
 */
function checkMemory({ parameters }: FeatureExtractor, config: Config, tasks: number) {
  const copies = copiesOfParameters(config, tasks);
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

/** θ, what it was before the session, and what stands in the runtime's memory while it trains. */
function copiesOfParameters({ learner, rule }: Config, tasks: number): number {
  // Of Algorithm 1 the base, what each task makes of it, and their sum.
  if (learner === "itaml") return rule === "paper" || rule === "reptile" ? 4 + tasks : 6;
  // Of elastic weight consolidation importances too, before and in the session, and what they hold to.
  return learner === "ewc" ? 7 : 4;
}
