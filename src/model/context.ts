import type { FeatureExtractor } from "../nn/feature-extractor.js";
import type { Runtime } from "../runtime/runtime.js";
import type { SampleSource } from "../samples/samples.js";
import type { Inference } from "./inference.js";

/** What every learner stands on. */
export interface LearnerContext {
  readonly runtime: Runtime;
  readonly extractor: FeatureExtractor;
  readonly inference: Inference;
  /** Training samples: indices of new classes and of exemplars point into it. */
  readonly source: SampleSource;
  readonly seed: number;
  /** T, where the number of tasks to come is known. */
  readonly plannedTasks?: number | undefined;
}
