import { ItamlError } from "../../base/errors.js";
import { differentiable, type Tensor } from "../graph.js";
import { elementCount, formatShape } from "../shape.js";
import { add, divide, maximum, multiply, squareRoot, subtract } from "./arithmetic.js";
import { alongChannels, channelAffine, channelMean, channelSize, channelSum } from "./channels.js";

/** What is added to a variance before its root is divided by, where a network doesn't say. */
const EPSILON = 1e-5;

/** A batch normalised by its own statistics, and these statistics, one for each channel. */
export interface NormalizedBatch {
  readonly output: Tensor;
  /** [channels] */
  readonly mean: Tensor;
  /** [channels], unbiased, as running statistics take it. */
  readonly variance: Tensor;
}

/**
 * Batch normalisation in training (Ioffe, Szegedy 2015): every channel is normalised by its mean and its biased
 * variance over the batch, then scaled and shifted.
 *
 * @param x [batch, channels, …]
 * @param scale [channels]
 * @param shift [channels]
 * @param epsilon added to the variance
 */
export function batchNormalization(
  x: Tensor,
  scale: Tensor,
  shift: Tensor,
  epsilon = EPSILON,
): NormalizedBatch {
  const { graph } = x;
  checkChannels("batchNormalization", x, scale, shift);
  const square = (a: Tensor) => multiply(a, a);
  const mean = channelMean(x);
  const centred = subtract(x, alongChannels(mean, x));
  const biased = channelMean(square(centred));
  const inverse = divide(graph.scalar(1), squareRoot(add(biased, graph.scalar(epsilon))));
  const gain = multiply(scale, inverse);
  const output = channelAffine(centred, gain, shift);

  /** Means over the batch of dy and dy·centred, shared by the three gradients. */
  const means = once((dy: Tensor) => ({
    upstream: channelMean(dy),
    correlation: channelMean(multiply(dy, centred)),
  }));
  const samples = channelSize(x);
  const minusGain = multiply(gain, graph.scalar(-1));
  const differentiated = differentiable(
    output,
    [x, scale, shift],
    [
      (dy) => {
        const { upstream, correlation } = means(dy);
        const slope = multiply(multiply(correlation, square(inverse)), minusGain);
        const level = multiply(upstream, minusGain);
        const scaled = channelAffine(dy, gain, level);
        const dx = add(scaled, multiply(centred, alongChannels(slope, x)));
        dx.sumsToZero = true;
        return dx;
      },
      (dy) => multiply(multiply(means(dy).correlation, inverse), samples),
      (dy) => multiply(means(dy).upstream, samples),
    ],
  );
  return { output: differentiated, mean, variance: multiply(biased, correction(x)) };
}

/** n/(n − 1) for the n elements that each channel has in a batch, of shape []. */
function correction(x: Tensor): Tensor {
  const { graph } = x;
  const [batch, , ...image] = x.shape;
  return graph.once(`correction ${batch}×${elementCount(image)}`, () => {
    const samples = channelSize(x);
    // A single sample of one element has no unbiased variance: its biased one, 0, is taken.
    const others = maximum(subtract(samples, graph.scalar(1)), graph.scalar(1));
    return divide(samples, others);
  });
}

/**
 * Whether a batch says anything of variances: 1 where each channel has several elements in it, 0 where it has one, of shape
 * []; undefined where a single sample has several.
 */
export function hasVariance(x: Tensor): Tensor | undefined {
  const { graph } = x;
  const [batch, , ...image] = x.shape;
  if (elementCount(image) !== 1) return undefined;
  return graph.once(`has variance ${batch}`, () => {
    const others = subtract(channelSize(x), graph.scalar(1));
    return divide(others, maximum(others, graph.scalar(1)));
  });
}

/**
 * Batch normalisation in inference, by given statistics.
 *
 * @param x [batch, channels, …]
 * @param scale [channels], and so `shift`, `mean` and `variance`
 * @param epsilon added to the variance
 */
export function normalizeByStatistics(
  x: Tensor,
  scale: Tensor,
  shift: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon = EPSILON,
): Tensor {
  checkChannels("normalizeByStatistics", x, scale, shift, mean, variance);
  const { graph } = x;
  const root = () => squareRoot(add(variance, graph.scalar(epsilon)));
  const slope = () => divide(scale, root());
  const correlation = (dy: Tensor) => channelSum(multiply(dy, subtract(x, alongChannels(mean, x))));
  const minus = (a: Tensor, factor: number) => multiply(a, graph.scalar(-factor));
  return graph.node(
    "BatchNormalization",
    [x, scale, shift, mean, variance],
    {
      shape: x.shape,
      derivative: [
        (dy) => multiply(dy, alongChannels(slope(), x)),
        (dy) => divide(correlation(dy), root()),
        channelSum,
        (dy) => minus(multiply(channelSum(dy), slope()), 1),
        (dy) => {
          const square = add(variance, graph.scalar(epsilon));
          return minus(divide(multiply(correlation(dy), slope()), square), 1 / 2);
        },
      ],
    },
    { epsilon: { float: epsilon } },
  );
}

function checkChannels(caller: string, x: Tensor, ...perChannel: Tensor[]): void {
  const channels = x.shape[1];
  if (perChannel.some(({ shape }) => shape.length !== 1 || shape[0] !== channels)) {
    throw new ItamlError("GRAPH_INVALID", `${caller}: the shapes don't fit`, {
      expected: `[${channels}] for x ${formatShape(x.shape)}`,
      found: perChannel.map(({ shape }) => formatShape(shape)).join(", "),
    });
  }
}

/** Remembers what it made of its last argument. */
function once<From, To>(make: (from: From) => To): (from: From) => To {
  let last: { from: From; made: To } | undefined;
  return (from) => {
    if (last?.from !== from) last = { from, made: make(from) };
    return last.made;
  };
}
