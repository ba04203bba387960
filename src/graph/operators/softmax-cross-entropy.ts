import { ItamlError } from "../../base/errors.js";
import { differentiable, type Tensor } from "../graph.js";
import { formatShape, sameShape } from "../shape.js";
import { multiply, subtract } from "./arithmetic.js";

/**
 * Cross-entropy between softmax(logits) and targets, sample by sample: −Σ_c y_c·log softmax(x)_c. Its gradient by the
 * logits is softmax(x)·Σ_c y_c − y; targets are constants to it.
 *
 * @param logits [batch, classes]
 * @param targets [batch, classes], probabilities: one class's or those of several
 * @returns [batch, 1]
 */
export function softmaxCrossEntropyWithLogits(logits: Tensor, targets: Tensor): Tensor {
  if (logits.rank !== 2 || !sameShape(logits.shape, targets.shape)) {
    throw new ItamlError("GRAPH_INVALID", "softmaxCrossEntropyWithLogits: the shapes don't fit", {
      expected: "both [batch, classes]",
      found: `logits ${formatShape(logits.shape)} and targets ${formatShape(targets.shape)}`,
    });
  }
  const { graph, shape } = logits;
  const sumOverClasses = (x: Tensor) =>
    graph.node(
      "ReduceSum",
      [x, graph.integers([1])],
      { shape: [shape[0] as number, 1] },
      { keepdims: 1 },
    );
  const logProbabilities = graph.node("LogSoftmax", [logits], { shape }, { axis: 1 });
  const loss = multiply(sumOverClasses(multiply(logProbabilities, targets)), graph.scalar(-1));
  return differentiable(
    loss,
    [logits],
    [
      (dy) => {
        const probabilities = graph.node("Softmax", [logits], { shape }, { axis: 1 });
        const slope = subtract(multiply(probabilities, sumOverClasses(targets)), targets);
        return multiply(dy, slope);
      },
    ],
  );
}
