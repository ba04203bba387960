import { stat } from "node:fs/promises";
import { ItamlError } from "../base/errors.js";
import { limiter } from "../base/limiter.js";
import { seededRandom } from "../base/random.js";
import { isSystemError } from "../files/system-errors.js";
import { type Augmentation, augment, centreCrop, type Picture } from "../samples/augmentation.js";
import type { SampleSource, Unreadable } from "../samples/samples.js";
import { decodeImage } from "./image.js";

/** Files that are open at a time: more than there are threads, and fewer than the smallest limits of systems. */
const AT_ONCE = 16;

export interface ImageSourceOptions {
  /** Side of a sample, a square, in pixels. */
  readonly size: number;
  /** The shorter side to which a picture is scaled before it is cropped: as it is tested, and to be augmented. */
  readonly resize: { readonly test: number; readonly training: number };
  /** What shows through where a picture is clear. */
  readonly background?: string | undefined;
  readonly augmentation: Augmentation;
  /** Of the augmentation. */
  readonly seed: number;
  /** What happens with a picture that can't be read: an error, or it is left out and counted. */
  readonly broken: "error" | "skip";
}

/** Reads a picture, scaled so that its shorter side has so many pixels; undefined where it is broken. */
export type PictureReader = (index: number, side: number) => Promise<Picture | undefined>;

/**
 * Picture files as samples [3, size, size]. They are decoded when they are read, in libuv's threads, so a data set may
 * be larger than memory. What changes after it was first read, or goes away, ends the reading with DATASET_CHANGED: the
 * rest would learn from other data than the start.
 */
export function imageSource(files: readonly string[], options: ImageSourceOptions): SampleSource {
  return pictureSource(files.length, pictureReader(files, options), options);
}

/** Reads picture files. */
export function pictureReader(
  files: readonly string[],
  { background, broken }: Pick<ImageSourceOptions, "background" | "broken">,
): PictureReader {
  const refuseChanged = changeGuard(files);
  const inTurn = limiter(AT_ONCE);
  const readOne: PictureReader = async (index, side) => {
    const file = files[index] as string;
    const scaling = { height: side, width: side, fit: "outside" } as const;
    try {
      await refuseChanged(index);
      return await decodeImage(file, 3, { background, scaling });
    } catch (error) {
      const isBroken = error instanceof ItamlError && error.code === "IMAGE_INVALID";
      if (broken === "error" || !isBroken) throw error;
      if (isMissing(error.cause)) throw changed(file, "no such file");
      return undefined;
    }
  };
  return (index, side) => inTurn(() => readOne(index, side));
}

/** Pictures, wherever they are kept, as samples [3, size, size]. */
export function pictureSource(
  length: number,
  readPicture: PictureReader,
  { size, resize, augmentation, seed }: ImageSourceOptions,
): SampleSource {
  const sampleSize = 3 * size * size;
  const scratch = new Uint8Array(sampleSize);
  return {
    ...{ length, sampleSize, type: "uint8" },
    async read(indices, target, variation) {
      const unreadable: number[] = [];
      const readOne = async (index: number, position: number) => {
        const sample = target.subarray(position * sampleSize, (position + 1) * sampleSize);
        const picture = await readPicture(index, variation ? resize.training : resize.test);
        if (!picture) return unreadable.push(position);
        if (!variation) return centreCrop(picture, size, sample as Uint8Array);
        const random = seededRandom(seed, "augmentation", ...variation, index);
        augment(picture, size, augmentation, random, sample as Uint8Array, scratch);
      };
      // All are tried before the first error ends the reading, so that none is left running.
      const outcomes = await Promise.allSettled(indices.map(readOne));
      for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
      return unreadable.sort((a, b) => a - b) satisfies Unreadable;
    },
  };
}

/** Says of a file whether it's the one that was read first, by its size and its time of change. */
function changeGuard(files: readonly string[]): (index: number) => Promise<void> {
  const sizes = new Float64Array(files.length).fill(Number.NaN);
  const times = new Float64Array(files.length);
  return async (index) => {
    const file = files[index] as string;
    const isFirst = Number.isNaN(sizes[index]);
    const stats = await stat(file).catch((error) => {
      if (!isFirst && isMissing(error)) throw changed(file, "no such file");
    });
    // The reader says what is wrong.
    if (!stats) return;
    const { size, mtimeMs } = stats;
    if (!isFirst && (size !== sizes[index] || mtimeMs !== times[index])) {
      throw changed(file, `${size} bytes of ${new Date(mtimeMs).toISOString()}`);
    }
    sizes[index] = size;
    times[index] = mtimeMs;
  };
}

function isMissing(error: unknown): boolean {
  return isSystemError(error) && error.code === "ENOENT";
}

function changed(file: string, found: string): ItamlError {
  return new ItamlError("DATASET_CHANGED", "the picture has changed since the run began", {
    where: file,
    found,
    remedy: "Restore the data set and continue the run, or start a new one",
  });
}
