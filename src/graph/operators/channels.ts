import { ABSTRACT, type Tensor } from "../graph.js";
import { elementCount } from "../shape.js";
import { cast, divide, multiply } from "./arithmetic.js";
import { stretch } from "./broadcast.js";
import { reshape } from "./shaping.js";

/**
 * The mean of each channel over batch and places.
 *
 * @param x [batch, channels, …]
 * @returns [channels]
 */
export function channelMean(x: Tensor): Tensor {
  return ofChannels("ChannelMean", x, (dy) => divide(dy, channelSize(x)));
}

/**
 * The sum of each channel over batch and places.
 *
 * @param x [batch, channels, …]
 * @returns [channels]
 */
export function channelSum(x: Tensor): Tensor {
  if (x.sumsToZero) {
    const [, channels] = x.shape as [unknown, number];
    return x.graph.constant(new Float32Array(channels), [channels]);
  }
  return ofChannels("ChannelSum", x, (dy) => dy);
}

function ofChannels(operator: string, x: Tensor, slope: (upstream: Tensor) => Tensor): Tensor {
  const derivative = [(dy: Tensor) => stretch(alongChannels(slope(dy), x), x)];
  const shape = [x.shape[1] as number];
  return x.graph.node(operator, [x], { shape, derivative }, {}, ABSTRACT);
}

/**
 * scale·x + shift, with numbers for each channel.
 *
 * @param x [batch, channels, …]
 * @param scale [channels], as `shift`
 */
export function channelAffine(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  return x.graph.node(
    "ChannelAffine",
    [x, scale, shift],
    {
      shape: x.shape,
      derivative: [
        (dy) => multiply(dy, alongChannels(scale, x)),
        (dy) => channelSum(multiply(dy, x)),
        channelSum,
      ],
    },
    {},
    ABSTRACT,
  );
}

/** [channels] as [channels, 1, …], which stretches over x [batch, channels, …]. */
export function alongChannels(perChannel: Tensor, x: Tensor): Tensor {
  return reshape(perChannel, [...perChannel.shape, ...x.shape.slice(2).map(() => 1)]);
}

/** Number of elements that each channel has in a batch, of shape []. */
export function channelSize(x: Tensor): Tensor {
  const { graph } = x;
  const [batch, , ...image] = x.shape;
  const places = elementCount(image);
  return graph.once(`samples ${batch}×${places}`, () => {
    const derivative = "constant";
    const output = { type: "int64", shape: [1], derivative } as const;
    const shape = graph.node("Shape", [x], output, { start: 0, end: 1 });
    return multiply(reshape(cast(shape, "float32"), []), graph.scalar(places));
  });
}
