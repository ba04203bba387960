import { differentiable, type Tensor } from "../graph.js";
import type { ElementType } from "../shape.js";
import { broadcastShape, sumToShapeOf } from "./broadcast.js";

function elementwise(operator: string, a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShape(operator.toLowerCase(), a, b);
  return a.graph.node(operator, [a, b], { type: a.type, shape });
}

/** a + b, element by element, broadcast. */
export function add(a: Tensor, b: Tensor): Tensor {
  return differentiable(
    elementwise("Add", a, b),
    [a, b],
    [(dy) => sumToShapeOf(a, dy), (dy) => sumToShapeOf(b, dy)],
  );
}

/** a − b, element by element, broadcast. */
export function subtract(a: Tensor, b: Tensor): Tensor {
  return differentiable(
    elementwise("Sub", a, b),
    [a, b],
    [(dy) => sumToShapeOf(a, dy), (dy) => sumToShapeOf(b, multiply(dy, a.graph.scalar(-1)))],
  );
}

/** a · b, element by element, broadcast. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  return differentiable(
    elementwise("Mul", a, b),
    [a, b],
    [(dy) => sumToShapeOf(a, multiply(dy, b)), (dy) => sumToShapeOf(b, multiply(dy, a))],
  );
}

/** a / b, element by element, broadcast. */
export function divide(a: Tensor, b: Tensor): Tensor {
  const quotient = elementwise("Div", a, b);
  return differentiable(
    quotient,
    [a, b],
    [
      (dy) => sumToShapeOf(a, divide(dy, b)),
      (dy) => sumToShapeOf(b, multiply(divide(multiply(dy, quotient), b), a.graph.scalar(-1))),
    ],
  );
}

/** √x, element by element. */
export function squareRoot(x: Tensor): Tensor {
  const root = x.graph.node("Sqrt", [x], { shape: x.shape });
  return differentiable(root, [x], [(dy) => divide(multiply(dy, x.graph.scalar(0.5)), root)]);
}

/** The same values as another element type. Has no gradient. */
export function cast(x: Tensor, type: ElementType): Tensor {
  const onnxType = { float32: 1, uint8: 2, int64: 7, bool: 9 }[type];
  return x.graph.node("Cast", [x], { type, shape: x.shape }, { to: onnxType });
}
