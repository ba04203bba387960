import type { Model } from "../model/model.js";
import { MetaTraining } from "./meta-training.js";
import type { TrainingStep } from "./training-step.js";

/**
 * Reptile in batches (Nichol et al. 2018, section 3) with the tasks of a mini-batch as its tasks:
 * Φ ← Φ + mean_i(Φ_i − Φ), of all parameters, rows of the classifier too. It is iTAML's rule without its schedule η
 * and without φ_i of their own.
 */
export function reptile(
  model: Model,
  step: TrainingStep,
  innerSteps: number,
): Promise<MetaTraining> {
  return MetaTraining.start(model, step, { innerSteps, eta: 1, classifier: "interpolate" });
}
