import { ItamlError } from "../base/errors.js";

/** What a browser draws: a file or blob, a picture element, a canvas, a frame of a video, ImageData. */
export type PictureSource = ImageBitmapSource;

/**
 * A picture as a sample of pixels, scaled so that its shorter side fits and cut at its middle; clear parts are white, as
 * {@link https://developer.mozilla.org/docs/Web/API/createImageBitmap createImageBitmap} reads it, upright.
 *
 * @param shape [channels, height, width], of one channel (grey) or three (red, green, blue)
 * @returns 0..255, channels first
 * @throws {ItamlError} IMAGE_INVALID where it is no picture
 */
export async function pictureSample(
  source: PictureSource,
  [channels, height, width]: readonly [1 | 3, number, number],
): Promise<Uint8Array> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(source);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    const problem = { expected: "a picture that this browser can show", found };
    throw new ItamlError("IMAGE_INVALID", "the picture can't be read", problem, { cause });
  }
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new ItamlError("IMAGE_INVALID", "this browser can't draw pictures");
  const scale = Math.max(width / bitmap.width, height / bitmap.height);
  const [across, down] = [scale * bitmap.width, scale * bitmap.height];
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, (width - across) / 2, (height - down) / 2, across, down);
  bitmap.close();
  return planes(context.getImageData(0, 0, width, height).data, channels);
}

/** Red, green and blue one after another, or how bright they are together. */
function planes(rgba: Uint8ClampedArray, channels: 1 | 3): Uint8Array {
  const pixels = rgba.length / 4;
  const sample = new Uint8Array(channels * pixels);
  for (let i = 0; i < pixels; i++) {
    const [red, green, blue] = [rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2]] as [
      number,
      number,
      number,
    ];
    if (channels === 1) {
      sample[i] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    } else {
      sample.set([red], i);
      sample.set([green], pixels + i);
      sample.set([blue], 2 * pixels + i);
    }
  }
  return sample;
}
