import type { Metadata, Sharp } from "sharp";
import { ItamlError } from "../base/errors.js";
import { readFileOrThrow } from "../files/read-file.js";
import { copyWindow, type Picture } from "../samples/augmentation.js";
import { isPicture, PICTURE_FORMATS } from "./picture-formats.js";

/** Pixels that a picture may have, 8192 × 8192: decoded they take 200 MB. */
const MAXIMUM_PIXELS = 2 ** 26;
/** Bytes of a picture file. */
const MAXIMUM_SIZE = 2 ** 28;
/** A picture of 16 bits that is darker than this everywhere has 12 or fewer of them in truth, and would be black. */
const DARK_16_BITS = 2 ** 12;

/** Pixels as a canvas has them: red, green, blue and alpha of one after another, 0..255, row by row. */
export interface PixelData {
  /** [height, width, 4] */
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** How a picture is scaled when it is read. */
export interface Scaling {
  readonly height: number;
  readonly width: number;
  /** `outside`: the shorter side fits and the shape stays; `fill`: both sides fit. */
  readonly fit: "outside" | "fill";
}

/** How a picture is read. */
export interface Decoding {
  /** The colour that shows through where the picture is clear: white, black or #rrggbb. Default: white. */
  readonly background?: string | undefined;
  /** Default: as large as it is. */
  readonly scaling?: Scaling | undefined;
}

/** Pixels, and what the file they come from holds. */
export interface DecodedImage extends Picture {
  /** Pixels across and down before scaling, and whether some may be clear. */
  readonly stored: {
    readonly width: number;
    readonly height: number;
    readonly bits: 8 | 16;
    readonly colours: "grey" | "colour";
    readonly clear: boolean;
  };
}

/**
 * Decodes a picture file to pixels 0..255 as one sees them, upright and before a background, in one of libuv's threads.
 * Any colours become RGB, or grey where one channel is asked for.
 *
 * @throws {ItamlError} IMAGE_INVALID where the file is missing, no picture, truncated, damaged, too large, or has numbers
 * of which nobody can say how bright they are; TOO_MANY_FILES
 */
export async function decodeImage(
  file: string,
  channels: 1 | 3,
  decoding: Decoding = {},
): Promise<DecodedImage> {
  const bytes = await readFileOrThrow(file, "IMAGE_INVALID", MAXIMUM_SIZE);
  return await decodePicture(bytes, channels, file, decoding);
}

/**
 * The same of the bytes of a picture file.
 *
 * @param file what they are called in messages
 */
export async function decodePicture(
  bytes: Buffer,
  channels: 1 | 3,
  file: string,
  { background = "white", scaling }: Decoding = {},
): Promise<DecodedImage> {
  if (!isPicture(bytes)) {
    throw new ItamlError("IMAGE_INVALID", "the picture can't be read", {
      where: file,
      expected: `a ${PICTURE_FORMATS}`,
      found: bytes.length === 0 ? "an empty file" : "something else",
    });
  }
  try {
    // Imported where a picture is: it takes as long to load as the runtime.
    const { sharp } = await import("./sharp.js");
    const picture = sharp(bytes, { failOn: "error", limitInputPixels: MAXIMUM_PIXELS });
    const metadata = await picture.metadata();
    await refuseUnseen(picture, metadata, file);
    if (scaling) refuseLine(metadata, scaling, file);
    if (metadata.hasAlpha) picture.pipelineColourspace("srgb");
    const upright = picture.autoOrient().flatten({ background });
    const coloured = channels === 1 ? upright.greyscale() : upright.toColourspace("srgb");
    const scaled = scaling ? coloured.resize({ ...scaling, kernel: "linear" }) : coloured;
    const { data, info } = await scaled.raw({ depth: "uchar" }).toBuffer({
      resolveWithObject: true,
    });
    const stored = {
      ...{ width: metadata.width, height: metadata.height, clear: metadata.hasAlpha },
      bits: metadata.depth === "ushort" ? (16 as const) : (8 as const),
      colours: metadata.channels < 3 ? ("grey" as const) : ("colour" as const),
    };
    return { data, channels, height: info.height, width: info.width, planar: false, stored };
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

/**
 * Pixels of a canvas as a picture, before white where they are clear.
 *
 * @throws {ItamlError} IMAGE_INVALID where their number isn't that of the sides
 */
export async function decodePixels(
  { data, width, height }: PixelData,
  channels: 1 | 3,
  where: string,
  scaling: Scaling,
): Promise<Picture> {
  if (data.length !== 4 * width * height || data.length === 0) {
    throw new ItamlError("IMAGE_INVALID", "not the pixels of a picture", {
      where,
      expected: `${4 * width * height} numbers: red, green, blue, alpha of ${width} × ${height} pixels`,
      found: String(data.length),
    });
  }
  const raw = { width, height, channels: 4 } as const;
  const { sharp } = await import("./sharp.js");
  const picture = sharp(data, { raw }).flatten({ background: "white" });
  const coloured = channels === 1 ? picture.greyscale() : picture;
  const scaled = coloured.resize({ ...scaling, kernel: "linear" }).raw({ depth: "uchar" });
  const result = await scaled.toBuffer({ resolveWithObject: true });
  const { width: across, height: down } = result.info;
  return { data: result.data, channels, height: down, width: across, planar: false };
}

/** Numbers without a known black and white, or too dark to be seen, would be learned as black or white pictures. */
async function refuseUnseen(
  picture: Sharp,
  { depth, channels, hasAlpha }: Metadata,
  file: string,
): Promise<void> {
  const refuse = (summary: string, expected: string, found: string): never => {
    throw new ItamlError("IMAGE_INVALID", summary, {
      ...{ where: file, expected, found },
      remedy: "Convert it to 8 bits as it should look",
    });
  };
  if (channels > 4) refuse("more than a picture's colours", "at most 4 channels", `${channels}`);
  if (depth === "uchar") return;
  const names: Record<string, string> = {
    ...{ float: "floating-point numbers", double: "floating-point numbers" },
    ...{ int: "32-bit integers", uint: "32-bit integers", short: "signed 16-bit integers" },
    char: "signed 8-bit integers",
  };
  if (depth !== "ushort") {
    const found = names[depth] ?? depth;
    refuse("which number is white isn't known", "8 or 16 bits a channel, unsigned", found);
  }
  const stats = await picture.stats();
  const colours = hasAlpha ? stats.channels.slice(0, -1) : stats.channels;
  const brightest = Math.max(...colours.map(({ max }) => max));
  // Wholly black, or black before the background, is what one sees.
  if (brightest >= DARK_16_BITS || brightest === 0 || !stats.isOpaque) return;
  refuse(
    "all of the picture is as good as black",
    `16 bits that reach ${2 ** 16 - 1}`,
    `at most ${brightest}, as of 12 bits in 16`,
  );
}

/** A picture that is hardly more than a line could grow beyond all bounds when its shorter side is scaled. */
export function refuseLine(
  { width: across, height: down }: Pick<Metadata, "width" | "height">,
  { fit, width }: Scaling,
  file: string,
): void {
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
  const picture = await decodeImage(file, channels, { scaling });
  if (picture.width !== width || picture.height !== height) {
    throw new ItamlError("IMAGE_INVALID", "a picture of another size", {
      where: file,
      expected: `${width} × ${height} pixels`,
      found: `${picture.width} × ${picture.height}`,
      remedy: "Scale it, or use itaml classify --resize, itaml learn --resize",
    });
  }
  const sample = new Uint8Array(channels * height * width);
  copyWindow(picture, { top: 0, left: 0, height, width }, sample);
  return sample;
}
