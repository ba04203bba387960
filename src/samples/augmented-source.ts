import { seededRandom } from "../base/random.js";
import { type Augmentation, augment } from "./augmentation.js";
import type { SampleSource } from "./samples.js";

/**
 * A source of square pictures [channels, size, size] whose samples are augmented where they are read with a variation.
 *
 * @param source pixels
 */
export function augmentedSource(
  source: SampleSource,
  size: number,
  augmentation: Augmentation,
  seed: number,
): SampleSource {
  const { sampleSize } = source;
  const original = new Uint8Array(sampleSize);
  const scratch = new Uint8Array(sampleSize);
  const picture = {
    ...{ data: original, height: size, width: size, planar: true },
    channels: sampleSize / (size * size),
  };
  return {
    get length() {
      return source.length;
    },
    sampleSize,
    type: source.type,
    async read(indices, target, variation) {
      const unreadable = await source.read(indices, target);
      if (variation) {
        indices.forEach((index, position) => {
          const sample = target.subarray(position * sampleSize, (position + 1) * sampleSize);
          original.set(sample);
          const random = seededRandom(seed, "augmentation", ...variation, index);
          augment(picture, size, augmentation, random, sample as Uint8Array, scratch);
        });
      }
      return unreadable;
    },
  };
}
