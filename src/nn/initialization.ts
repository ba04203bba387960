import { elementCount } from "../graph/tensor.js";
import type { Random } from "../random.js";

/** Fills a new tensor of `shape`, seeded. */
export type Initializer = (shape: readonly number[], random: Random) => Float32Array;

/**
 * Uniform in ±1/√fanIn: PyTorch's default for the weight and the bias of a linear layer, which is what the
 * authors' networks start from. (He et al. 2015 with a = √5 comes to this bound for the weight.)
 */
export function uniformByFanIn(fanIn: number): Initializer {
  const bound = 1 / Math.sqrt(fanIn);
  return (shape, random) =>
    Float32Array.from({ length: elementCount(shape) }, () => random.uniform(-bound, bound));
}
