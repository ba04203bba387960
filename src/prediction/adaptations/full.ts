import { ItamlError } from "../../base/errors.js";
import { part } from "../../base/part.js";
import { count, positive } from "../../base/settings.js";
import type { Adaptation } from "../adaptation.js";
import { ExemplarTraining, type ExemplarTrainingSettings } from "../exemplar-training.js";

/**
 * The whole network is trained on the task's exemplars, by the binary cross-entropy (paper, Algorithm 2).
 *
 * @throws {ItamlError} CONFIG_INVALID where there are epochs and steps
 */
export function full(settings: ExemplarTrainingSettings): Adaptation {
  if (settings.epochs !== undefined && settings.steps !== undefined) {
    throw new ItamlError("CONFIG_INVALID", "adaptation has both epochs and steps", {
      where: "learner.adaptation",
      expected: "one of them",
    });
  }
  return {
    async begin(context) {
      const training = await ExemplarTraining.compile(context, settings, "learner.adaptation");
      return {
        adapt: (...args) => training.train(...args),
        release: () => training.release(),
      };
    },
  };
}

/** `adaptation: full`. */
export const fullPart = part({
  name: "full",
  title: "whole network",
  source: "Rajasegaran et al. 2020, Algorithm 2",
  settings: {
    epochs: count
      .optional()
      .describe("Passes over the task's exemplars, by Adam. Where there are no `steps`: 1."),
    steps: count
      .optional()
      .describe("Optimiser steps in place of epochs; 1 is the paper's single update."),
    learningRate: positive.default(3e-4).describe("Of Adam."),
    batchSize: count.default(64).describe("Samples of a mini-batch."),
  },
  create: full,
});
