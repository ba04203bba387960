import { ItamlError } from "../../base/errors.js";
import { differentiable, type Tensor } from "../graph.js";
import { elementCount, formatShape, type Shape } from "../shape.js";
import { add, cast, divide, multiply, squareRoot, subtract } from "./arithmetic.js";
import { reshape } from "./shaping.js";

/** What is added to a variance before its root is divided by. */
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
 * variance over the batch, then scaled and shifted. Composed of simple nodes: ONNX Runtime's own training mode
 * writes over its inputs on the CPU and doesn't exist on WebGPU.
 *
 * @param x [batch, channels, …]
 * @param scale [channels]
 * @param shift [channels]
 */
export function batchNormalization(x: Tensor, scale: Tensor, shift: Tensor): NormalizedBatch {
  const { graph } = x;
  const channel = channelShape("batchNormalization", x, scale, shift);
  const spread = (perChannel: Tensor) => reshape(perChannel, channel);
  const square = (a: Tensor) => graph.node("Mul", [a, a], { shape: a.shape });
  const mean = meanByChannel(x);
  const centred = graph.node("Sub", [x, spread(mean)], { shape: x.shape });
  const biased = meanByChannel(square(centred));
  const inverse = divide(graph.scalar(1), squareRoot(add(biased, graph.scalar(EPSILON))));
  const gain = multiply(scale, inverse);
  const output = affine(centred, gain, shift);

  /** Means over the batch of dy and dy·centred, shared by the three gradients. */
  const means = once((dy: Tensor) => ({
    upstream: meanByChannel(dy),
    correlation: meanByChannel(graph.node("Mul", [dy, centred], { shape: x.shape })),
  }));
  const samples = samplesByChannel(x);
  const minusGain = multiply(gain, graph.scalar(-1));
  const differentiated = differentiable(
    output,
    [x, scale, shift],
    [
      (dy) => {
        const { upstream, correlation } = means(dy);
        const slope = multiply(multiply(correlation, square(inverse)), minusGain);
        const level = multiply(upstream, minusGain);
        const dx = add(affine(dy, gain, level), multiply(centred, spread(slope)));
        withoutMean.add(dx);
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
    const samples = samplesByChannel(x);
    // A single sample of one element has no unbiased variance: its biased one, 0, is taken.
    const others = [subtract(samples, graph.scalar(1)), graph.scalar(1)];
    return divide(samples, graph.node("Max", others, { shape: [] }));
  });
}

/** Gradients of which every channel sums to 0, since what they belong to is normalised. */
const withoutMean = new WeakSet<Tensor>();

/** Whether every channel of a gradient sums to 0, but for rounding. */
export function sumsToZero(gradient: Tensor): boolean {
  return withoutMean.has(gradient);
}

/**
 * scale·x + shift, with numbers for each channel.
 *
 * @param x [batch, channels, …]
 * @param scale [channels], as `shift`
 */
function affine(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  return x.graph.node("ChannelAffine", [x, scale, shift], { shape: x.shape }, {}, "itaml");
}

/**
 * Batch normalisation in inference: by given statistics, which are constants to its gradient.
 *
 * @param x [batch, channels, …]
 * @param scale [channels], and so `shift`, `mean` and `variance`
 */
export function normalizeByStatistics(
  x: Tensor,
  scale: Tensor,
  shift: Tensor,
  mean: Tensor,
  variance: Tensor,
): Tensor {
  const channel = channelShape("normalizeByStatistics", x, scale, shift, mean, variance);
  const { graph } = x;
  const spread = (perChannel: Tensor) => reshape(perChannel, channel);
  const root = () => squareRoot(add(variance, graph.scalar(EPSILON)));
  return differentiable(
    normalize(x, [scale, shift, mean, variance], EPSILON),
    [x, scale, shift],
    [
      (dy) => multiply(dy, spread(divide(scale, root()))),
      (dy) => divide(sumByChannel(multiply(dy, subtract(x, spread(mean)))), root()),
      sumByChannel,
    ],
  );
}

function normalize(x: Tensor, perChannel: readonly Tensor[], epsilon: number): Tensor {
  return x.graph.node(
    "BatchNormalization",
    [x, ...perChannel],
    { shape: x.shape },
    { epsilon: { float: epsilon } },
  );
}

/** [channels, 1, …], in which values of channels stretch over x. */
function channelShape(caller: string, x: Tensor, ...perChannel: Tensor[]): number[] {
  const channels = x.shape[1];
  if (perChannel.some(({ shape }) => shape.length !== 1 || shape[0] !== channels)) {
    throw new ItamlError("GRAPH_INVALID", `${caller}: the shapes don't fit`, {
      expected: `[${channels}] for x ${formatShape(x.shape)}`,
      found: perChannel.map(({ shape }) => formatShape(shape)).join(", "),
    });
  }
  return [channels as number, ...x.shape.slice(2).map(() => 1)];
}

function sumByChannel(x: Tensor): Tensor {
  return multiply(meanByChannel(x), samplesByChannel(x));
}

/** In two steps, images and then batch: twice as fast as both at once. */
function meanByChannel(x: Tensor): Tensor {
  const mean = (of: Tensor, axes: readonly number[], shape: Shape) =>
    axes.length === 0 ? of : of.graph.node("ReduceMean", [of], { shape }, { axes, keepdims: 0 });
  const image = x.shape.flatMap((_, axis) => (axis > 1 ? [axis] : []));
  const byImage = mean(x, image, x.shape.slice(0, 2));
  return mean(byImage, [0], [x.shape[1] as number]);
}

/** Number of elements that each channel has in a batch, of shape []. */
function samplesByChannel(x: Tensor): Tensor {
  const { graph } = x;
  const [batch, , ...image] = x.shape;
  const places = elementCount(image);
  return graph.once(`samples ${batch}×${places}`, () => {
    const shape = graph.node("Shape", [x], { type: "int64", shape: [1] }, { start: 0, end: 1 });
    return multiply(reshape(cast(shape, "float32"), []), graph.scalar(places));
  });
}

/** Remembers what it made of its last argument. */
function once<From, To>(make: (from: From) => To): (from: From) => To {
  let last: { from: From; made: To } | undefined;
  return (from) => {
    if (last?.from !== from) last = { from, made: make(from) };
    return last.made;
  };
}
