import { choiceSchema } from "../base/part.js";
import { count, perTask, positive, share } from "../base/settings.js";
import type { LearnerParts } from "./parts.js";

/** What a learner can be told: its network, its method, how it trains. */
export function learnerShape({ networks, optimizers, schedules, methods, ...parts }: LearnerParts) {
  return {
    network: choiceSchema(networks, "mlp").describe("The feature extractor θ."),
    learner: choiceSchema(
      methods.map(({ name, settings }) => ({ name, settings: settings(parts) })),
      "itaml",
    ).describe("The method that learns."),
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
