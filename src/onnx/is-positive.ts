import type { Tensor } from "../graph/graph.js";
import { isAbove } from "../graph/operators/index.js";
import type { Rule } from "./lower.js";
import { write } from "./write.js";

export const byComparison: Rule = ([x]) => isAbove(x as Tensor, 0);

/** As a slope it carries every normal number above 0 beyond 1. */
const STEEP = 3e38;

/** min(max(x·steep, 0), 1): one pass, where a comparison and its conversion to numbers are two. */
export const bySlope: Rule = ([x]) =>
  write("HardSigmoid", [x as Tensor], (x as Tensor).shape, {
    alpha: { float: STEEP },
    beta: { float: 0 },
  });
