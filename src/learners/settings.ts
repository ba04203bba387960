import { type ErrorCode, ItamlError } from "../base/errors.js";
import { oncePer } from "../base/once.js";
import { type Chosen, choiceSchema, createChosen } from "../base/part.js";
import { count, perTask, positive, share } from "../base/settings.js";
import type { TrainingSettings } from "../training/settings.js";
import { createMethod, sums } from "./method.js";
import type { LearnerParts } from "./parts.js";

/** How a network is trained: keys that a learner which trains nothing has no use for. */
export const TRAINING_KEYS = [
  ...(["optimizer", "learningRate", "epochs", "schedule"] as const),
  ...(["gradientNorm", "batchSize", "validation"] as const),
] as const;

export type TrainingKey = (typeof TRAINING_KEYS)[number];

/** What a learner can be told: its network, its method, how it trains. */
export function learnerShape({ networks, optimizers, schedules, methods, ...parts }: LearnerParts) {
  return {
    network: choiceSchema(networks, "mlp").describe("The feature extractor θ."),
    learner: methodSchema({ methods, ...parts }).describe("The method that learns."),
    optimizer: choiceSchema(optimizers).describe("What makes steps of gradients."),
    learningRate: perTask(positive).describe("Per task."),
    epochs: perTask(count).describe("Per task."),
    schedule: choiceSchema(schedules, "constant").describe(
      "How the learning rate goes from epoch to epoch.",
    ),
    gradientNorm: positive
      .optional()
      .describe(
        "Limit of the gradient's norm in training, all that is trained together (θ and φ_i): a longer one is scaled down to it. Adaptation has none. Without: no limit.",
      ),
    batchSize: count.describe("Samples of a mini-batch, all tasks together."),
    validation: share
      .default(0)
      .describe(
        "Share of every session's training samples (exemplars too) held out: the epoch with the best continuum accuracy on them, without adaptation, is the result; 0: the last epoch is.",
      ),

    continuum: count.default(20).describe("p, samples of a continuum in evaluation."),
  };
}

function methodSchema({ methods, ...parts }: Omit<LearnerParts, TrainingPart | "networks">) {
  return choiceSchema(
    methods.map(({ name, settings }) => ({ name, settings: settings(parts) })),
    "itaml",
  );
}

/** Schemas take long to build, beside what they check: of one set of parts there is one. */
const methodSchemaOf = oncePer((parts: LearnerParts) => methodSchema(parts));

type TrainingPart = "optimizers" | "schedules";

/**
 * The name of a learner that sums, and so trains nothing; undefined of any other, and of what is no learner.
 *
 * @param learner as a configuration has it, unchecked. Default: the configuration's
 * @throws {ItamlError} CONFIG_INVALID where its settings contradict one another
 */
export function summingLearner(learner: unknown, parts: LearnerParts): string | undefined {
  const { success, data } = methodSchemaOf(parts).safeParse(learner);
  return success && sums(createMethod(parts.methods, data, parts)) ? data.name : undefined;
}

/**
 * Refuses what a learner that sums has no use for.
 *
 * @param unused keys that were set all the same
 */
export function refuseUnused(
  learner: string,
  unused: readonly string[],
  where: string,
  code: ErrorCode = "CONFIG_INVALID",
): void {
  if (unused.length === 0) return;
  throw new ItamlError(code, `${learner} has no use for ${unused.join(", ")}`, {
    where,
    expected: "no settings of training beside a learner that sums and trains nothing",
    remedy: `Leave ${unused.length > 1 ? "them" : "it"} out, or choose a learner that trains, such as itaml`,
  });
}

/** How a learner trains, as it was chosen. */
export interface ChosenTraining extends Omit<TrainingSettings, "optimizer" | "schedule"> {
  readonly optimizer: Chosen;
  readonly schedule: Chosen;
}

/** Makes what was chosen; the choice was checked. */
export function createTraining(
  chosen: ChosenTraining,
  { optimizers, schedules }: Pick<LearnerParts, TrainingPart>,
): TrainingSettings {
  return {
    ...chosen,
    optimizer: createChosen(optimizers, chosen.optimizer),
    schedule: createChosen(schedules, chosen.schedule),
  };
}
