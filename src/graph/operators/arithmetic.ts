import type { Derivative, Tensor } from "../graph.js";
import type { ElementType } from "../shape.js";
import { broadcastShape, sumToShapeOf } from "./broadcast.js";

function elementwise(operator: string, a: Tensor, b: Tensor, derivative: Derivative): Tensor {
  const shape = broadcastShape(operator.toLowerCase(), a, b);
  return a.graph.node(operator, [a, b], { type: a.type, shape, derivative });
}

/** a + b, element by element, broadcast. */
export function add(a: Tensor, b: Tensor): Tensor {
  return elementwise("Add", a, b, [(dy) => sumToShapeOf(a, dy), (dy) => sumToShapeOf(b, dy)]);
}

/** a − b, element by element, broadcast. */
export function subtract(a: Tensor, b: Tensor): Tensor {
  return elementwise("Sub", a, b, [
    (dy) => sumToShapeOf(a, dy),
    (dy) => sumToShapeOf(b, multiply(dy, a.graph.scalar(-1))),
  ]);
}

/** a · b, element by element, broadcast. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  return elementwise("Mul", a, b, [
    (dy) => sumToShapeOf(a, multiply(dy, b)),
    (dy) => sumToShapeOf(b, multiply(dy, a)),
  ]);
}

/** a / b, element by element, broadcast. */
export function divide(a: Tensor, b: Tensor): Tensor {
  const quotient = elementwise("Div", a, b, [
    (dy) => sumToShapeOf(a, divide(dy, b)),
    (dy) => sumToShapeOf(b, multiply(divide(multiply(dy, quotient), b), a.graph.scalar(-1))),
  ]);
  return quotient;
}

/** The larger of a and b, element by element, broadcast; of equal ones a gets the gradient. */
export function maximum(a: Tensor, b: Tensor): Tensor {
  const { graph } = a;
  const isFirst = () => {
    const shape = broadcastShape("maximum", a, b);
    const inputs = [a, b];
    return cast(
      graph.node("GreaterOrEqual", inputs, { type: "bool", shape, derivative: "constant" }),
      "float32",
    );
  };
  return elementwise("Max", a, b, [
    (dy) => sumToShapeOf(a, multiply(dy, isFirst())),
    (dy) => sumToShapeOf(b, multiply(dy, subtract(graph.scalar(1), isFirst()))),
  ]);
}

/** √x, element by element. */
export function squareRoot(x: Tensor): Tensor {
  const root = x.graph.node("Sqrt", [x], {
    shape: x.shape,
    derivative: [(dy) => divide(multiply(dy, x.graph.scalar(0.5)), root)],
  });
  return root;
}

/** x^exponent, element by element. */
export function power(x: Tensor, exponent: number): Tensor {
  const { graph, shape } = x;
  const slope = () => multiply(power(x, exponent - 1), graph.scalar(exponent));
  return graph.node("Pow", [x, graph.scalar(exponent)], {
    shape,
    // 0·x^(−1) isn't 0 at 0.
    derivative: [exponent === 0 ? "constant" : (dy) => multiply(dy, slope()), "constant"],
  });
}

/** |x|, element by element; the gradient at 0 is 0. */
export function absolute(x: Tensor): Tensor {
  const { graph, shape } = x;
  const sign = () => graph.node("Sign", [x], { shape, derivative: "constant" });
  return graph.node("Abs", [x], { shape, derivative: [(dy) => multiply(dy, sign())] });
}

/** Elements below `minimum` raised to it; they get no gradient. */
export function atLeast(x: Tensor, minimum: number): Tensor {
  const { graph, shape } = x;
  return graph.node("Clip", [x, graph.scalar(minimum)], {
    shape,
    derivative: [(dy) => multiply(dy, isAbove(x, minimum)), "constant"],
  });
}

/** 1 where an element is above a limit, 0 elsewhere. */
export function isAbove(x: Tensor, limit: number): Tensor {
  const { graph, shape } = x;
  const derivative = "constant";
  const inputs = [x, graph.scalar(limit)];
  return cast(graph.node("Greater", inputs, { type: "bool", shape, derivative }), "float32");
}

/** The same values under another name. */
export function identity(x: Tensor): Tensor {
  const { graph, type, shape } = x;
  return graph.node("Identity", [x], { type, shape, derivative: [(dy) => dy] });
}

/** The same values as another element type. What isn't float32 changes in steps: it has the gradient 0. */
export function cast(x: Tensor, type: ElementType): Tensor {
  const { graph, shape } = x;
  const onnxType = { float32: 1, uint8: 2, int64: 7, bool: 9 }[type];
  // A whole number as a real one has the gradient of its real value, a truth value has none.
  const continuous = type === "float32" && x.type !== "bool";
  const derivative: Derivative = continuous ? [(dy) => dy] : "constant";
  return graph.node("Cast", [x], { type, shape, derivative }, { to: onnxType });
}
