import { existsSync } from "node:fs";
import { join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { limiter } from "../base/limiter.js";
import type { HistoryEvent } from "../classifier/history.js";
import type { Label } from "../classifier/labels.js";
import { encodeClassifier } from "../classifier/saved-classifier.js";
import { readImage } from "../data/image.js";
import { openPictures } from "../data/kept-samples.js";
import type { Config } from "../experiment/config.js";
import { historyOf, isFinished } from "../experiment/events.js";
import { builtInParts } from "../experiment/parts.js";
import { loadNamedParts } from "../experiment/plugins.js";
import { LIVING, RunDirectory } from "../experiment/run-directory.js";
import { type SavedRun, withSavedRun } from "../experiment/saved-run.js";
import { wholeFolder } from "../files/atomic-folder.js";
import { elementCount } from "../graph/shape.js";
import { hasProbabilities } from "../learners/classification.js";
import { sums } from "../learners/method.js";
import type { LearnerSettings } from "../learners/options.js";
import { learnerParts } from "../learners/parts.js";
import { TRAINING_KEYS } from "../learners/settings.js";
import { encodeFeatures, FEATURES_FILE } from "../library/feature-options.js";
import {
  IncrementalClassifier,
  type LoadOptions,
  readClassifier,
  refuseOtherContent,
} from "../library/incremental-classifier.js";
import type { Pictures } from "../library/pictures.js";
import type { Device } from "../runtime/runtime.js";
import { allocateSamples, type SampleData, samplesInMemory } from "../samples/samples.js";
import { warn } from "./warn.js";

/** Whether a run was taught more, or forgot something, after its last task. */
export function isLiving(path: string): boolean {
  return wholeFolder(join(path, LIVING)) !== undefined;
}

/** A run's classifier, as it is now. */
export interface LivingRun {
  readonly classifier: IncrementalClassifier;
  /** Side in pixels of the pictures that it takes, where it stands on features. */
  readonly size?: number | undefined;
  /**
   * Picture files as the run reads them; of one on features the classifier reads them itself. `resize`: such of another
   * size are scaled, where the run doesn't scale by itself.
   */
  read(files: readonly string[], resize: boolean): Promise<SampleData | Pictures>;
  /** Whether its learner compares classes by probabilities; otherwise a discriminant is fitted to say how sure it is. */
  hasProbabilities(): Promise<boolean>;
}

/** Opens the classifier that a run has become, which is its last task's state at first, and frees it after the work. */
export async function withLivingRun<T>(
  path: string,
  { device }: { readonly device?: Device | undefined },
  work: (living: LivingRun) => Promise<T>,
): Promise<T> {
  return await withSavedRun(path, { device, onWarning: warn }, async (run) => {
    const classifier = isLiving(path) ? await open(path, run) : await begin(run);
    try {
      const size = run.frozen?.size;
      return await work({
        ...{ classifier, size },
        read: (files, resize) => read(run, files, resize),
        hasProbabilities: () => hasProbabilities(run.learner),
      });
    } finally {
      await classifier.release();
    }
  });
}

/**
 * Changes the classifier that a run has become, and stores it. The states of the run's tasks and its results stay what
 * they are.
 *
 * @returns what the change does, when it is stored
 * @throws {ItamlError} RUN_DIRECTORY where tasks are still to be trained; RUN_IN_USE; as the change does
 */
export async function changeLivingRun<T>(
  path: string,
  change: (living: LivingRun) => Promise<T>,
): Promise<T> {
  // Nobody else may change it meanwhile.
  const { directory } = await RunDirectory.openToWrite(path);
  try {
    await refuseUnfinished(directory);
    await refuseOtherContent(directory.living);
    return await withLivingRun(path, {}, async (living) => {
      const changed = await change(living);
      await living.classifier.save(directory.living);
      return changed;
    });
  } finally {
    await directory.close();
  }
}

/** What a run becomes stands on its last task: a later one would be missing in it without a word. */
async function refuseUnfinished(directory: RunDirectory): Promise<void> {
  if (isFinished(await directory.readEvents())) return;
  const { path } = directory;
  throw new ItamlError("RUN_DIRECTORY", "the run isn't finished", {
    where: path,
    expected: "a run whose tasks are all trained",
    remedy: "Finish it first with",
    command: ["itaml", "train", "--resume", "--out", path],
  });
}

async function open(path: string, run: SavedRun): Promise<IncrementalClassifier> {
  const folder = join(path, LIVING);
  const features = featuresOf(run);
  if (!features || existsSync(join(wholeFolder(folder) ?? folder, FEATURES_FILE))) {
    return IncrementalClassifier.load(folder, await loading(run));
  }
  // Version 0.3 and before didn't store what the features are of.
  const files = new Map([...(await readClassifier(folder)), [FEATURES_FILE, features]]);
  return IncrementalClassifier.fromFiles(files, await loading(run));
}

/** What a run's features are of, as a classifier has it. */
function featuresOf({ config, frozen: network }: SavedRun): Uint8Array | undefined {
  const { features: chosen, images } = config;
  return chosen && network && encodeFeatures({ chosen, network, images });
}

/** Where a run's classifier runs, the parts of its plugins, and what it stands on the features of. */
async function loading({ config, learner, frozen: features }: SavedRun): Promise<LoadOptions> {
  const { plugins, threads } = config;
  const { device } = learner.context.runtime;
  const all = Object.entries(await loadNamedParts(plugins)) as [string, readonly unknown[]][];
  const known = new Set<unknown>(Object.values(builtInParts).flat());
  const own = all.map(([kind, parts]) => [kind, parts.filter((part) => !known.has(part))] as const);
  const kinds = Object.keys(learnerParts);
  const parts = Object.fromEntries(own.filter(([kind]) => kinds.includes(kind)));
  return { parts, device, features, ...(threads !== undefined && { threads }) };
}

/** The classifier of a run's last task, with the exemplars themselves. */
async function begin(run: SavedRun): Promise<IncrementalClassifier> {
  const { config, learner, labels: tasks } = run;
  const { extractor, source } = learner.context;
  const memory = learner.memory.copy();
  const indices = memory.classes.flat();
  const exemplars = allocateSamples(source, indices.length);
  await source.read(indices, exemplars);
  const position = new Map(indices.map((index, i) => [index, i]));
  memory.renumber((index) => position.get(index) as number);
  const { shape, type, mean, std } = extractor.input;
  const { augmentation, network, learner: method, seed } = config;
  const files = encodeClassifier(
    {
      ...{ tasks, exemplars, history: await learnedBy(run) },
      learner: { model: learner.model, memory, state: learner.state },
    },
    extractor,
    {
      ...{ inputShape: shape, inputType: type, mean, std, network, learner: method, seed },
      ...(Object.keys(augmentation).length > 0 && { augmentation }),
      ...(!sums(learner.method) && { settings: trainingOf(config) }),
    },
  );
  const features = featuresOf(run);
  if (features) files.set(FEATURES_FILE, features);
  return IncrementalClassifier.fromFiles(files, await loading(run));
}

/** When the run learned what. */
async function learnedBy({ labels, counts, events }: SavedRun): Promise<HistoryEvent[]> {
  return historyOf(await events()).flatMap(({ kind, task, time }) => {
    if (kind !== "task") return [];
    const learned = labels[task]?.map((label, i): [Label, number | null] => [
      label,
      counts?.[task]?.[i] ?? null,
    ]);
    return time !== undefined && learned ? [{ time, learned }] : [];
  });
}

/** What a run's configuration says of training, as a classifier has it. */
function trainingOf(config: Config): Partial<LearnerSettings> {
  const keys = [...TRAINING_KEYS, "continuum"] as const;
  const set = keys.flatMap((key) => (config[key] === undefined ? [] : [[key, config[key]]]));
  return Object.fromEntries(set);
}

async function read(
  { config, entry, learner, frozen }: SavedRun,
  files: readonly string[],
  resize: boolean,
): Promise<SampleData | Pictures> {
  if (frozen) return files;
  const { shape } = learner.context.extractor.input;
  const inTurn = limiter(16);
  const source =
    openPictures(entry, files, config) ??
    samplesInMemory(
      Buffer.concat(
        await Promise.all(files.map((file) => inTurn(() => readImage(file, shape, { resize })))),
      ),
      elementCount(shape),
    );
  const samples = allocateSamples(source, files.length);
  await source.read([...files.keys()], samples);
  return samples;
}
