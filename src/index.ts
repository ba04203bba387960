export { type ErrorCode, ItamlError, type Problem } from "./base/errors.js";
export type { Tensor } from "./graph/graph.js";
export * from "./graph/operators/index.js";
export type { ItamlSettings } from "./learners/itaml.js";
export type { ClassifierOptions } from "./library/classifier-options.js";
export {
  type Classification,
  DEFAULT_SETTINGS,
  IncrementalClassifier,
} from "./library/incremental-classifier.js";
export type { Label } from "./library/label.js";
export type { Images } from "./library/sample-pool.js";
export type { LearnHooks, Progress } from "./model/progress.js";
export type { NetworkSettings } from "./nn/index.js";
export { constantly, kaimingNormal, uniformByFanIn } from "./nn/initialization.js";
export { batchNormalizationLayer, type ConvolutionLayer, convolutionLayer } from "./nn/layers.js";
export type { Network, Scope } from "./nn/network.js";
export type { AdaptationSettings } from "./prediction/adaptation.js";
export type { Augmentation } from "./samples/augmentation.js";
