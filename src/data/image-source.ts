import { seededRandom } from "../random.js";
import { type Augmentation, augment, centreCrop } from "./augmentation.js";
import { decodeImage } from "./image.js";
import type { SampleSource, Unreadable } from "./samples.js";

export interface ImageSourceOptions {
  /** Side of a sample, a square, in pixels. */
  readonly size: number;
  /** The shorter side to which a picture is scaled before it is cropped: as it is tested, and to be augmented. */
  readonly resize: { readonly test: number; readonly training: number };
  readonly augmentation: Augmentation;
  /** Of the augmentation. */
  readonly seed: number;
  /** What happens with a picture that can't be read: an error, or it is left out and counted. */
  readonly broken: "error" | "skip";
}

/**
 * Picture files as samples [3, size, size]. They are decoded when they are read, in libuv's threads, so a data set may
 * be larger than memory.
 */
export function imageSource(files: readonly string[], options: ImageSourceOptions): SampleSource {
  const { size, resize, augmentation, seed, broken } = options;
  const sampleSize = 3 * size * size;
  const scratch = new Uint8Array(sampleSize);
  return {
    length: files.length,
    sampleSize,
    type: "uint8",
    async read(indices, target, variation) {
      const side = variation ? resize.training : resize.test;
      const scaling = { height: side, width: side, fit: "outside" } as const;
      const unreadable: number[] = [];
      const readOne = async (index: number, position: number) => {
        const sample = target.subarray(position * sampleSize, (position + 1) * sampleSize);
        try {
          const picture = await decodeImage(files[index] as string, 3, scaling);
          if (!variation) return centreCrop(picture, size, sample as Uint8Array);
          const random = seededRandom(seed, "augmentation", ...variation, index);
          augment(picture, size, augmentation, random, sample as Uint8Array, scratch);
        } catch (error) {
          if (broken === "error") throw error;
          unreadable.push(position);
        }
      };
      // All are tried before the first error ends the reading, so that none is left running.
      const outcomes = await Promise.allSettled(indices.map(readOne));
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
      return unreadable.sort((a, b) => a - b) satisfies Unreadable;
    },
  };
}
