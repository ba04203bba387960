export * from "./activation.js";
export * from "./arithmetic.js";
export {
  batchNormalization,
  type NormalizedBatch,
  normalizeByStatistics,
} from "./batch-normalization.js";
export * from "./binary-cross-entropy.js";
export { sumOver } from "./broadcast.js";
export { alongChannels, channelAffine, channelMean, channelSum } from "./channels.js";
export * from "./convolution.js";
export * from "./linear.js";
export * from "./pooling.js";
export * from "./reduction.js";
export * from "./shaping.js";
export * from "./softmax.js";
export * from "./softmax-cross-entropy.js";
export type { Pair, WindowOptions } from "./window.js";
