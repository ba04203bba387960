import type { Graph, Tensor } from "../graph/graph.js";
import { identity } from "../graph/operators/index.js";
import type { Optimizer } from "../optim/optimizer.js";

/** The next value of a parameter; of one without a gradient, and of its moments, what they are. */
export type ParameterUpdate = (
  name: "theta" | "classifier",
  parameter: Tensor,
  gradient: Tensor | undefined,
) => Tensor;

/** Declares an optimiser's step in a graph: its inputs and outputs are those of OptimizerMemory.bind. */
export function optimizerUpdate(graph: Graph, optimizer: Optimizer): ParameterUpdate {
  const coefficients = Object.fromEntries(
    optimizer.coefficients.map((name) => [name, graph.input(name, "float32", [])]),
  );
  return (name, parameter, gradient) => {
    const moments = optimizer.moments.map((moment) =>
      graph.input(`${moment}.${name}`, "float32", parameter.shape),
    );
    const next = gradient
      ? optimizer.update(parameter, gradient, moments, coefficients)
      : { parameter: identity(parameter), moments: moments.map(identity) };
    optimizer.moments.forEach((moment, i) => {
      graph.output(`next.${moment}.${name}`, next.moments[i] as Tensor);
    });
    return next.parameter;
  };
}
