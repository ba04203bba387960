import { part } from "../base/part.js";
import type { Tensor } from "../graph/graph.js";
import { add, divide, multiply, squareRoot, subtract } from "../graph/operators/index.js";
import { type AdamOptions, adamSettings, exponentialMoments } from "./adam.js";
import type { Optimizer } from "./optimizer.js";

/**
 * Rectified Adam (Liu et al. 2020, Algorithm 2), the variant that the authors of iTAML train with: while the
 * length of the approximated moving average is below 5, the step is the bias-corrected first moment alone.
 */
export function radam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}): Optimizer {
  const maximumLength = 2 / (1 - beta2) - 1;
  return {
    name: "radam",
    moments: ["first", "second"],
    coefficients: ["rootWeight", "constant"],
    coefficientsAt(step, learningRate) {
      const decay = beta2 ** step;
      const length = maximumLength - (2 * step * decay) / (1 - decay);
      const corrected = learningRate / (1 - beta1 ** step);
      if (length < 5) return { rootWeight: 0, constant: 1 / corrected };
      const rectification = Math.sqrt(
        ((1 - decay) * (length - 4) * (length - 2) * maximumLength) /
          ((maximumLength - 4) * (maximumLength - 2) * length),
      );
      const stepSize = corrected * rectification;
      return { rootWeight: 1 / stepSize, constant: epsilon / stepSize };
    },
    update(parameter, gradient, moments, { rootWeight, constant }) {
      const [first, second] = exponentialMoments(gradient, moments, beta1, beta2);
      // p − m/(weight·√v + constant) is either step: the weight of the plain one is 0.
      const root = multiply(squareRoot(second), rootWeight as Tensor);
      const step = divide(first, add(root, constant as Tensor));
      return { parameter: subtract(parameter, step), moments: [first, second] };
    },
  };
}

/** `optimizer: radam`. */
export const radamPart = part({
  name: "radam",
  title: "rectified Adam",
  source: "Liu et al. 2020, Algorithm 2, as the authors of iTAML have it",
  settings: adamSettings,
  create: radam,
});
