import { ItamlError } from "../../errors.js";
import { differentiable, elementCount, formatShape, type Shape, type Tensor } from "../tensor.js";
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
  const mean = meanByChannel(x);
  const centred = graph.node("Sub", [x, spread(mean)], { shape: x.shape });
  const square = (a: Tensor) => graph.node("Mul", [a, a], { shape: a.shape });
  const biased = meanByChannel(square(centred));
  const zero = graph.constant(new Float32Array(elementCount(scale.shape)), scale.shape as number[]);
  const output = normalize(centred, scale, shift, zero, biased);

  /** Means over the batch of dy and dy·centred, shared by the three gradients. */
  const means = once((dy: Tensor) => ({
    upstream: meanByChannel(dy),
    correlation: meanByChannel(graph.node("Mul", [dy, centred], { shape: x.shape })),
  }));
  const inverse = divide(graph.scalar(1), squareRoot(add(biased, graph.scalar(EPSILON))));
  const samples = samplesByChannel(x);
  const differentiated = differentiable(
    output,
    [x, scale, shift],
    [
      (dy) => {
        const { upstream, correlation } = means(dy);
        const gain = multiply(scale, inverse);
        const slope = multiply(multiply(gain, correlation), square(inverse));
        const level = multiply(gain, upstream);
        const minus = (perChannel: Tensor) => multiply(perChannel, graph.scalar(-1));
        return scaledSum(dy, gain, minus(level), multiply(centred, spread(minus(slope))));
      },
      (dy) => multiply(multiply(means(dy).correlation, inverse), samples),
      (dy) => multiply(means(dy).upstream, samples),
    ],
  );
  // A single sample of one element has no unbiased variance: its biased one, 0, is taken.
  const others = graph.node("Max", [subtract(samples, graph.scalar(1)), graph.scalar(1)], {
    shape: [],
  });
  return { output: differentiated, mean, variance: divide(multiply(biased, samples), others) };
}

/** Places of an image from which a convolution for each channel is faster than two passes. */
const LARGE_IMAGE = 256;

/**
 * scale·x + shift + other, with numbers for each channel.
 *
 * @param x [batch, channels, …], as `other`
 * @param scale [channels], as `shift`
 */
function scaledSum(x: Tensor, scale: Tensor, shift: Tensor, other: Tensor): Tensor {
  const { graph, shape } = x;
  const [channels] = scale.shape as [number];
  // ONNX Runtime's own convolution adds to what is there already: one pass.
  if (graph.options.channelBlock && x.rank === 4 && elementCount(shape.slice(2)) >= LARGE_IMAGE) {
    const kernel = reshape(scale, [channels, 1, 1, 1]);
    return graph.node(
      "FusedConv",
      [x, kernel, shift, other],
      { shape },
      { kernel_shape: [1, 1], group: channels },
      "com.microsoft",
    );
  }
  // The affine part in one pass, as a normalisation by mean 0 and variance 1.
  const filled = (value: number) =>
    graph.constant(new Float32Array(channels).fill(value), [channels]);
  const affine = graph.node(
    "BatchNormalization",
    [x, scale, shift, filled(0), filled(1)],
    { shape },
    { epsilon: { float: 0 } },
  );
  return add(affine, other);
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
    normalize(x, scale, shift, mean, variance),
    [x, scale, shift],
    [
      (dy) => multiply(dy, spread(divide(scale, root()))),
      (dy) => divide(sumByChannel(multiply(dy, subtract(x, spread(mean)))), root()),
      sumByChannel,
    ],
  );
}

function normalize(x: Tensor, ...statistics: Tensor[]): Tensor {
  return x.graph.node(
    "BatchNormalization",
    [x, ...statistics],
    { shape: x.shape },
    { epsilon: { float: EPSILON } },
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
  const shape = graph.node("Shape", [x], { type: "int64", shape: [1] }, { start: 0, end: 1 });
  const batch = reshape(cast(shape, "float32"), []);
  return multiply(batch, graph.scalar(elementCount(x.shape.slice(2))));
}

/** Remembers what it made of its last argument. */
function once<From, To>(make: (from: From) => To): (from: From) => To {
  let last: { from: From; made: To } | undefined;
  return (from) => {
    if (last?.from !== from) last = { from, made: make(from) };
    return last.made;
  };
}
