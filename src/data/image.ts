import sharp from "sharp";
import { ItamlError } from "../errors.js";

/**
 * Decodes a picture file to pixels 0..255, channels first.
 *
 * @param shape [channels, height, width]; with one channel the picture becomes grey
 * @param resize whether a picture of another size is scaled; otherwise it is an error
 * @throws {ItamlError} IMAGE_INVALID
 */
export async function readImage(
  file: string,
  shape: readonly number[],
  { resize }: { resize: boolean },
): Promise<Uint8Array> {
  const [channels, height, width] = shape as [number, number, number];
  const picture = sharp(file);
  let size: { width: number; height: number };
  try {
    size = await picture.metadata();
  } catch (cause) {
    throw new ItamlError(
      "IMAGE_INVALID",
      "the picture can't be read",
      { where: file, found: (cause as Error).message },
      { cause },
    );
  }
  if (!resize && (size.width !== width || size.height !== height)) {
    throw new ItamlError("IMAGE_INVALID", "a picture of another size", {
      where: file,
      expected: `${width} × ${height} pixels`,
      found: `${size.width} × ${size.height}`,
      remedy: "Scale it, or use --resize",
    });
  }
  const coloured = channels === 1 ? picture.greyscale() : picture.toColourspace("srgb");
  const pixels = await coloured
    .removeAlpha()
    .resize(width, height, { fit: "fill" })
    .raw()
    .toBuffer();
  const planes = new Uint8Array(channels * height * width);
  for (let i = 0; i < height * width; i++) {
    for (let channel = 0; channel < channels; channel++) {
      planes[channel * height * width + i] = pixels[i * channels + channel] as number;
    }
  }
  return planes;
}
