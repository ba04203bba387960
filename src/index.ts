export type { Augmentation } from "./data/augmentation.js";
export { type ErrorCode, ItamlError, type Problem } from "./errors.js";
export * from "./graph/operators/index.js";
export type { Tensor } from "./graph/tensor.js";
export type { AdaptationSettings } from "./learners/adaptation.js";
export type { ItamlSettings } from "./learners/itaml.js";
export type { LearnHooks, Progress } from "./learners/learner.js";
export {
  type Classification,
  type ClassifierOptions,
  DEFAULT_SETTINGS,
  IncrementalClassifier,
  type Label,
} from "./library/incremental-classifier.js";
export type { Images } from "./library/sample-pool.js";
export type { NetworkSettings } from "./nn/index.js";
export { constantly, kaimingNormal, uniformByFanIn } from "./nn/initialization.js";
export { batchNormalizationLayer, type ConvolutionLayer, convolutionLayer } from "./nn/layers.js";
export type { Network, Scope } from "./nn/network.js";
