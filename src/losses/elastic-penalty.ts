import type { Tensor } from "../graph/graph.js";
import { add, multiply, splitVector, subtract, sum } from "../graph/operators/index.js";
import { elementCount } from "../graph/shape.js";
import type { TaskModel } from "../model/model.js";
import type { Value } from "../runtime/runtime.js";
import { crossEntropy } from "./cross-entropy.js";
import type { Loss } from "./loss.js";

/** Numbers beside each parameter of θ and of the classifier. */
export type Parameters = Pick<TaskModel, "theta" | "classifier">;

/**
 * Cross-entropy + λ/2·Σ_j F_j·(θ_j − θ*_j)² over all parameters (Kirkpatrick et al. 2017, equation 3). A
 * micro-batch brings what {@link elasticInputs} makes.
 */
export function elasticCrossEntropy(lambda: number): Loss {
  return {
    build(tensors) {
      const { parameters, classifier } = tensors;
      const { graph } = classifier;
      const shapes = parameters.map(({ shape }) => shape as readonly number[]);
      const size = shapes.reduce((total, shape) => total + elementCount(shape), 0);
      const declare = (name: string) => [
        ...splitVector(graph.input(`${name}.theta`, "float32", [size]), shapes),
        graph.input(`${name}.classifier`, "float32", classifier.shape),
      ];
      const [importances, anchors] = [declare("importance"), declare("anchor")];
      const penalties = [...parameters, classifier].map((parameter, i) => {
        const moved = subtract(parameter, anchors[i] as Tensor);
        return sum(multiply(multiply(moved, moved), importances[i] as Tensor));
      });
      const penalty = multiply(penalties.reduce(add), graph.scalar(lambda / 2));
      return add(crossEntropy.build(tensors), penalty);
    },
    inputs: ({ lossInputs = {} }) => lossInputs,
  };
}

/**
 * @param importances F
 * @param anchors θ*
 */
export function elasticInputs(
  importances: Parameters,
  anchors: Parameters,
  featureSize: number,
): Record<string, Value> {
  const values = (name: string, { theta, classifier }: Parameters) => ({
    [`${name}.theta`]: { data: theta, shape: [theta.length] },
    [`${name}.classifier`]: {
      data: classifier,
      shape: [classifier.length / featureSize, featureSize],
    },
  });
  return { ...values("importance", importances), ...values("anchor", anchors) };
}
