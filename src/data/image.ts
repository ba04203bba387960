import sharp, { type Sharp } from "sharp";
import { ItamlError } from "../base/errors.js";
import { readFileOrThrow } from "../files/read-file.js";
import { copyWindow, type Picture } from "../samples/augmentation.js";

// Pictures are small and each is read once an epoch: one thread for each of several, and no cache.
sharp.concurrency(1);
sharp.cache(false);

/** Pixels that a picture may have, 8192 × 8192: decoded they take 200 MB. */
const MAXIMUM_PIXELS = 2 ** 26;
/** Bytes of a picture file. */
const MAXIMUM_SIZE = 2 ** 28;

/** How the files of what is decoded begin, as Latin-1: a drawing or a document, which could name other files, doesn't. */
const SIGNATURES: readonly RegExp[] = [
  /^\xff\xd8\xff/, // JPEG
  /^\x89PNG\r\n/,
  /^GIF8/,
  /^RIFF.{4}WEBP/s,
  /^(II|MM.)[*+]/s, // TIFF
  /^.{4}ftyp(avi[fs]|mi[fa]1)/s, // AVIF
];

/** How a picture is scaled when it is read. */
export interface Scaling {
  readonly height: number;
  readonly width: number;
  /** `outside`: the shorter side fits and the shape stays; `fill`: both sides fit. */
  readonly fit: "outside" | "fill";
}

/**
 * Decodes a picture file to pixels 0..255, upright, in one of libuv's threads. Any colours become RGB, or grey where one
 * channel is asked for.
 *
 * @throws {ItamlError} IMAGE_INVALID where the file is missing, no picture, truncated, damaged or too large;
 * TOO_MANY_FILES
 */
export async function decodeImage(
  file: string,
  channels: 1 | 3,
  scaling?: Scaling,
): Promise<Picture> {
  const bytes = await readFileOrThrow(file, "IMAGE_INVALID", MAXIMUM_SIZE);
  const start = bytes.toString("latin1", 0, 16);
  if (!SIGNATURES.some((signature) => signature.test(start))) {
    throw new ItamlError("IMAGE_INVALID", "the picture can't be read", {
      where: file,
      expected: "a JPEG, PNG, WebP, GIF, TIFF or AVIF",
      found: bytes.length === 0 ? "an empty file" : "something else",
    });
  }
  try {
    const picture = sharp(bytes, { failOn: "error", limitInputPixels: MAXIMUM_PIXELS })
      .autoOrient()
      .removeAlpha();
    if (scaling) await refuseLine(picture, scaling, file);
    const coloured = channels === 1 ? picture.greyscale() : picture.toColourspace("srgb");
    const scaled = scaling ? coloured.resize({ ...scaling, kernel: "linear" }) : coloured;
    const { data, info } = await scaled.raw({ depth: "uchar" }).toBuffer({
      resolveWithObject: true,
    });
    return { data, channels, height: info.height, width: info.width, planar: false };
  } catch (cause) {
    if (cause instanceof ItamlError) throw cause;
    const found = (cause as Error).message;
    throw new ItamlError(
      "IMAGE_INVALID",
      "the picture can't be read",
      { where: file, found },
      { cause },
    );
  }
}

/** A picture that is hardly more than a line could grow beyond all bounds when its shorter side is scaled. */
async function refuseLine(picture: Sharp, { fit, width }: Scaling, file: string): Promise<void> {
  const { width: across, height: down } = await picture.metadata();
  const [shorter, longer] = [Math.min(across, down), Math.max(across, down)];
  if (fit === "fill" || (width * width * longer) / shorter <= MAXIMUM_PIXELS) return;
  throw new ItamlError("IMAGE_INVALID", "the picture is too narrow to be scaled", {
    where: file,
    expected: `at most ${MAXIMUM_PIXELS} pixels, scaled`,
    found: `${across} × ${down}`,
  });
}

/**
 * A picture file as one sample.
 *
 * @param shape [channels, height, width]
 * @param resize whether a picture of another size is scaled; otherwise it is an error
 * @returns pixels, channels first
 * @throws {ItamlError} IMAGE_INVALID
 */
export async function readImage(
  file: string,
  shape: readonly number[],
  { resize }: { resize: boolean },
): Promise<Uint8Array> {
  const [channels, height, width] = shape as [1 | 3, number, number];
  const scaling = resize ? ({ height, width, fit: "fill" } as const) : undefined;
  const picture = await decodeImage(file, channels, scaling);
  if (picture.width !== width || picture.height !== height) {
    throw new ItamlError("IMAGE_INVALID", "a picture of another size", {
      where: file,
      expected: `${width} × ${height} pixels`,
      found: `${picture.width} × ${picture.height}`,
      remedy: "Scale it, or use --resize",
    });
  }
  const sample = new Uint8Array(channels * height * width);
  copyWindow(picture, { top: 0, left: 0, height, width }, sample);
  return sample;
}
