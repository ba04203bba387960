import { chunks } from "../base/chunks.js";
import type { Tensor } from "../graph/graph.js";
import { split as splitAtOnce } from "../graph/operators/index.js";
import type { Rule } from "./lower.js";

/** Splits a vector in so many steps that no node has more results than `most`. */
export function splitInSteps(most: number): Rule {
  const split = (vector: Tensor, lengths: readonly number[]): Tensor[] => {
    if (lengths.length <= most) return splitAtOnce(vector, lengths);
    const parts = chunks(lengths, Math.ceil(lengths.length / most));
    const sums = parts.map((part) => part.reduce((sum, length) => sum + length, 0));
    return split(vector, sums).flatMap((piece, i) => split(piece, parts[i] as number[]));
  };
  return ([vector], { outputs }) =>
    split(
      vector as Tensor,
      outputs.map(({ shape }) => shape[0] as number),
    );
}
