import type { Tensor } from "../graph/graph.js";
import type { Initializer } from "./initialization.js";

/** What a network asks for while it is written down as a graph. */
export interface Scope {
  /** Whether the graph trains (batch statistics) or infers (running statistics). */
  readonly training: boolean;
  /** A parameter that training changes. Names are unique within a network. */
  parameter(name: string, shape: readonly number[], initialize: Initializer): Tensor;
  /** A running statistic: kept with the parameters, changed by {@link updateStatistic} instead of a gradient. */
  statistic(name: string, shape: readonly number[], initialValue: number): Tensor;
  /** In training: the statistic's value after this batch. */
  updateStatistic(name: string, value: Tensor): void;
}

/** A feature extractor θ, as a function of a graph. */
export interface Network {
  readonly name: string;
  /** What it starts from in place of random values: `pretrained`, or a file. Whoever makes the model reads it. */
  readonly weights?: string | undefined;
  /**
   * Whether a picture's features are the mean of its own and its mirror image's, in all but training: herding, heads and
   * predictions cost twice as much. Default: no.
   */
  readonly mirrored?: boolean | undefined;
  /**
   * @param scope hands out parameters
   * @param x normalised input, float32 [batch, ...inputShape]
   * @returns features, [batch, size]
   */
  features(scope: Scope, x: Tensor): Tensor;
}
