import { ItamlError } from "../base/errors.js";
import * as z from "../base/schema.js";
import { isFloat32Array, isUint8Array } from "../base/typed-arrays.js";
import { elementCount } from "../graph/shape.js";
import type { SavedLearner } from "../learners/learner.js";
import { learnerParts } from "../learners/parts.js";
import { summingLearner } from "../learners/settings.js";
import { stateShapes } from "../learners/state-shapes.js";
import { allFinite, taskSizes } from "../model/model.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import type { SampleData } from "../samples/samples.js";
import {
  decodeLearnerState,
  decodeMemory,
  decodeModel,
  encodeLearnerState,
  encodeMemory,
  encodeModel,
} from "../storage/model-files.js";
import { upgradeConfig } from "../storage/old-settings.js";
import { decodeSafetensors, encodeSafetensors } from "../storage/safetensors.js";
import { type PortableOptions, savedOptionsSchema } from "./classifier-options.js";
import { eventSchema, type HistoryEvent } from "./history.js";
import { type Label, takeLabels } from "./labels.js";
import { isNetwork } from "./learner.js";

/** A saved classifier: the bytes of each of its files. */
export type ClassifierFiles = ReadonlyMap<string, Uint8Array>;

const [DESCRIPTION, MODEL, MEMORY] = ["classifier.json", "model.safetensors", "memory.json"];
const [STATE, EXEMPLARS] = ["learner.safetensors", "exemplars.safetensors"];
const HISTORY = "history.json";

/** The files that a saved classifier may have. */
export const CLASSIFIER_FILES: readonly string[] = [
  DESCRIPTION,
  MODEL,
  MEMORY,
  STATE,
  EXEMPLARS,
  HISTORY,
];

/** All that was learned: never changed, where it is handed out. */
export interface Knowledge {
  /** Labels of each task. */
  readonly tasks: readonly (readonly Label[])[];
  readonly learner: SavedLearner;
  /** The exemplars, one after another. */
  readonly exemplars: SampleData;
  /** What was learned and forgotten, and when. */
  readonly history: readonly HistoryEvent[];
}

const descriptionSchema = z.object({
  version: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  /** Its name, also where it is one of the application's own. */
  network: z.string(),
  // Of older files: the device and the threads of the machine that it was taught on.
  options: savedOptionsSchema.extend({ device: z.unknown(), threads: z.unknown() }).partial({
    device: true,
    threads: true,
  }),
  tasks: z.array(z.array(z.union([z.string(), z.number()])).min(1)),
});

/** classifier.json: what a classifier is made from again, beside its numbers and samples. */
export interface Description {
  readonly network: string;
  readonly options: PortableOptions;
  readonly tasks: readonly (readonly Label[])[];
  /** Whether there is a file of the learner's state. Up to version 0.3 there was none, where the state was empty. */
  readonly hasState: boolean;
}

/** @throws {ItamlError} OUT_OF_MEMORY */
export function encodeClassifier(
  { tasks, learner, exemplars, history }: Knowledge,
  extractor: FeatureExtractor,
  { network, parts: _own, ...others }: PortableOptions,
): Map<string, Uint8Array> {
  const { model, memory, state } = learner;
  const { shape } = extractor.input;
  const samples = exemplars.length / elementCount(shape);
  const description = {
    version: 3,
    network: extractor.network.name,
    options: { ...others, ...(network !== undefined && !isNetwork(network) && { network }) },
    tasks,
  };
  const text = (content: string) => new TextEncoder().encode(content);
  return new Map([
    [DESCRIPTION, text(`${JSON.stringify(description, undefined, 2)}\n`)],
    [MODEL, encodeModel(model, extractor)],
    [MEMORY, text(encodeMemory(memory))],
    // Times are in a file of their own: the others are the same bytes whenever they are made.
    [HISTORY, text(`${JSON.stringify(history, undefined, 2)}\n`)],
    [STATE, encodeLearnerState(state)],
    [
      EXEMPLARS,
      encodeSafetensors(new Map([["exemplars", { data: exemplars, shape: [samples, ...shape] }]])),
    ],
  ]);
}

/**
 * @param place a file's name, for messages
 * @throws {ItamlError} FILE_INVALID where it is missing, isn't JSON, or an option isn't one that a classifier can have
 */
export function decodeDescription(
  files: ClassifierFiles,
  place: (name: string) => string,
): Description {
  const where = place(DESCRIPTION);
  const bytes = take(files, DESCRIPTION, place);
  const description = parsed(bytes, descriptionSchema, "not a saved classifier", where);
  const { version, network, options, tasks } = description;
  const { device: _, threads: __, ...portable } = options;
  return {
    network,
    options: withoutUnused(VERSIONS[version](portable)) as unknown as PortableOptions,
    tasks: tasks.map((labels) => takeLabels(labels, where)),
    hasState: version >= 3 || files.has(STATE),
  };
}

function parsed<T>(bytes: Uint8Array, schema: z.ZodType<T>, otherwise: string, where: string): T {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new ItamlError("FILE_INVALID", "not valid JSON", { where }, { cause });
  }
  const { success, error, data } = schema.safeParse(content);
  if (success) return data;
  const [issue] = error.issues;
  throw new ItamlError("FILE_INVALID", otherwise, {
    where,
    found: `${issue?.path.join(".")}: ${issue?.message}`,
  });
}

/** What was written as version 1, 2, 3, as options of today. */
const VERSIONS = {
  1: upgraded,
  2: withDefaultsOf03,
  3: (options: Record<string, unknown>) => options,
};

/** Up to version 0.3 defaults weren't written; they were iTAML's, with settings of the library's own. */
function withDefaultsOf03(options: Record<string, unknown>): Record<string, unknown> {
  const { learner = "itaml" } = options;
  const given = typeof learner === "string" ? { name: learner } : (learner as { name: string });
  if (given.name !== "itaml") return options;
  const adaptation = { name: "full", learningRate: 1e-4 };
  return {
    ...options,
    learner: { update: { name: "paper", beta: 0 }, adaptation, ...given },
  };
}

/** Up to version 0.2 iTAML's settings stood among those of training, and what was left out was another default. */
function upgraded({ settings, ...options }: Record<string, unknown>): Record<string, unknown> {
  const before = { milestones: [10, 15], factor: 0.2, beta: 0, adaptation: { learningRate: 1e-4 } };
  const { learner, ...others } = upgradeConfig({ ...before, ...(settings as object | undefined) });
  return { ...options, learner, settings: others };
}

/** Up to version 0.3 settings of training were kept whatever the learner. */
function withoutUnused(options: Record<string, unknown>): Record<string, unknown> {
  if (summingLearner(options.learner, learnerParts) === undefined) return options;
  const { settings: _, augmentation: __, ...used } = options;
  return used;
}

/**
 * @param place a file's name, for messages
 * @throws {ItamlError} FILE_INVALID where a file is missing, damaged or doesn't fit the others
 */
export function decodeKnowledge(
  files: ClassifierFiles,
  { tasks, hasState }: Description,
  extractor: FeatureExtractor,
  place: (name: string) => string,
): Knowledge {
  const read = (name: string) => take(files, name, place);
  const exemplars = decodeExemplars(read(EXEMPLARS), extractor, place(EXEMPLARS));
  const model = decodeModel(read(MODEL), extractor, place(MODEL));
  const text = new TextDecoder().decode(read(MEMORY));
  const memory = decodeMemory(
    text,
    exemplars.length / elementCount(extractor.input.shape),
    place(MEMORY),
  );
  const sizes = tasks.map(({ length }) => length);
  const found = taskSizes(model, extractor);
  if (found.join() !== sizes.join() || memory.classes.length !== tasks.flat().length) {
    throw new ItamlError("FILE_INVALID", "the files are not of one classifier", {
      where: place(DESCRIPTION),
      expected: `tasks of ${sizes.join(", ")} classes, as in classifier.json`,
      found: `tasks of ${found.join(", ")} in the model, ${memory.classes.length} classes in the memory`,
    });
  }
  const state = hasState
    ? decodeLearnerState(read(STATE), place(STATE), stateShapes(model, extractor))
    : new Map();
  // Older classifiers have none.
  const log = files.get(HISTORY);
  const schema = z.array(eventSchema);
  const history = log ? parsed(log, schema, "not a classifier's history", place(HISTORY)) : [];
  return { tasks, learner: { model, memory, state }, exemplars, history };
}

function decodeExemplars(
  bytes: Uint8Array,
  { input: { shape, type } }: FeatureExtractor,
  where: string,
): SampleData {
  const exemplars = decodeSafetensors(bytes, where).tensors.get("exemplars");
  const data = exemplars?.data;
  const isOfType = type === "uint8" ? isUint8Array(data) : isFloat32Array(data) && allFinite(data);
  if (isOfType && exemplars?.shape.slice(1).join() === shape.join()) return data as SampleData;
  throw new ItamlError("FILE_INVALID", "it holds no exemplars of this classifier", {
    where,
    expected: `a tensor "exemplars", ${type} [samples, ${shape.join(", ")}] of finite numbers`,
    ...(exemplars && { found: `[${exemplars.shape.join(", ")}]` }),
  });
}

function take(files: ClassifierFiles, name: string, place: (name: string) => string): Uint8Array {
  const bytes = files.get(name);
  if (bytes) return bytes;
  throw new ItamlError("FILE_INVALID", "a file of the classifier is missing", {
    where: place(name),
  });
}
