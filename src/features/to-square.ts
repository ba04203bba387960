import { copyWindow } from "../samples/augmentation.js";

/**
 * A picture in the size that a network takes, in three channels.
 *
 * @param sample planar, [channels, height, width]; one channel is grey
 * @param target planar, [3, size, size]
 */
export async function toSquare(
  sample: Uint8Array,
  [channels, height, width]: readonly [number, number, number],
  size: number,
  target: Uint8Array,
): Promise<void> {
  const plane = size * size;
  const own = target.subarray(0, channels * plane);
  if (height === size && width === size) own.set(sample);
  else {
    const { sharp } = await import("../data/sharp.js");
    // All channels at once: a third of the time.
    const raw = { width, height, channels: channels as 1 | 3 };
    const scaled = sharp(interleaved(sample, channels), { raw })
      .resize({ width: size, height: size, fit: "fill" })
      .toColourspace(channels === 1 ? "b-w" : "srgb");
    const data = await scaled.raw().toBuffer();
    const window = { top: 0, left: 0, height: size, width: size };
    copyWindow({ data, channels, height: size, width: size, planar: false }, window, own);
  }
  for (let channel = channels; channel < 3; channel++) target.copyWithin(channel * plane, 0, plane);
}

/** From planar to [height, width, channels]. */
function interleaved(sample: Uint8Array, channels: number): Uint8Array {
  const plane = sample.length / channels;
  return sample.map((_, i) => sample[(i % channels) * plane + Math.floor(i / channels)] as number);
}
