import { add, divide, multiply, squareRoot, subtract } from "../graph/operators/index.js";
import type { Tensor } from "../graph/tensor.js";
import { type AdamOptions, exponentialMoments } from "./adam.js";
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
    coefficients: ["adaptiveStep", "plainStep"],
    coefficientsAt(step, learningRate) {
      const decay = beta2 ** step;
      const length = maximumLength - (2 * step * decay) / (1 - decay);
      const corrected = learningRate / (1 - beta1 ** step);
      if (length < 5) return { adaptiveStep: 0, plainStep: corrected };
      const rectification = Math.sqrt(
        ((1 - decay) * (length - 4) * (length - 2) * maximumLength) /
          ((maximumLength - 4) * (maximumLength - 2) * length),
      );
      return { adaptiveStep: corrected * rectification, plainStep: 0 };
    },
    update(parameter, gradient, moments, { adaptiveStep, plainStep }) {
      const [first, second] = exponentialMoments(gradient, moments, beta1, beta2);
      // One of the two steps is 0: p − m·(adaptive/(√v + ε) + plain) needs no branch.
      const denominator = add(squareRoot(second), parameter.graph.scalar(epsilon));
      const stepSize = add(divide(adaptiveStep as Tensor, denominator), plainStep as Tensor);
      return {
        parameter: subtract(parameter, multiply(first, stepSize)),
        moments: [first, second],
      };
    },
  };
}
