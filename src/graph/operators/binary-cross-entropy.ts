import { ItamlError } from "../../base/errors.js";
import { differentiable, type Tensor } from "../graph.js";
import { formatShape, sameShape } from "../shape.js";
import { relu, sigmoid, softplus } from "./activation.js";
import { absolute, add, multiply, subtract } from "./arithmetic.js";

/**
 * Binary cross-entropy between sigmoid(logits) and targets, element by element, in the form that
 * can't overflow: max(x, 0) − x·y + log(1 + exp(−|x|)). Its gradient by the logits is sigmoid(x) − y.
 *
 * @param logits [batch, classes]
 * @param targets [batch, classes], in 0..1
 * @returns [batch, classes]
 */
export function binaryCrossEntropyWithLogits(logits: Tensor, targets: Tensor): Tensor {
  if (!sameShape(logits.shape, targets.shape)) {
    throw new ItamlError("GRAPH_INVALID", "binaryCrossEntropyWithLogits: the shapes differ", {
      found: `logits ${formatShape(logits.shape)} and targets ${formatShape(targets.shape)}`,
    });
  }
  const { graph } = logits;
  const logTerm = softplus(multiply(absolute(logits), graph.scalar(-1)));
  const loss = add(subtract(relu(logits), multiply(logits, targets)), logTerm);
  return differentiable(
    loss,
    [logits, targets],
    [
      (dy) => multiply(dy, subtract(sigmoid(logits), targets)),
      (dy) => multiply(dy, multiply(logits, graph.scalar(-1))),
    ],
  );
}
