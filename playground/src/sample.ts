import { type Photograph, SHOWN } from "./photograph.js";

/** Side of what is drawn, in pixels. */
export const SIDE = 28;

/** One drawing: SIDE × SIDE, ink 0..255. */
export type Drawing = Uint8Array;

export type Sample = Drawing | Photograph;

/** What a classifier takes. */
export function inputOf(sample: Sample): Uint8Array | Float32Array {
  return sample instanceof Uint8Array ? sample : sample.features;
}

/** A sample as a picture for people, drawings black on white. */
export function showSample(canvas: HTMLCanvasElement, sample: Sample): void {
  const drawn = sample instanceof Uint8Array;
  const side = drawn ? SIDE : SHOWN;
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const image = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    for (let channel = 0; channel < 3; channel++) {
      image.data[4 * i + channel] = drawn
        ? 255 - (sample[i] as number)
        : (sample.shown[channel * side * side + i] as number);
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** What is drawn on a pad, framed as the built-in digits are: as large, and in the middle. */
export function sampleOf(pad: HTMLCanvasElement): Drawing | undefined {
  const context = pad.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  const { data } = context.getImageData(0, 0, pad.width, pad.height);
  let [left, top, right, bottom] = [pad.width, pad.height, -1, -1];
  for (let y = 0; y < pad.height; y++) {
    for (let x = 0; x < pad.width; x++) {
      if ((data[4 * (y * pad.width + x) + 3] as number) === 0) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  if (right < 0) return undefined;
  const [width, height] = [right - left + 1, bottom - top + 1];
  const scale = 20 / Math.max(width, height);
  const small = new OffscreenCanvas(SIDE, SIDE);
  const own = small.getContext("2d") as OffscreenCanvasRenderingContext2D;
  own.imageSmoothingQuality = "high";
  const [across, down] = [width * scale, height * scale];
  own.drawImage(
    pad,
    ...([left, top, width, height] as const),
    ...([(SIDE - across) / 2, (SIDE - down) / 2, across, down] as const),
  );
  const pixels = own.getImageData(0, 0, SIDE, SIDE).data;
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => pixels[4 * i + 3] as number);
}
