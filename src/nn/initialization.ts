import type { Random } from "../base/random.js";
import { elementCount } from "../graph/shape.js";

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

/**
 * Normal with mean 0 and standard deviation √(2 / fanOut), for layers before a ReLU (He et al. 2015).
 *
 * @param fanOut outputs that depend on one input: channels × area of the kernel
 */
export function kaimingNormal(fanOut: number): Initializer {
  const deviation = Math.sqrt(2 / fanOut);
  return (shape, random) =>
    Float32Array.from({ length: elementCount(shape) }, () => deviation * random.normal());
}

export function constantly(value: number): Initializer {
  return (shape) => new Float32Array(elementCount(shape)).fill(value);
}
