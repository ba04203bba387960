import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import { share } from "../base/settings.js";
import type { Tensor } from "../graph/graph.js";
import { add, multiply, subtract } from "../graph/operators/index.js";
import type { Optimizer } from "./optimizer.js";

/**
 * Stochastic gradient descent as PyTorch has it: g ← ∇ + weightDecay·p, m ← momentum·m + g, p ← p − lr·m.
 * Without momentum there is no moment.
 */
export function sgd({ momentum = 0, weightDecay = 0 } = {}): Optimizer {
  return {
    name: "sgd",
    moments: momentum === 0 ? [] : ["momentum"],
    coefficients: ["learningRate"],
    coefficientsAt: (_step, learningRate) => ({ learningRate }),
    update(parameter, gradient, [velocity], { learningRate }) {
      const { graph } = parameter;
      let step = gradient;
      if (weightDecay !== 0) step = add(step, multiply(parameter, graph.scalar(weightDecay)));
      if (velocity) step = add(multiply(velocity, graph.scalar(momentum)), step);
      return {
        parameter: subtract(parameter, multiply(step, learningRate as Tensor)),
        moments: velocity ? [step] : [],
      };
    },
  };
}

/** `optimizer: sgd`. */
export const sgdPart = part({
  name: "sgd",
  title: "stochastic gradient descent",
  settings: {
    momentum: share.default(0).describe("Share of the last step in the next."),
    weightDecay: z.number().min(0).default(0).describe("Times a parameter, added to its gradient."),
  },
  create: sgd,
});
