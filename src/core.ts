/**
 * `itaml/core`: all that needs a runtime alone, and no Node. What is called from a page, a worker or anywhere else.
 */
export { type ErrorCode, ItamlError, type Problem } from "./base/errors.js";
export {
  type Choice,
  type Chosen,
  createChosen,
  type Part,
  part,
  type SettingsShape,
} from "./base/part.js";
export { type Random, seededRandom } from "./base/random.js";
export type { ClassifierOptions, PortableOptions } from "./classifier/classifier-options.js";
export type { KnownClass } from "./classifier/history.js";
export type { Images } from "./classifier/images.js";
export {
  type Classification,
  IncrementalClassifier,
  type OpenOptions,
} from "./classifier/incremental-classifier.js";
export type { Label } from "./classifier/labels.js";
export { DEFAULT_SETTINGS, type LearningOptions } from "./classifier/learner.js";
export type { ClassifierFiles } from "./classifier/saved-classifier.js";
export { gradients } from "./graph/differentiate.js";
export {
  ABSTRACT,
  type Attribute,
  type Constant,
  type ConstantData,
  type Derivative,
  differentiable,
  type Gradient,
  Graph,
  type GraphNode,
  type Output,
  type Tensor,
} from "./graph/graph.js";
export * from "./graph/operators/index.js";
export type { Dimension, ElementType, Shape } from "./graph/shape.js";
export { ExemplarMemory, type ExemplarSelection, herding } from "./incremental/exemplar-memory.js";
export { type AccuracyMatrix, type Summary, summarize } from "./incremental/metrics.js";
export { Learner, type SavedLearner } from "./learners/learner.js";
export {
  createMethod,
  type MemorySettings,
  type Method,
  type MethodPart,
  type MethodParts,
  methodPart,
  type SummingMethod,
  type TrainingMethod,
} from "./learners/method.js";
export type { ItamlSettings, LearnerSettings, MethodSettings } from "./learners/options.js";
export { type LearnerParts, learnerParts, withParts } from "./learners/parts.js";
export {
  type ProtocolOptions,
  runScenario,
  Scenario,
  type ScenarioTask,
  type TaskOutcome,
} from "./learners/scenario.js";
export { binaryCrossEntropy } from "./losses/binary-cross-entropy.js";
export { crossEntropy } from "./losses/cross-entropy.js";
export type { Loss, LossTensors } from "./losses/loss.js";
export type { LearnerContext } from "./model/context.js";
export { Inference, type Rows } from "./model/inference.js";
export type { LearnerState, Model, TaskModel } from "./model/model.js";
export type { LearnHooks, Progress } from "./model/progress.js";
export { type Application, type Binding, FeatureExtractor } from "./nn/feature-extractor.js";
export { type NetworkSettings, networks } from "./nn/index.js";
export {
  constantly,
  type Initializer,
  kaimingNormal,
  uniformByFanIn,
} from "./nn/initialization.js";
export {
  type BatchNormalizationLayer,
  batchNormalizationLayer,
  type ConvolutionLayer,
  convolutionLayer,
} from "./nn/layers.js";
export type { Layout, LayoutEntry } from "./nn/layout.js";
export type { Network, Scope } from "./nn/network.js";
export { type Lowering, lower, type Rule } from "./onnx/lower.js";
export { cpuThread, cpuThreads, gpu, textbook } from "./onnx/lowerings.js";
export { serializeOnnx } from "./onnx/serialize.js";
export { type OptimizerSettings, optimizers } from "./optim/index.js";
export type { Optimizer } from "./optim/optimizer.js";
export { forTask, type PerTask, type Schedule } from "./optim/schedule.js";
export type { Adaptation, Adapter } from "./prediction/adaptation.js";
export type { AdaptationSettings } from "./prediction/adaptations/index.js";
export type { Backbone, Head, HeadFitter } from "./prediction/head.js";
export type { HeadSettings } from "./prediction/heads/index.js";
export { hostMemory } from "./runtime/host-memory.js";
export type {
  CompileOptions,
  Device,
  Handle,
  Handles,
  Memory,
  Placement,
  Program,
  Runtime,
  Stack,
  Value,
} from "./runtime/runtime.js";
export type { Augmentation } from "./samples/augmentation.js";
export type { InputDescription } from "./samples/input-description.js";
export {
  type SampleData,
  type SampleSource,
  samplesInMemory,
  type Variation,
} from "./samples/samples.js";
export type { TrainingSettings } from "./training/settings.js";
export type { Checkpointing, TrainingState } from "./training/training-state.js";
export type { StepSettings, TaskTraining, Update } from "./training/update.js";
export { descent } from "./training/updates/descent.js";
