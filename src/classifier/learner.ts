import { checkBySchema } from "../base/check.js";
import { type Chosen, createChosen } from "../base/part.js";
import * as z from "../base/schema.js";
import { createMethod, type Method, sums } from "../learners/method.js";
import type { LearnerSettings, MethodSettings } from "../learners/options.js";
import { type LearnerParts, learnerParts, withParts } from "../learners/parts.js";
import { createTraining, learnerShape, refuseUnused } from "../learners/settings.js";
import type { NetworkSettings } from "../nn/index.js";
import type { Network } from "../nn/network.js";
import type { TrainingSettings } from "../training/settings.js";

/** How an {@link IncrementalClassifier} learns unless it is told otherwise. */
export const DEFAULT_SETTINGS = {
  learner: { name: "replay-distillation" },
  optimizer: { name: "sgd", momentum: 0.9 },
  learningRate: 0.05,
  epochs: 20,
  schedule: { name: "milestones", epochs: [10, 15], factor: 0.2 },
  batchSize: 64,
} as const;

/** What a classifier can be told about its network and its learning. */
export interface LearningOptions {
  /**
   * A built-in one by its name or its settings, or one's own, which can't be saved with the classifier. Default: `mlp`,
   * two hidden layers of 400.
   */
  readonly network?:
    | NetworkSettings["name"]
    | NetworkSettings
    | Network
    | Chosen
    | (string & {})
    | undefined;
  /** The method, by its name or its settings. Default: that of {@link DEFAULT_SETTINGS}. */
  readonly learner?: MethodSettings | undefined;
  /** Samples that are kept of all classes together, by a method that keeps any. Default: 2000. */
  readonly memory?: number | undefined;
  /** Whatever else should differ from {@link DEFAULT_SETTINGS}. */
  readonly settings?: Partial<LearnerSettings> | undefined;
  /** Parts of one's own, to be chosen by their names; {@link withParts} says how. Default: none. */
  readonly parts?: Partial<LearnerParts> | undefined;
}

/** What options choose, made. */
export interface ChosenLearner {
  readonly network: Network;
  readonly method: Method;
  /** Of a method that trains. */
  readonly training: TrainingSettings | undefined;
  /** What the options say of learning, with all that they leave to the defaults. */
  readonly complete: { readonly learner: Chosen; readonly settings?: Partial<LearnerSettings> };
}

/** @throws {ItamlError} INPUT_INVALID with the setting, what was expected and what was found */
export function chosenLearner(
  options: LearningOptions & { readonly augmentation?: unknown },
  where: string,
): ChosenLearner {
  const {
    network = "mlp",
    learner = DEFAULT_SETTINGS.learner,
    memory,
    settings,
    augmentation,
  } = options;
  const parts = withParts(learnerParts, options.parts ?? {});
  const own = isNetwork(network);
  const { network: networkSchema, learner: learnerSchema, ...others } = learnerShape(parts);
  const given = {
    learner: {
      ...(typeof learner === "string" ? { name: learner } : learner),
      ...(memory !== undefined && { memory }),
    },
    ...(!own && { network }),
  };
  const schema = z.strictObject({ network: networkSchema, learner: learnerSchema });
  const chosen = checkBySchema(schema, given, where, "INPUT_INVALID");
  const method = createMethod(parts.methods, chosen.learner, parts);
  const made = {
    ...{ network: own ? network : createChosen(parts.networks, chosen.network), method },
  };
  if (sums(method)) {
    const unused = Object.keys(settings ?? {}).map((key) => `settings.${key}`);
    if (augmentation !== undefined) unused.push("augmentation");
    refuseUnused(chosen.learner.name, unused, where, "INPUT_INVALID");
    return { ...made, training: undefined, complete: { learner: chosen.learner } };
  }
  const { learner: _, ...defaults } = DEFAULT_SETTINGS;
  const training = checkBySchema(
    z.strictObject({ settings: z.strictObject(others) }),
    { settings: { ...defaults, ...settings } },
    where,
    "INPUT_INVALID",
  );
  return {
    ...{ ...made, training: createTraining(training.settings, parts) },
    complete: { learner: chosen.learner, settings: training.settings as LearnerSettings },
  };
}

/** Whether it is a network of one's own, not the name or the settings of one that is known. */
export function isNetwork(value: unknown): value is Network {
  return typeof (value as Network | undefined)?.features === "function";
}
