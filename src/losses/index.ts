import type { Part } from "../base/part.js";
import { binaryCrossEntropyPart } from "./binary-cross-entropy.js";
import { crossEntropyPart } from "./cross-entropy.js";
import { elasticPart } from "./elastic.js";
import type { Loss } from "./loss.js";
import { sigmoidDistillationPart } from "./sigmoid-distillation.js";
import { softmaxDistillationPart } from "./softmax-distillation.js";

/** The built-in losses. */
export const losses: readonly Part<Loss>[] = [
  crossEntropyPart,
  binaryCrossEntropyPart,
  sigmoidDistillationPart,
  softmaxDistillationPart,
  elasticPart,
];
