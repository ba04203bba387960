import { part } from "../base/part.js";
import { positive, share } from "../base/settings.js";
import type { Tensor } from "../graph/graph.js";
import { add, divide, multiply, squareRoot, subtract } from "../graph/operators/index.js";
import type { Optimizer } from "./optimizer.js";

/** Decay rates of the two moments, and the term that keeps the denominator from 0. */
export interface AdamOptions {
  beta1?: number | undefined;
  beta2?: number | undefined;
  epsilon?: number | undefined;
}

/** The new first and second moment of a gradient: exponential means of it and of its square. */
export function exponentialMoments(
  gradient: Tensor,
  [first, second]: readonly Tensor[],
  beta1: number,
  beta2: number,
): [Tensor, Tensor] {
  const { graph } = gradient;
  const mean = (old: Tensor, value: Tensor, beta: number) =>
    add(multiply(old, graph.scalar(beta)), multiply(value, graph.scalar(1 - beta)));
  return [
    mean(first as Tensor, gradient, beta1),
    mean(second as Tensor, multiply(gradient, gradient), beta2),
  ];
}

/** Adam (Kingma and Ba 2015, Algorithm 1): p ← p − lr·m̂/(√v̂ + ε). */
export function adam({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}): Optimizer {
  return {
    name: "adam",
    moments: ["first", "second"],
    coefficients: ["stepSize", "secondCorrection"],
    coefficientsAt: (step, learningRate) => ({
      stepSize: learningRate / (1 - beta1 ** step),
      secondCorrection: 1 / Math.sqrt(1 - beta2 ** step),
    }),
    update(parameter, gradient, moments, { stepSize, secondCorrection }) {
      const [first, second] = exponentialMoments(gradient, moments, beta1, beta2);
      const root = multiply(squareRoot(second), secondCorrection as Tensor);
      const denominator = add(root, parameter.graph.scalar(epsilon));
      const step = divide(multiply(first, stepSize as Tensor), denominator);
      return { parameter: subtract(parameter, step), moments: [first, second] };
    },
  };
}

/** Settings of Adam and of what is like it. */
export const adamSettings = {
  beta1: share.default(0.9).describe("Decay rate of the first moment."),
  beta2: share.default(0.999).describe("Decay rate of the second moment."),
  epsilon: positive.default(1e-8).describe("Added to the denominator."),
};

/** `optimizer: adam`. */
export const adamPart = part({
  name: "adam",
  title: "Adam",
  source: "Kingma and Ba 2015, Algorithm 1",
  settings: adamSettings,
  create: adam,
});
