import type { Part } from "../base/part.js";
import { binaryCrossEntropyPart } from "./binary-cross-entropy.js";
import { crossEntropyPart } from "./cross-entropy.js";
import { distillationPart } from "./distillation.js";
import { elasticPart } from "./elastic.js";
import type { Loss } from "./loss.js";
import { sigmoidDistillationPart } from "./sigmoid-distillation.js";
import { softmaxDistillationPart } from "./softmax-distillation.js";
import { sumPart } from "./sum.js";
import { withinTaskPart } from "./within-task.js";

/** The built-in losses; their {@link withSum sum} is one, too. */
export const losses: readonly Part<Loss>[] = [
  crossEntropyPart,
  binaryCrossEntropyPart,
  withinTaskPart,
  distillationPart,
  sigmoidDistillationPart,
  softmaxDistillationPart,
  elasticPart,
];

/** Losses, and what adds some of them up. */
export function withSum(parts: readonly Part<Loss>[]): readonly Part<Loss>[] {
  return [...parts, sumPart(parts)];
}
