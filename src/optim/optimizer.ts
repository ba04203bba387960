import type { Tensor } from "../graph/graph.js";

/** One optimiser as nodes of a graph; everything that changes from step to step comes from outside. */
export interface Optimizer {
  readonly name: string;
  /** Names of its moments: as many buffers of each parameter's size, zero at the start. */
  readonly moments: readonly string[];
  /** Names of the scalars that {@link coefficientsAt} gives. */
  readonly coefficients: readonly string[];
  /**
   * The scalars of one step.
   *
   * @param step counted from 1
   */
  coefficientsAt(step: number, learningRate: number): Readonly<Record<string, number>>;
  /**
   * Adds the nodes of one step for one parameter tensor; all tensors are of its shape, scalars of shape [].
   * A moment is read for nothing but its own next value, element by element: it is updated in place.
   */
  update(
    parameter: Tensor,
    gradient: Tensor,
    moments: readonly Tensor[],
    coefficients: Readonly<Record<string, Tensor>>,
  ): { parameter: Tensor; moments: Tensor[] };
}
