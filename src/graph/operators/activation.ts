import { ABSTRACT, type Tensor } from "../graph.js";
import {
  absolute,
  atLeast,
  divide,
  isAbove,
  multiply,
  squareRoot,
  subtract,
} from "./arithmetic.js";

/** 1 / (1 + exp(−x)), element by element. */
export function sigmoid(x: Tensor): Tensor {
  const { graph, shape } = x;
  const y = graph.node("Sigmoid", [x], {
    shape,
    derivative: [(dy) => multiply(dy, multiply(y, subtract(graph.scalar(1), y)))],
  });
  return y;
}

/** log(1 + exp(x)), element by element. */
export function softplus(x: Tensor): Tensor {
  const { graph, shape } = x;
  return graph.node("Softplus", [x], { shape, derivative: [(dy) => multiply(dy, sigmoid(x))] });
}

/** max(x, 0), element by element; the gradient at 0 is 0. */
export function relu(x: Tensor): Tensor {
  const { graph, shape } = x;
  const y = graph.node("Relu", [x], {
    shape,
    derivative: [(dy) => multiply(dy, isPositive(y))],
  });
  return y;
}

/** 1 where an element is above 0, 0 elsewhere. */
export function isPositive(x: Tensor): Tensor {
  const { graph, shape } = x;
  return graph.node("IsPositive", [x], { shape, derivative: "constant" }, {}, ABSTRACT);
}

/** x/6 + 1/2 within 0..1, element by element: a sigmoid of three straight lines (Howard et al. 2019, section 5.2). */
export function hardSigmoid(x: Tensor): Tensor {
  const { graph, shape } = x;
  const slope = () => multiply(subtract(isAbove(x, -3), isAbove(x, 3)), graph.scalar(1 / 6));
  return graph.node(
    "HardSigmoid",
    [x],
    { shape, derivative: [(dy) => multiply(dy, slope())] },
    { alpha: { float: 1 / 6 }, beta: { float: 0.5 } },
  );
}

/** x · {@link hardSigmoid}(x), element by element (Howard et al. 2019, section 5.2). */
export function hardSwish(x: Tensor): Tensor {
  return multiply(x, hardSigmoid(x));
}

/** sign(x)·√|x|, element by element; nearer to 0 than 10⁻¹² a straight line, as the slope there has no end. */
export function signedRoot(x: Tensor): Tensor {
  return divide(x, squareRoot(atLeast(absolute(x), 1e-12)));
}
