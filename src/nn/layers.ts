import type { Tensor } from "../graph/graph.js";
import { hasVariance } from "../graph/operators/batch-normalization.js";
import {
  add,
  batchNormalization,
  convolution,
  multiply,
  normalizeByStatistics,
  subtract,
  type WindowOptions,
} from "../graph/operators/index.js";
import { constantly, kaimingNormal, uniformByFanIn } from "./initialization.js";
import type { Scope } from "./network.js";

export interface ConvolutionLayer extends WindowOptions {
  /** Of the output. */
  readonly channels: number;
  /** Side of the kernel, a square. */
  readonly kernel: number;
  /** Default: none. */
  readonly bias?: boolean;
  /** Default: 1. */
  readonly groups?: number;
}

export interface BatchNormalizationLayer {
  /** How much of a batch's statistics goes into the running ones. Default: 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default: 1e-5. */
  readonly epsilon?: number;
}

/**
 * A convolution with its parameters `NAME.weight` and, where asked for, `NAME.bias`.
 *
 * @param x [batch, in, height, width]
 * @returns [batch, channels, height', width']
 */
export function convolutionLayer(
  scope: Scope,
  name: string,
  x: Tensor,
  { channels, kernel, bias = false, groups = 1, ...window }: ConvolutionLayer,
): Tensor {
  const inputs = (x.shape[1] as number) / groups;
  const shape = [channels, inputs, kernel, kernel];
  const weight = scope.parameter(`${name}.weight`, shape, kaimingNormal(channels * kernel ** 2));
  const initialBias = uniformByFanIn(inputs * kernel ** 2);
  return convolution(x, weight, {
    ...window,
    groups,
    ...(bias && { bias: scope.parameter(`${name}.bias`, [channels], initialBias) }),
  });
}

/**
 * Batch normalisation with its parameters `NAME.weight` and `NAME.bias` and its running statistics: a batch's own
 * statistics in training, the running ones in inference.
 *
 * @param x [batch, channels, …]
 */
export function batchNormalizationLayer(
  scope: Scope,
  name: string,
  x: Tensor,
  { momentum = 0.1, epsilon }: BatchNormalizationLayer = {},
): Tensor {
  const channels = [x.shape[1] as number];
  const scale = scope.parameter(`${name}.weight`, channels, constantly(1));
  const shift = scope.parameter(`${name}.bias`, channels, constantly(0));
  const [meanName, varianceName] = [`${name}.running_mean`, `${name}.running_var`];
  const mean = scope.statistic(meanName, channels, 0);
  const variance = scope.statistic(varianceName, channels, 1);
  if (!scope.training) return normalizeByStatistics(x, scale, shift, mean, variance, epsilon);
  const normalized = batchNormalization(x, scale, shift, epsilon);
  scope.updateStatistic(meanName, moveTowards(mean, normalized.mean, momentum));
  const known = hasVariance(x);
  const ofBatch = known
    ? // A sample alone has none: the running one stays.
      add(
        multiply(normalized.variance, known),
        multiply(variance, subtract(x.graph.scalar(1), known)),
      )
    : normalized.variance;
  scope.updateStatistic(varianceName, moveTowards(variance, ofBatch, momentum));
  return normalized.output;
}

function moveTowards(running: Tensor, batch: Tensor, momentum: number): Tensor {
  const { graph } = running;
  return add(
    multiply(running, graph.scalar(1 - momentum)),
    multiply(batch, graph.scalar(momentum)),
  );
}
