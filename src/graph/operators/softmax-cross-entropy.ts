import { ItamlError } from "../../base/errors.js";
import { differentiable, type Tensor } from "../graph.js";
import { formatShape, sameShape } from "../shape.js";
import { multiply, subtract } from "./arithmetic.js";
import { sumOver } from "./broadcast.js";
import { logSoftmax, softmax } from "./softmax.js";

/**
 * Cross-entropy between softmax(logits) and targets, sample by sample: −Σ_c y_c·log softmax(x)_c. Its gradient by the
 * logits is softmax(x)·Σ_c y_c − y.
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
  const { graph } = logits;
  const sumOverClasses = (x: Tensor) => sumOver(x, [1], { keepDimensions: true });
  const logProbabilities = logSoftmax(logits);
  const loss = multiply(sumOverClasses(multiply(logProbabilities, targets)), graph.scalar(-1));
  return differentiable(
    loss,
    [logits, targets],
    [
      (dy) => {
        const slope = subtract(multiply(softmax(logits), sumOverClasses(targets)), targets);
        return multiply(dy, slope);
      },
      (dy) => multiply(multiply(dy, logProbabilities), graph.scalar(-1)),
    ],
  );
}
