import { ItamlError } from "../../base/errors.js";
import { differentiable, type Tensor } from "../graph.js";
import { formatShape, sameShape } from "../shape.js";
import { add, multiply, subtract } from "./arithmetic.js";

/**
 * Binary cross-entropy between sigmoid(logits) and targets, element by element, in the form that
 * can't overflow: max(x, 0) − x·y + log(1 + exp(−|x|)). Its gradient by the logits is sigmoid(x) − y;
 * targets are constants to it.
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
  const apply = (operator: string, x: Tensor) => graph.node(operator, [x], { shape: logits.shape });
  const magnitude = apply("Abs", logits);
  const logTerm = apply("Softplus", multiply(magnitude, graph.scalar(-1)));
  const loss = add(subtract(apply("Relu", logits), multiply(logits, targets)), logTerm);
  return differentiable(
    loss,
    [logits],
    [(dy) => multiply(dy, subtract(apply("Sigmoid", logits), targets))],
  );
}
