/** `itaml`: {@link core.ts}, and a classifier that runs on this machine and is saved on its disk. */
export * from "./core.js";
export type { DatasetDescriptor, ImageSet, SampleSet } from "./data/dataset-descriptor.js";
export type { PixelData } from "./data/image.js";
export type { Extractor, FrozenNetwork, FrozenOptions } from "./features/extractor.js";
export type { FeatureOptions, FeatureSettings } from "./library/feature-options.js";
export {
  type ClassifierOptions,
  IncrementalClassifier,
  type LoadOptions,
} from "./library/incremental-classifier.js";
export {
  type LabelledPictures,
  labelledPictures,
  type Picture,
  type Pictures,
} from "./library/pictures.js";
export { type Content, html, Markup } from "./report/html.js";
export type { Report, ReportSection } from "./report/page/report.js";
export { createOnnxRuntime, type OnnxRuntimeOptions } from "./runtime/node/onnxruntime-node.js";
