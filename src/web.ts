/** `itaml/web`: {@link core.ts} with a runtime, a worker, storage and pictures of browsers. Needs onnxruntime-web. */
export * from "./core.js";
export { ClassifierService, serveClassifier } from "./web/classifier-service.js";
export { FeatureService, serveFeatures } from "./web/feature-service.js";
export { createWebRuntime, type WebRuntimeOptions } from "./web/onnxruntime-web.js";
export { type PictureSource, pictureSample } from "./web/pictures.js";
export { dropClassifier, keepClassifier, keptClassifier, keptClassifiers } from "./web/storage.js";
export { WorkerClassifier, type WorkerClassifierOptions } from "./web/worker-classifier.js";
export { WorkerFeatures, type WorkerFeaturesOptions } from "./web/worker-features.js";
