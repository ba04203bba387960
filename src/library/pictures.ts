import { ItamlError, throwAll } from "../base/errors.js";
import { limiter } from "../base/limiter.js";
import { isByteArray } from "../base/typed-arrays.js";
import { describeValue } from "../classifier/check-input.js";
import { listClassFolders, listPictures } from "../data/class-folders.js";
import {
  type Decoding,
  decodeImage,
  decodePicture,
  decodePixels,
  type PixelData,
  type Scaling,
} from "../data/image.js";
import { emptyClasses } from "../data/image-folder.js";
import { LeftOutFiles } from "../data/left-out.js";
import { isPicture } from "../data/picture-formats.js";
import { elementCount } from "../graph/shape.js";
import { copyWindow, type Picture as Pixels } from "../samples/augmentation.js";
import type { InputDescription } from "../samples/input-description.js";

/**
 * A picture: the path of a file, the bytes of one (JPEG, PNG, WebP, GIF, TIFF or AVIF), a Blob of them, or ImageData. It
 * is scaled so that its shorter side fits the classifier's input, and cut at its middle.
 */
export type Picture = string | Uint8Array | Blob | PixelData;

/** Several of them; what comes one by one is decoded as it comes, so that the files need not be in memory at once. */
export type Pictures = readonly Picture[] | Iterable<Picture> | AsyncIterable<Picture>;

/** Files that are open at a time. */
const AT_ONCE = 16;

/**
 * Whether these are pictures, and not samples: something that isn't an array of numbers, or the bytes of a file whose
 * number isn't that of a sample.
 */
export function arePictures(
  images: unknown,
  { shape, type }: InputDescription,
): images is Pictures {
  if (typeof images !== "object" || images === null || ArrayBuffer.isView(images)) return false;
  if (!Array.isArray(images)) return Symbol.asyncIterator in images || Symbol.iterator in images;
  // Where samples are numbers, bytes are a picture whatever their number.
  const sampleSize = type === "uint8" ? elementCount(shape) : undefined;
  return images.some((one) => isPictureOf(one, sampleSize));
}

function isPictureOf(value: unknown, sampleSize: number | undefined): boolean {
  if (typeof value === "string" || isBlob(value) || isPixelData(value)) return true;
  return isByteArray(value) && value.length !== sampleSize && isPicture(bufferOf(value));
}

/**
 * Pictures as samples, one after another.
 *
 * @throws {ItamlError} IMAGE_INVALID with the picture's path or its number, counted from 0; INPUT_INVALID where the classifier's
 *   input isn't one of pictures
 */
export async function readPictures(
  pictures: Pictures,
  input: InputDescription,
  where: string,
): Promise<Uint8Array> {
  const { shape, type } = input;
  const [channels] = shape;
  if (shape.length !== 3 || type !== "uint8" || (channels !== 1 && channels !== 3)) {
    throw new ItamlError("INPUT_INVALID", "this classifier takes no pictures", {
      where,
      expected: "inputShape [1 or 3, height, width] and inputType uint8, to decode pictures for",
      found: `[${shape.join(", ")}] and ${type}`,
    });
  }
  const inTurn = limiter(AT_ONCE);
  const samples: Promise<Uint8Array>[] = [];
  let [begun, done] = [0, 0];
  for await (const picture of pictures) {
    const place = typeof picture === "string" ? picture : `${where}: image ${samples.length}`;
    const sample = inTurn(() => readPicture(picture, shape, place)).finally(() => done++);
    // It is awaited below.
    sample.catch(() => {});
    samples.push(sample);
    // What comes one by one may be more than memory holds: no more of it is taken than is decoded.
    if (++begun - done >= 2 * AT_ONCE) await samples[begun - AT_ONCE];
  }
  if (samples.length === 0) {
    throw new ItamlError("INPUT_INVALID", "there are no images", { where });
  }
  const size = elementCount(shape);
  const joined = new Uint8Array(samples.length * size);
  for (const [i, sample] of samples.entries()) joined.set(await sample, i * size);
  return joined;
}

/** How a picture becomes a sample. */
export interface PictureReading {
  /** The shorter side to which it is scaled before it is cut. Default: that of the sample. */
  readonly side?: number | undefined;
  /** What shows through where a file is clear. Default: white. */
  readonly background?: string | undefined;
}

/** A picture as a sample, scaled so that its shorter side fits and cut at its middle, as those of a run are. */
export async function readPicture(
  picture: Picture,
  shape: readonly number[],
  where: string,
  { side, background }: PictureReading = {},
): Promise<Uint8Array> {
  const [channels, height, width] = shape as [1 | 3, number, number];
  const scaling = { height: side ?? height, width: side ?? width, fit: "outside" } as const;
  const decoded = await decode(picture, channels, where, { scaling, background });
  const sample = new Uint8Array(elementCount(shape));
  const [top, left] = [decoded.height - height, decoded.width - width].map((rest) =>
    Math.round(rest / 2),
  ) as [number, number];
  copyWindow(decoded, { top, left, height, width }, sample);
  return sample;
}

async function decode(
  picture: unknown,
  channels: 1 | 3,
  where: string,
  decoding: Decoding & { readonly scaling: Scaling },
): Promise<Pixels> {
  if (typeof picture === "string") return decodeImage(picture, channels, decoding);
  if (isByteArray(picture)) return decodePicture(bufferOf(picture), channels, where, decoding);
  if (isBlob(picture)) {
    const bytes = Buffer.from(await picture.arrayBuffer());
    return decodePicture(bytes, channels, where, decoding);
  }
  if (isPixelData(picture)) return decodePixels(picture, channels, where, decoding.scaling);
  throw new ItamlError("INPUT_INVALID", "not a picture", {
    where,
    expected: "a path, the bytes of a picture file, a Blob, or ImageData",
    found: describeValue(picture),
  });
}

export function bufferOf({
  buffer,
  byteOffset,
  byteLength,
}: Uint8Array | Uint8ClampedArray): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

export function isBlob(value: unknown): value is Blob {
  return typeof (value as Blob | undefined)?.arrayBuffer === "function";
}

function isPixelData(value: unknown): value is PixelData {
  const { data, width, height } = (value ?? {}) as Partial<PixelData>;
  return isByteArray(data) && Number.isInteger(width) && Number.isInteger(height);
}

/** Pictures of class folders, with the folders' names as labels. */
export interface LabelledPictures {
  /** Paths. */
  readonly images: string[];
  readonly labels: string[];
}

/**
 * The picture files in a folder of class folders, as {@link IncrementalClassifier.learn} takes them.
 *
 * @throws {ItamlError} DATASET_MISSING; DATASET_INVALID where there are no class folders, or none in one of them
 */
export function labelledPictures(folder: string): Promise<LabelledPictures> {
  return listLabelled(folder, new LeftOutFiles());
}

/** The same, told where to count what else is there. */
export async function listLabelled(
  folder: string,
  leftOut: LeftOutFiles,
): Promise<LabelledPictures> {
  const folders = await listClassFolders(folder);
  const classes: { name: string; pictures: string[] }[] = [];
  for (const { name, path } of folders) {
    classes.push({ name, pictures: await listPictures(path, leftOut) });
  }
  throwAll(emptyClasses(classes, folders, leftOut));
  return {
    images: classes.flatMap(({ pictures }) => pictures),
    labels: classes.flatMap(({ name, pictures }) => pictures.map(() => name)),
  };
}
