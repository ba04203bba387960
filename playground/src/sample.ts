/** Side of what is drawn, in pixels. */
export const SIDE = 28;

/** One drawing or picture: SIDE × SIDE, ink (or light) 0..255. */
export type Sample = Uint8Array;

/** A sample as a picture for people, black on white. */
export function showSample(canvas: HTMLCanvasElement, sample: Sample): void {
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const image = context.createImageData(SIDE, SIDE);
  sample.forEach((ink, i) => {
    image.data.set([255 - ink, 255 - ink, 255 - ink, 255], 4 * i);
  });
  context.putImageData(image, 0, 0);
}

/** What is drawn on a pad, framed as the built-in digits are: as large, and in the middle. */
export function sampleOf(pad: HTMLCanvasElement): Sample | undefined {
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
